/// The local chat: a channel that is always there, spoken to by terminals on this machine.
@NullMarked
package dev.nanoclaw.channel.local;

import org.jspecify.annotations.NullMarked;
