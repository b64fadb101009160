package dev.nanoclaw.domain;

import java.time.Instant;

/// A batch of messages that an agent gets in one piece: those of the group's chat from `fromSeq` to
/// `toSeq`.
///
/// @param attempts how often it failed before
/// @param firstGiven when a run got it for the first time
public record AgentInput(
    long id, GroupFolder group, long fromSeq, long toSeq, int attempts, Instant firstGiven) {

  private static final int DIGITS = 12;

  /// The id as files and frames carry it: as text it sorts like the number.
  public String key() {
    String digits = Long.toString(id);
    return "0".repeat(Math.max(0, DIGITS - digits.length())) + digits;
  }
}
