/// What a chat service has to offer, and what it tells the host.
@NullMarked
package dev.nanoclaw.channel;

import org.jspecify.annotations.NullMarked;
