package dev.nanoclaw.domain;

import java.time.Instant;
import java.util.Optional;

/// A chat that was heard of, with an agent or without.
///
/// @param name of the group or the person; empty while it is not known
/// @param lastMessage when something was last said there
public record KnownChat(
    ChatJid jid, String name, String channel, boolean group, Optional<Instant> lastMessage) {}
