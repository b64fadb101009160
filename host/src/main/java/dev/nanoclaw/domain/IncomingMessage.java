package dev.nanoclaw.domain;

import java.time.Instant;
import java.util.Optional;

/// A message as a channel delivers it.
///
/// @param id the channel's id, unique within the chat
/// @param channel the name of the channel
/// @param inGroup the chat has more people than one and the account
/// @param fromMe sent by the owner's own account
/// @param mentionsMe names the assistant by the channel's own means
/// @param quoted the text that the message replies to
public record IncomingMessage(
    String id,
    ChatJid chat,
    String channel,
    boolean inGroup,
    String sender,
    String senderName,
    String text,
    Instant timestamp,
    boolean fromMe,
    boolean mentionsMe,
    Optional<String> quoted) {}
