/// Scheduled tasks: what can be done to them, and the thread that starts them when they are due.
/// How a run ends is the business of who runs it.
@NullMarked
package dev.nanoclaw.scheduler;

import org.jspecify.annotations.NullMarked;
