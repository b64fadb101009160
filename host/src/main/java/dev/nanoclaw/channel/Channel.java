package dev.nanoclaw.channel;

import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.OutgoingMessage;
import java.time.Duration;
import java.util.Optional;

/// A chat service. It delivers to an [InboundListener] and takes what the outbox has.
public interface Channel extends AutoCloseable {

  /// The name by which `chats.channel` and the log know it.
  String name();

  /// Whether that chat is one of this channel's.
  boolean owns(ChatJid chat);

  /// Sends a message. A repeat with the same message id must not appear twice.
  SendResult send(OutgoingMessage message);

  /// Whether a try may have an effect and no answer, as with a service across a network.
  default boolean leavesDoubt() {
    return true;
  }

  /// Shows or ends the sign that the assistant is at work. Best effort.
  void typing(ChatJid chat, boolean on);

  @Override
  void close();

  /// What came of sending.
  sealed interface SendResult {

    /// The channel has it.
    record Sent() implements SendResult {}

    /// To be tried again with the same id.
    ///
    /// @param after how long the channel wants to be left alone; empty when it does not say
    record TryAgain(String reason, Optional<Duration> after) implements SendResult {

      public TryAgain(String reason) {
        this(reason, Optional.empty());
      }
    }

    /// The channel will never take it.
    record Refused(String reason) implements SendResult {}
  }
}
