/// The host is killed again and again, at random moments and at every step of a message's way, and
/// what it leaves behind is judged.
@NullMarked
package dev.nanoclaw.killmatrix;

import org.jspecify.annotations.NullMarked;
