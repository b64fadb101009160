/// Doubles and samples that tests of several packages share.
@NullMarked
package dev.nanoclaw.testing;

import org.jspecify.annotations.NullMarked;
