package dev.nanoclaw.domain;

import java.time.Instant;
import java.util.Optional;

/// A chat that has an agent.
///
/// @param trigger the name that messages begin with to address the agent, without `@`; empty for
///   the assistant's
/// @param requiresTrigger false when every message is addressed to the agent
/// @param main a chat of the owner, whose agent may act on all groups
public record Group(
    ChatJid jid,
    String name,
    GroupFolder folder,
    Optional<String> trigger,
    boolean requiresTrigger,
    boolean main,
    Instant addedAt) {}
