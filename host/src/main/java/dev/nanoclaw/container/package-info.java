/// Containers and the files that pass between them and the host: engines, mounts, run directories,
/// frames.
@NullMarked
package dev.nanoclaw.container;

import org.jspecify.annotations.NullMarked;
