/// Bursts, many groups, long runs: everything real but the engine, whose agents log what they see.
@NullMarked
package dev.nanoclaw.load;

import org.jspecify.annotations.NullMarked;
