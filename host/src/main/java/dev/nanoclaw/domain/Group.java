package dev.nanoclaw.domain;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// A chat that has an agent.
///
/// @param trigger the name that messages begin with to address the agent, without `@`; empty for
///   the assistant's
/// @param requiresTrigger false when every message is addressed to the agent
/// @param timeout how long a turn of its agent may be silent, where that is not the general limit
/// @param main a chat of the owner, whose agent may act on all groups
public record Group(
    ChatJid jid,
    String name,
    GroupFolder folder,
    Optional<String> trigger,
    boolean requiresTrigger,
    boolean main,
    Optional<Duration> timeout,
    Instant addedAt) {}
