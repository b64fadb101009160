/// An agent that follows a script, for trying the path of a message without an engine and without a
/// key.
@NullMarked
package dev.nanoclaw.demo;

import org.jspecify.annotations.NullMarked;
