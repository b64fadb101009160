package dev.nanoclaw.testing;

import dev.nanoclaw.config.Settings;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Optional;

/// Settings for a home directory, each of which a test may change before it takes them.
public final class TestSettings {

  public Duration pollInterval = Duration.ofMinutes(10);
  public Duration idleTimeout = Duration.ofMinutes(10);
  public Duration ipcPollInterval = Duration.ofMinutes(10);
  public Duration timeout = Duration.ofMinutes(10);
  public int maxOutput = 1024 * 1024;
  public int maxConcurrent = 2;
  public int maxRetries = 5;
  public boolean hasOwnNumber;

  private final Path home;

  public TestSettings(Path home) {
    this.home = home;
  }

  public Settings.Paths paths() {
    return new Settings.Paths(home.resolve("store"), home.resolve("groups"), home.resolve("data"));
  }

  public Settings.Container container() {
    return new Settings.Container(
        Settings.Runtime.AUTO, "agent:test", timeout, maxOutput, maxConcurrent, "2g", 2, 512);
  }

  public Settings settings() {
    return new Settings(
        new Settings.Assistant("Andy", hasOwnNumber),
        new Settings.Timing(pollInterval, Duration.ofMinutes(1), idleTimeout, ipcPollInterval),
        container(),
        new Settings.Agent("default", URI.create("http://127.0.0.1:9"), maxRetries, 50, 100_000),
        new Settings.Channels(
            new Settings.Local(true), new Settings.WhatsApp(false, Optional.empty(), 20)),
        new Settings.Tasks(Duration.ofMinutes(1), 5),
        paths(),
        new Settings.Logging(Settings.Level.INFO, home.resolve("logs").resolve("log"), 10, 1),
        ZoneId.of("Europe/Paris"));
  }
}
