package dev.nanoclaw.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// NanoClaw as it is installed, started by its launcher, with an engine whose agents answer at
/// once: `scripted-docker` of the host's tests.
final class ScriptedInstallation implements AutoCloseable {

  private static final Path LAUNCHER = Machine.checkout().resolve("nanoclaw");

  private final Path dir;
  private final Path home;
  private final Path bin;
  private Optional<Process> daemon = Optional.empty();

  /// @param dir for the engine
  /// @param home an existing directory
  ScriptedInstallation(Path dir, Path home) throws IOException {
    this.dir = dir;
    this.home = home;
    this.bin = Files.createDirectories(dir.resolve("bin"));
    Files.createDirectories(engine().resolve("containers"));
    Path script = Machine.checkout().resolve("host/src/test/resources/scripted-docker");
    assertThat(Files.copy(script, bin.resolve("docker")).toFile().setExecutable(true)).isTrue();
    Files.copy(Machine.checkout().resolve("config.yml"), home.resolve("config.yml"));
    Path credentials = home.resolve("credentials.yml");
    Files.writeString(
        credentials, "anthropic_api_key: \"sk-ant-none\"\nclaude_code_oauth_token: \"\"\n");
    Machine.run(dir, Map.of(), List.of("chmod", "600", credentials.toString())).orFail();
    Machine.run(dir, Map.of(), List.of(LAUNCHER.toString(), "--version")).orFail(); // builds
  }

  /// Writes another setting than the default.
  void configure(String setting, String other) throws IOException {
    Path config = home.resolve("config.yml");
    String text = Files.readString(config);
    assertThat(text).containsOnlyOnce(setting);
    Files.writeString(config, text.replace(setting, other));
  }

  /// Where the engine keeps what it knows; see `scripted-docker`.
  Path engine() {
    return dir.resolve("engine");
  }

  /// Starts the daemon; the launcher becomes it.
  ///
  /// @return milliseconds from exec to ready
  double start() throws IOException {
    Path output = dir.resolve("daemon.out");
    Map<String, String> environment =
        Map.of(
            "JAVA_HOME",
            System.getProperty("java.home"),
            "PATH",
            bin + ":" + System.getenv("PATH"));
    List<String> command = List.of(LAUNCHER.toString(), "start", "--home", home.toString());
    long begin = System.nanoTime();
    Process process = Machine.start(dir, environment, command, output.toFile());
    daemon = Optional.of(process);
    while (process.isAlive() && !Files.readString(output).contains("NanoClaw is ready")) {
      pause(1);
    }
    double ready = (System.nanoTime() - begin) / 1e6;
    assertThat(output).content().contains("NanoClaw is ready");
    return ready;
  }

  /// Directory of the daemon's process in `/proc`.
  Path proc() {
    return Path.of("/proc", Long.toString(daemon.orElseThrow().pid()));
  }

  void stop() throws IOException {
    Process process = daemon.orElseThrow();
    process.destroy();
    try {
      assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
    daemon = Optional.empty();
  }

  static void pause(long milliseconds) throws IOException {
    try {
      var _ = new CountDownLatch(1).await(milliseconds, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    if (daemon.isPresent()) {
      stop();
    }
    try (Stream<Path> running = Files.list(engine().resolve("containers"))) {
      for (Path container : running.toList()) {
        var _ =
            Machine.run(
                dir,
                Map.of(),
                List.of(
                    bin.resolve("docker").toString(), "kill", container.getFileName().toString()));
      }
    }
  }
}
