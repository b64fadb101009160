/// What can be asked of the running daemon, and the Unix socket through which it is asked.
@NullMarked
package dev.nanoclaw.control;

import org.jspecify.annotations.NullMarked;
