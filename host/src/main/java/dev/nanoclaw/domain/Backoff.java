package dev.nanoclaw.domain;

import java.time.Duration;

/// Waiting times that double.
public final class Backoff {

  private static final int MAX_DOUBLINGS = 20;

  private Backoff() {}

  /// @param failures how often it failed before this time
  public static Duration delay(Duration first, Duration longest, int failures) {
    Duration delay = first.multipliedBy(1L << Math.min(failures, MAX_DOUBLINGS));
    return delay.compareTo(longest) < 0 ? delay : longest;
  }
}
