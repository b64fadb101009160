package dev.nanoclaw.cli;

import dev.nanoclaw.app.HomeLock;
import dev.nanoclaw.app.Logging;
import dev.nanoclaw.app.NanoClaw;
import dev.nanoclaw.config.Credential;
import dev.nanoclaw.config.Environment;
import dev.nanoclaw.config.Home;
import dev.nanoclaw.config.Secret;
import dev.nanoclaw.config.Settings;
import dev.nanoclaw.config.SettingsFile;
import dev.nanoclaw.container.DockerLikeEngine;
import dev.nanoclaw.container.DockerLikeEngine.Dialect;
import dev.nanoclaw.container.Engines;
import dev.nanoclaw.demo.ScriptedEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "demo",
    description = {
      "Shows the path of a message without a key and without a container engine:",
      "the real host with a scripted agent in place of Claude."
    },
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {

  private static final Duration LAST_WORDS = Duration.ofSeconds(15);

  @Option(
      names = "--home",
      paramLabel = "DIR",
      description = "Where the demo keeps its files; data/demo of the program otherwise.")
  private @Nullable Path directory;

  @Override
  public Integer call() throws IOException {
    Environment environment = Environment.system();
    Home home = home(environment);
    Settings settings = SettingsFile.read(home.configYml(), home.dir());
    boolean terminal = TerminalChat.isPossible();
    System.err.printf(
        """
        This is a demo. A script answers in place of Claude, as an ordinary process in place of a container.
        Everything else is real: the host, its SQLite database, its queue, the files and frames between host and agent.
        All of it lies in %s.
        """,
        home.dir());
    try (Logging _ = Logging.startQuietly(settings.logging());
        NanoClaw host =
            NanoClaw.start(home, settings, environment, agents(home), Clock.systemUTC())) {
      int code =
          terminal
              ? new TerminalChat(() -> socket(home), home.dir()).run()
              : new PipedChat(() -> socket(home), System.out, System.err).lines(System.in);
      host.finishRuns(LAST_WORDS);
      return code;
    }
  }

  private Home home(Environment environment) throws IOException {
    Home real = environment.home(Optional.empty());
    Path dir = Optional.ofNullable(directory).orElse(real.dir().resolve("data").resolve("demo"));
    Home home = new Home(dir.toAbsolutePath().normalize(), real.program());
    Files.createDirectories(home.dir());
    if (!Files.exists(home.configYml())) {
      Files.writeString(home.configYml(), SettingsFile.template());
    }
    return home;
  }

  private static Optional<Path> socket(Home home) {
    return HomeLock.socket(home.dir());
  }

  private static NanoClaw.Agents agents(Home home) {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx64m",
            "-cp",
            System.getProperty("java.class.path"),
            ScriptedEngine.class.getName(),
            home.dir().resolve("data").resolve("demo-engine").toString());
    return new NanoClaw.Agents(
        new Engines(List.of(new DockerLikeEngine(Dialect.DOCKER, command))),
        () -> Optional.of(new Credential("ANTHROPIC_API_KEY", new Secret("none-in-the-demo"))));
  }
}
