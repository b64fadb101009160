/// Placeholder until the first class arrives.
@NullMarked
package dev.nanoclaw.app;

import org.jspecify.annotations.NullMarked;
