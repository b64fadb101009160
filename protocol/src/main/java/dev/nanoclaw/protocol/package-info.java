/// Everything that crosses the border between host and container: records, their JSON and the
/// framing of the agent's output. Both programs use these types, so that the two sides cannot drift
/// apart. Nothing here does input or output.
@NullMarked
package dev.nanoclaw.protocol;

import org.jspecify.annotations.NullMarked;
