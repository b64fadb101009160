package dev.nanoclaw.domain;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Optional;

/// When a task runs.
public sealed interface Schedule {

  record Interval(Duration every) implements Schedule {}

  static Schedule parse(String type, String value, ZoneId zone) {
    if (!type.equals("interval")) {
      throw new IllegalArgumentException("not a schedule: " + value);
    }
    return new Interval(Duration.ofMillis(Long.parseLong(value)));
  }

  default Optional<Instant> first(Instant now) {
    return next(now, now);
  }

  default Optional<Instant> next(Instant due, Instant now) {
    Instant next = due;
    while (!next.isAfter(now)) {
      next = next.plus(((Interval) this).every());
    }
    return Optional.of(next);
  }

  default String inWords() {
    return "every " + ((Interval) this).every();
  }
}
