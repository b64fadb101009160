/// The commands of `./nanoclaw`. The only user of the standard streams.
@NullMarked
package dev.nanoclaw.cli;

import org.jspecify.annotations.NullMarked;
