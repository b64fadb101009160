/// The words of this program: groups, messages, runs, and the ids that check themselves. No input
/// or output.
@NullMarked
package dev.nanoclaw.domain;

import org.jspecify.annotations.NullMarked;
