package dev.nanoclaw.domain;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/// Something that an agent is to do at its time, and what became of that so far.
///
/// @param chat whose agent does it and who reads the result
/// @param scheduleType `cron`, `interval` or `once`, see [Schedule]
/// @param nextRun empty while a task of `once` runs, when it is over, and when it is paused for
///   good
/// @param lastResult the beginning of what came out of the last run
/// @param failures how often it failed in a row
/// @param pauseReason why the host paused it; empty when a person or an agent did
public record ScheduledTask(
    String id,
    GroupFolder group,
    ChatJid chat,
    String prompt,
    String scheduleType,
    String scheduleValue,
    ContextMode contextMode,
    Optional<Instant> nextRun,
    Optional<Instant> lastRun,
    Optional<String> lastResult,
    Status status,
    int failures,
    Optional<String> pauseReason,
    Instant createdAt) {

  private static final Duration FIRST_BACKOFF = Duration.ofMinutes(1);
  private static final Duration LONGEST_BACKOFF = Duration.ofHours(1);
  private static final int MAX_RESULT = 500;

  /// Whether it runs at its times.
  public enum Status {
    ACTIVE,
    PAUSED,
    /// It was to run once, and has.
    COMPLETED
  }

  public Lane lane() {
    return contextMode.lane(group);
  }

  /// The same after an occurrence was given out: the next is in the future, however many were
  /// missed.
  ///
  /// @throws RuntimeException when its schedule cannot be read
  public ScheduledTask claimed(Instant now, TaskRules rules) {
    Schedule schedule = Schedule.parse(scheduleType, scheduleValue, rules.zone());
    Instant due = nextRun.orElse(now);
    return with(schedule.next(due, now), Status.ACTIVE, failures, pauseReason);
  }

  /// The same after one of its runs ended. Failures put the next run off, and too many in a row
  /// pause it.
  public ScheduledTask ended(
      TaskRun.Status how, Optional<String> result, Instant now, TaskRules rules) {
    ScheduledTask told = withResult(result.orElse(how.name().toLowerCase(Locale.ROOT)), now);
    return switch (how) {
      case RUNNING -> throw new IllegalArgumentException("a run that goes on has not ended");
      case SUCCESS -> told.over(0);
      case INTERRUPTED -> told.over(failures);
      case ERROR, TIMEOUT -> told.failed(now, rules);
    };
  }

  private ScheduledTask over(int newFailures) {
    return with(nextRun, nextRun.isEmpty() ? Status.COMPLETED : status, newFailures, pauseReason);
  }

  private ScheduledTask failed(Instant now, TaskRules rules) {
    int count = failures + 1;
    if (status != Status.ACTIVE) {
      return with(nextRun, status, count, pauseReason);
    }
    if (count >= rules.maxFailures()) {
      return paused("it failed %d times in a row".formatted(count)).with(count);
    }
    Instant earliest = now.plus(Backoff.delay(FIRST_BACKOFF, LONGEST_BACKOFF, failures));
    if (nextRun.filter(it -> !it.isBefore(earliest)).isPresent()) {
      return with(count);
    }
    try {
      return with(Optional.of(notBefore(earliest, rules)), status, count, pauseReason);
    } catch (IllegalArgumentException e) {
      return paused("its schedule cannot be read (%s)".formatted(e.getMessage())).with(count);
    }
  }

  /// The first occurrence from then on; for one of `once`, which has no other, then itself.
  private Instant notBefore(Instant earliest, TaskRules rules) {
    if (nextRun.isEmpty()) {
      return earliest;
    }
    return Schedule.parse(scheduleType, scheduleValue, rules.zone())
        .next(nextRun.get(), earliest.minusMillis(1))
        .orElse(earliest);
  }

  /// The same, paused by the host.
  public ScheduledTask paused(String reason) {
    return with(nextRun, Status.PAUSED, failures, Optional.of(reason));
  }

  /// The same with another course.
  public ScheduledTask with(
      Optional<Instant> newNextRun,
      Status newStatus,
      int newFailures,
      Optional<String> newPauseReason) {
    return new ScheduledTask(
        id,
        group,
        chat,
        prompt,
        scheduleType,
        scheduleValue,
        contextMode,
        newNextRun,
        lastRun,
        lastResult,
        newStatus,
        newFailures,
        newPauseReason,
        createdAt);
  }

  /// The same with another content.
  public ScheduledTask with(
      String newPrompt, String newType, String newValue, ContextMode newContextMode) {
    return new ScheduledTask(
        id,
        group,
        chat,
        newPrompt,
        newType,
        newValue,
        newContextMode,
        nextRun,
        lastRun,
        lastResult,
        status,
        failures,
        pauseReason,
        createdAt);
  }

  private ScheduledTask with(int newFailures) {
    return with(nextRun, status, newFailures, pauseReason);
  }

  private ScheduledTask withResult(String result, Instant now) {
    String beginning = result.substring(0, Math.min(result.length(), MAX_RESULT));
    return new ScheduledTask(
        id,
        group,
        chat,
        prompt,
        scheduleType,
        scheduleValue,
        contextMode,
        nextRun,
        Optional.of(now),
        Optional.of(beginning),
        status,
        failures,
        pauseReason,
        createdAt);
  }
}
