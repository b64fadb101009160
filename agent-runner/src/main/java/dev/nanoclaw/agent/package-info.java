/// Placeholder until the first class arrives.
@NullMarked
package dev.nanoclaw.agent;

import org.jspecify.annotations.NullMarked;
