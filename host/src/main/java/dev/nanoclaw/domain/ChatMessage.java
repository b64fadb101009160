package dev.nanoclaw.domain;

import java.time.Instant;
import java.util.Optional;

/// A message as it is stored, of a person or of the assistant.
///
/// @param seq the order of arrival over all chats
/// @param addressed it asks the assistant for an answer
public record ChatMessage(
    long seq,
    String id,
    ChatJid chat,
    String senderName,
    String text,
    Instant timestamp,
    boolean fromAssistant,
    boolean addressed,
    Optional<String> quoted) {}
