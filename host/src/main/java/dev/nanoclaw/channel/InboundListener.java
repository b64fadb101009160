package dev.nanoclaw.channel;

import dev.nanoclaw.domain.ChatMessage;
import dev.nanoclaw.domain.IncomingMessage;
import java.util.Optional;

/// Takes what a channel receives.
@FunctionalInterface
public interface InboundListener {

  /// Takes one message. When this returns it is on the disk, and only then may the channel
  /// acknowledge it.
  ///
  /// @return the stored message; empty when it was known already or its chat has no agent
  /// @throws RuntimeException when it could not be stored: the channel offers it again
  Optional<ChatMessage> received(IncomingMessage message);
}
