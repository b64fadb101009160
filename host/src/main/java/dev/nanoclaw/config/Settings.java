package dev.nanoclaw.config;

import dev.nanoclaw.domain.TaskRules;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Locale;
import java.util.Optional;

/// Everything that `config.yml` says, complete and checked. What each value means stands in `Keys`.
public record Settings(
    Assistant assistant,
    Timing timing,
    Container container,
    Agent agent,
    Channels channels,
    Tasks tasks,
    Paths paths,
    Logging logging,
    ZoneId timezone) {

  /// What holds for all tasks.
  public TaskRules taskRules() {
    return new TaskRules(timezone, tasks.minInterval(), tasks.maxFailures());
  }

  /// @param hasOwnNumber the WhatsApp number is the assistant's own, not its owner's
  public record Assistant(String name, boolean hasOwnNumber) {}

  public record Timing(
      Duration pollInterval,
      Duration schedulerPollInterval,
      Duration idleTimeout,
      Duration ipcPollInterval) {}

  public record Container(
      Runtime runtime,
      String image,
      Duration timeout,
      int maxOutputSizeBytes,
      int maxConcurrent,
      String memory,
      int cpus,
      int pids) {}

  /// Which container engine runs the agents.
  @SuppressWarnings("AvoidCommonTypeNames") // always named with its owner: Settings.Runtime
  public enum Runtime {
    AUTO,
    APPLE,
    DOCKER,
    PODMAN;

    /// As it is written in `config.yml`.
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// @param baseUrl an origin: scheme, host and perhaps a port
  public record Agent(
      String model, URI baseUrl, int maxTurnRetries, int contextMessages, int contextBytes) {}

  public record Channels(Local local, WhatsApp whatsapp) {}

  public record Local(boolean enabled) {}

  /// @param bridge absolute; empty for the one that was built with the program
  public record WhatsApp(boolean enabled, Optional<Path> bridge, int messagesPerMinute) {}

  /// @param maxFailures in a row, then a task is paused
  public record Tasks(Duration minInterval, int maxFailures) {}

  /// Absolute directories, none inside another.
  public record Paths(Path storeDir, Path groupsDir, Path dataDir) {}

  /// @param file absolute
  public record Logging(Level level, Path file, int maxMb, int keep) {}

  /// The least important messages that are still logged.
  public enum Level {
    TRACE,
    DEBUG,
    INFO,
    WARN,
    ERROR
  }
}
