package dev.nanoclaw.agent;

/// Short lines on standard error, which the host keeps in the run's log.
final class Log {

  private Log() {}

  static void line(String text) {
    System.err.println("runner: " + text);
  }
}
