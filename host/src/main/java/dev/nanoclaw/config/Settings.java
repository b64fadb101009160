package dev.nanoclaw.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Locale;

/// Everything that `config.yml` says, complete and checked. What each value means stands in `Keys`.
public record Settings(
    Assistant assistant,
    Timing timing,
    Container container,
    Agent agent,
    Channels channels,
    Paths paths,
    Logging logging,
    ZoneId timezone) {

  public record Assistant(String name) {}

  public record Timing(Duration pollInterval, Duration idleTimeout, Duration ipcPollInterval) {}

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

  public record Channels(Local local) {}

  public record Local(boolean enabled) {}

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
