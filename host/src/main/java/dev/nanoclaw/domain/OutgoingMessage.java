package dev.nanoclaw.domain;

import java.time.Instant;
import java.util.Optional;

/// Something to say in a chat, from the outbox.
///
/// @param messageId chosen before the first try and the same on every other
/// @param replyTo the message that it answers, where that is worth showing
/// @param attempts how often it was tried before
/// @param notBefore when the next try may be
public record OutgoingMessage(
    long id,
    ChatJid chat,
    String text,
    String messageId,
    Optional<Reply> replyTo,
    int attempts,
    Optional<Instant> notBefore) {

  /// A message of that chat.
  ///
  /// @param sender the channel's address of who said it
  public record Reply(String id, String sender, String text) {}
}
