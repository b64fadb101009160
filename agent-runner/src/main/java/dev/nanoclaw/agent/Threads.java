package dev.nanoclaw.agent;

/// Threads of which none holds up the end of the program. Platform threads: they are few, and
/// virtual ones would bring a scheduler and its pollers.
final class Threads {

  private Threads() {}

  static Thread start(String name, Runnable task) {
    return Thread.ofPlatform().daemon().name(name).start(task);
  }
}
