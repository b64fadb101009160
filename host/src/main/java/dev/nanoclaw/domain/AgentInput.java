package dev.nanoclaw.domain;

import java.time.Instant;

/// What an agent gets in one piece.
///
/// @param attempts how often it failed before
/// @param firstGiven when a run got it for the first time
public record AgentInput(
    long id, GroupFolder group, Content content, int attempts, Instant firstGiven) {

  private static final int DIGITS = 12;

  /// What is in it.
  public sealed interface Content {

    /// The messages of the group's chat from one to another, by their order of arrival.
    record Messages(long fromSeq, long toSeq) implements Content {}

    /// A run of a task.
    record Task(long run) implements Content {}
  }

  public boolean isTask() {
    return content instanceof Content.Task;
  }

  /// The id as files and frames carry it: as text it sorts like the number.
  public String key() {
    String digits = Long.toString(id);
    return "0".repeat(Math.max(0, DIGITS - digits.length())) + digits;
  }
}
