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
  private Optional<String> install = Optional.empty();

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

  /// Changes a setting before the start; the text must stand in `config.yml`.
  void configure(String from, String to) throws IOException {
    Path file = home.resolve("config.yml");
    String text = Files.readString(file);
    if (!text.contains(from)) {
      throw new AssertionError("config.yml has no " + from);
    }
    Files.writeString(file, text.replace(from, to));
  }

  /// Lets the local chat's group be one like all others, with that folder. The daemon must have
  /// been started once and be stopped.
  void makeOrdinaryGroup(String folder) {
    var _ = query("update registered_groups set is_main = 0, folder = '" + folder + "'");
  }

  /// Asks the database; one line for each row, its columns with a space between.
  List<String> query(String sql) {
    String database = home.resolve("store/messages.db").toString();
    String python =
        "import sqlite3; c = sqlite3.connect('"
            + database
            + "'); [print(*it) for it in c.execute(\""
            + sql
            + "\")]; c.commit()";
    return Machine.run(program, Map.of(), List.of("python3", "-c", python))
        .orFail()
        .output()
        .lines()
        .toList();
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
    install = Optional.of(readInstall());
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

  /// SIGKILL; the containers go on.
  void kill() {
    pid().destroyForcibly();
    awaitKilled();
  }

  /// The daemon's process.
  ProcessHandle pid() {
    return daemon.orElseThrow().toHandle();
  }

  /// Notes that somebody has killed the daemon.
  void awaitKilled() {
    try {
      if (!daemon.orElseThrow().waitFor(60, TimeUnit.SECONDS)) {
        throw new AssertionError("the daemon was not killed within 60 s");
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

  /// Sends one message and goes on; its answer will be in that file.
  Process chatInBackground(String text, Path answer) throws IOException {
    return inBackground(answer, "chat", "-m", text);
  }

  /// Starts a command whose output will be in that file.
  Process inBackground(Path output, String... arguments) throws IOException {
    return Machine.start(program, environment, command(List.of(arguments)), output.toFile());
  }

  /// Sets a variable of the environment for everything that starts from now on.
  void environment(String name, String value) {
    environment.put(name, value);
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

  /// What tells this installation's containers from another's. The daemon must have been started.
  String installLabel() {
    return install.orElseThrow();
  }

  private String readInstall() throws IOException {
    String socket = Files.readAllLines(home.resolve("nanoclaw.lock")).get(1);
    return Path.of(socket).resolveSibling("").getFileName().toString();
  }

  static void await(String what, BooleanSupplier condition) {
    await(what, Duration.ofSeconds(60), condition);
  }

  static void await(String what, Duration limit, BooleanSupplier condition) {
    long end = System.nanoTime() + limit.toNanos();
    CountDownLatch never = new CountDownLatch(1);
    try {
      while (!condition.getAsBoolean()) {
        if (System.nanoTime() > end) {
          throw new AssertionError("waited %d s for %s".formatted(limit.toSeconds(), what));
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
    try {
      if (install.isPresent()) {
        containers().forEach(it -> engine("rm", "-f", it));
      }
    } finally {
      if (daemon.isPresent()) {
        stop();
      }
      sh("rm -rf " + home);
    }
  }
}
