/// What can go wrong on an owner's machine, tried on the whole program as a process of its own.
@NullMarked
package dev.nanoclaw.baddays;

import org.jspecify.annotations.NullMarked;
