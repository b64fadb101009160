package dev.nanoclaw.domain;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// One run of a task.
///
/// @param prompt as the task had it then
/// @param schedule in words, as the task had it then
/// @param due for when it was scheduled
/// @param runAt when it was claimed
/// @param duration from there to its end; empty before
/// @param result the agent's words; empty when it had none
/// @param error why it did not succeed
public record TaskRun(
    long id,
    String taskId,
    String prompt,
    String schedule,
    Instant due,
    Instant runAt,
    Optional<Duration> duration,
    Status status,
    Optional<String> result,
    Optional<String> error) {

  /// What became of it.
  public enum Status {
    /// It waits for its turn, or is at work.
    RUNNING,
    SUCCESS,
    ERROR,
    /// No sign of the agent within its time limit.
    TIMEOUT,
    /// It had begun when its container was lost, or the task was cancelled before it began; it is
    /// not repeated.
    INTERRUPTED
  }
}
