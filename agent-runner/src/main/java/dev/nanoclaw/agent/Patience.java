package dev.nanoclaw.agent;

import java.time.Duration;
import java.util.Map;

/// How long silence may last, here and there; other values come by environment variables.
///
/// @param api between two pieces of an answer of the API: it sends pings while the model thinks. A
///   chat shall hear of trouble within a minute
/// @param claude until the CLI, with a turn open, is asked whether it lives
/// @param answer until it has to have answered that
record Patience(Duration api, Duration claude, Duration answer) {

  static Patience from(Map<String, String> environment) {
    return new Patience(
        of(environment, "NANOCLAW_API_SILENCE_MS", 55_000),
        of(environment, "NANOCLAW_CLAUDE_SILENCE_MS", 120_000),
        of(environment, "NANOCLAW_CLAUDE_ANSWER_MS", 30_000));
  }

  private static Duration of(Map<String, String> environment, String name, long otherwise) {
    return Duration.ofMillis(
        Long.parseLong(environment.getOrDefault(name, Long.toString(otherwise))));
  }
}
