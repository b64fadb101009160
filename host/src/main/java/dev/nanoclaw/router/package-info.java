/// From a message to its answer: what triggers, what the agent reads, the life of a run, and the
/// way back out.
@NullMarked
package dev.nanoclaw.router;

import org.jspecify.annotations.NullMarked;
