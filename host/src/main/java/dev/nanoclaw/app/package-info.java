/// The daemon put together: everything is built here, in the order in which it starts.
@NullMarked
package dev.nanoclaw.app;

import org.jspecify.annotations.NullMarked;
