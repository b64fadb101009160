package dev.nanoclaw.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// NanoClaw as a person installs it: the launcher, a home directory, a daemon as a process of its
/// own, an engine.
final class Installation implements AutoCloseable {

  /// An engine, and who runs the daemon: root, or the ordinary user of the tests.
  record Setting(String engine, Optional<String> user) {

    /// Apple's engine is played over podman.
    boolean isEmulated() {
      return engine.equals("apple");
    }

    @Override
    public String toString() {
      return engine
          + (isEmulated() ? " (emulated)" : "")
          + user.map(it -> ", ordinary user").orElse(", root");
    }
  }

  private final Setting setting;
  private final Path program;
  private final Path home;
  private final Map<String, String> environment = new LinkedHashMap<>();
  private Optional<Process> daemon = Optional.empty();

  /// Makes a home whose agents talk to that API with that key.
  Installation(Setting setting, String apiBaseUrl, String key) throws IOException {
    this.setting = setting;
    this.program =
        setting.user().isEmpty() ? Machine.checkout() : copyOfProgram(setting.user().get());
    this.home = Files.createTempDirectory("nanoclaw-e2e-");
    environment.put("CONTAINERS_CONF", Machine.required("CONTAINERS_CONF"));
    environment.put("DOCKER_HOST", Machine.required("DOCKER_HOST"));
    environment.put("NANOCLAW_CACHE", Machine.required("NANOCLAW_CACHE"));
    if (setting.isEmulated()) {
      Path emulation = Machine.checkout().resolve("e2e/src/test/resources/apple");
      environment.put("PATH", emulation + ":" + System.getenv("PATH"));
      environment.put("EMULATED_STATE", home.resolve("service").toString());
      environment.put("EMULATED_NETWORK", "host");
    } else {
      environment.put("NANOCLAW_TEST_NETWORK", "host");
    }
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    String config =
        Files.readString(Machine.checkout().resolve("config.yml"))
            .replace("runtime: auto", "runtime: " + setting.engine())
            .replace("https://api.anthropic.com", apiBaseUrl);
    Files.writeString(home.resolve("config.yml"), config);
    Files.writeString(
        home.resolve("credentials.yml"),
        "anthropic_api_key: \"" + key + "\"\nclaude_code_oauth_token: \"\"\n");
    sh("chmod 600 " + home + "/credentials.yml");
    setting.user().ifPresent(it -> sh("chown -R " + it + ":" + it + " " + home));
  }

  /// An ordinary user cannot read root's checkout everywhere: it gets the program without its
  /// history.
  private static Path copyOfProgram(String user) {
    Path copy = Path.of("/home", user, "nanoclaw");
    sh(
        "rm -rf "
            + copy
            + " && mkdir -p "
            + copy
            + " && cd "
            + Machine.checkout()
            + " && tar -cf - --exclude=.git --exclude=target --exclude=./data --exclude=./store . |"
            + " tar -xf - -C "
            + copy
            + " && chown -R "
            + user
            + ":"
            + user
            + " "
            + copy);
    return copy;
  }

  private static void sh(String command) {
    Machine.run(Machine.checkout(), Map.of(), List.of("sh", "-c", command)).orFail();
  }

  Path home() {
    return home;
  }

  /// Builds the image as the README says, but on local base images.
  void buildImage() {
    nanoclaw(
            "image", "build",
            "--base", Machine.required("NANOCLAW_TEST_BASE"),
            "--jdk", Machine.required("NANOCLAW_TEST_JDK"))
        .orFail();
  }

  /// A rootless engine has a store of its own.
  void takeImageFromRoot() {
    String user = setting.user().orElseThrow();
    String uid =
        Machine.run(program, Map.of(), List.of("id", "-u", user)).orFail().output().strip();
    sh(
        "CONTAINERS_CONF="
            + Machine.required("CONTAINERS_CONF")
            + " podman save nanoclaw-agent:latest | runuser -u "
            + user
            + " -- env HOME=/home/"
            + user
            + " XDG_RUNTIME_DIR=/run/user/"
            + uid
            + " CONTAINERS_CONF="
            + Machine.required("CONTAINERS_CONF")
            + " podman load");
  }

  /// Starts the daemon and waits until it listens.
  void start() throws IOException {
    daemon =
        Optional.of(
            Machine.start(
                program,
                environment,
                command(List.of("start")),
                home.resolve("daemon.out").toFile()));
    await("the daemon to listen", () -> nanoclaw("status").code() == 0);
  }

  /// SIGTERM, and the end of the process.
  void stop() {
    Process process = daemon.orElseThrow();
    process
        .descendants()
        .forEach(it -> {
          if (it.info().command().orElse("").endsWith("/java")) {
            it.destroy();
          }
        });
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("the daemon did not end within 10 s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
    daemon = Optional.empty();
  }

  /// Sends one message and returns the answer.
  String chat(String text) {
    return nanoclaw("chat", "-m", text).orFail().output();
  }

  Machine.Result nanoclaw(String... arguments) {
    return Machine.run(program, environment, command(List.of(arguments)));
  }

  private List<String> command(List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(program.resolve("nanoclaw").toString()));
    command.addAll(arguments);
    command.addAll(List.of("--home", home.toString()));
    return Machine.as(setting.user(), environment, command);
  }

  /// The engine's CLI; of the emulated one what is beneath it.
  Machine.Result engine(String... arguments) {
    List<String> command =
        new ArrayList<>(List.of(setting.isEmulated() ? "podman" : setting.engine()));
    command.addAll(List.of(arguments));
    return Machine.run(program, environment, Machine.as(setting.user(), environment, command));
  }

  /// The containers of this installation that run.
  List<String> containers() {
    return engine(
            "ps", "--filter", "label=nanoclaw.install=" + installLabel(), "--format", "{{.Names}}")
        .orFail()
        .output()
        .lines()
        .filter(it -> it.startsWith("nanoclaw-"))
        .toList();
  }

  private String installLabel() {
    try {
      String socket = Files.readAllLines(home.resolve("nanoclaw.lock")).get(1);
      return Path.of(socket).resolveSibling("").getFileName().toString();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    CountDownLatch never = new CountDownLatch(1);
    try {
      while (!condition.getAsBoolean()) {
        if (System.nanoTime() > end) {
          throw new AssertionError("waited 60 s for " + what);
        }
        var _ = never.await(50, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    if (daemon.isPresent()) {
      containers().forEach(it -> engine("rm", "-f", it));
      stop();
    }
    sh("rm -rf " + home);
  }
}
