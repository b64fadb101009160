package dev.nanoclaw.baddays;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.nanoclaw.app.HomeLock;
import dev.nanoclaw.config.SettingsFile;
import dev.nanoclaw.control.ChatService.Attached;
import dev.nanoclaw.control.ChatService.Line;
import dev.nanoclaw.control.ControlClient;
import dev.nanoclaw.control.StatusService.Status;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// A home directory, the daemon on it as a process, and a PATH of its own in which an engine may
/// appear.
public final class Host implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Path dir;
  private final Path home;
  private final Path bin;
  private final List<Process> started = new ArrayList<>();
  private String classPath = System.getProperty("java.class.path");
  private Optional<Process> daemon = Optional.empty();

  /// A program that ended.
  record Ended(int code, String output) {}

  /// A home with valid files, and no engine.
  public Host(Path dir) throws IOException {
    this.dir = dir;
    this.home = Files.createDirectories(dir.resolve("home"));
    this.bin = Files.createDirectories(dir.resolve("bin"));
    Files.createDirectories(dir.resolve("runtime"));
    Files.createDirectories(engine().resolve("containers"));
    for (String tool : List.of("sh", "setsid", "mv", "rm", "cat")) {
      Files.createSymbolicLink(bin.resolve(tool), inPath(tool));
    }
    Files.writeString(
        home.resolve("config.yml"),
        SettingsFile.template().replace("poll_interval_ms: 2000", "poll_interval_ms: 300"));
    credentials("anthropic_api_key: \"sk-ant-none\"\nclaude_code_oauth_token: \"\"\n", "rw-------");
  }

  /// Changes a setting, by the last part of its key.
  Host setting(String key, String value) throws IOException {
    Path file = home.resolve("config.yml");
    String was = Files.readString(file);
    String is = was.replaceFirst("(?m)^( *" + key + ": ).*$", "$1" + value);
    assertThat(is).isNotEqualTo(was);
    Files.writeString(file, is);
    return this;
  }

  private static Path inPath(String tool) {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
        .map(it -> Path.of(it, tool))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow();
  }

  public Path home() {
    return home;
  }

  /// Where the stand-in for an engine keeps what it knows; see `scripted-docker`.
  Path engine() {
    return dir.resolve("engine");
  }

  Path runtime() {
    return dir.resolve("runtime");
  }

  /// The lines that the engine wrote into that file.
  List<String> engineLines(String file) throws IOException {
    return Files.exists(engine().resolve(file))
        ? Files.readAllLines(engine().resolve(file))
        : List.of();
  }

  /// The containers that run, one file for each.
  List<Path> containers() throws IOException {
    try (Stream<Path> running = Files.list(engine().resolve("containers"))) {
      return running.toList();
    }
  }

  Host installEngine() throws IOException {
    var _ = install("docker", "scripted-docker");
    return this;
  }

  /// Puts a script of the test resources into PATH under that name.
  ///
  /// @return where it is
  public Path install(String name, String script) throws IOException {
    Path aside = dir.resolve(name);
    Files.copy(Path.of("src/test/resources", script), aside);
    Files.setPosixFilePermissions(aside, PosixFilePermissions.fromString("rwxr-xr-x"));
    return Files.move(aside, bin.resolve(name));
  }

  /// Changes a line of `config.yml`, which must be there.
  public Host configure(String line, String changed) throws IOException {
    Path file = home.resolve("config.yml");
    String before = Files.readString(file);
    assertThat(before).containsOnlyOnce(line);
    Files.writeString(file, before.replace(line, changed));
    return this;
  }

  /// Classes that take the place of those of the program.
  public void classesBefore(Path directory) {
    classPath = directory + File.pathSeparator + classPath;
  }

  /// Where the program is from now on.
  public void classPath(String jars) {
    classPath = jars;
  }

  void credentials(String content, String mode) throws IOException {
    Path file = home.resolve("credentials.yml");
    Files.deleteIfExists(file);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(file, content);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  /// Starts the daemon and waits until it listens.
  Host start() throws IOException {
    Path output = Files.createTempFile(dir, "daemon", ".out");
    Process process = launch(output, "start");
    await()
        .atMost(PATIENCE)
        .until(() -> !process.isAlive() || Files.readString(output).contains("NanoClaw is ready"));
    assertThat(process.isAlive()).as(Files.readString(output)).isTrue();
    daemon = Optional.of(process);
    return this;
  }

  /// Starts a program that is not to stay, and waits for its end.
  Ended run(String... arguments) throws Exception {
    Path output = Files.createTempFile(dir, "run", ".out");
    Process process = launch(output, arguments);
    process.getOutputStream().close();
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
        .as("the end of %s", List.of(arguments))
        .isTrue();
    return new Ended(process.exitValue(), Files.readString(output));
  }

  /// Starts a program whose standard input the caller writes.
  Process launch(Path output, String... arguments) throws IOException {
    return launch(output, List.of(), arguments);
  }

  /// @param options of the JVM
  public Process launch(Path output, List<String> options, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED"));
    command.addAll(options);
    command.addAll(List.of("-cp", classPath, "dev.nanoclaw.cli.Main"));
    command.addAll(List.of(arguments));
    command.addAll(List.of("--home", home.toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder
        .environment()
        .putAll(Map.of("PATH", bin.toString(), "XDG_RUNTIME_DIR", runtime().toString()));
    Process process = builder.start();
    started.add(process);
    return process;
  }

  /// SIGTERM.
  ///
  /// @return how long the end took
  Duration stop() throws InterruptedException {
    Process process = daemon.orElseThrow();
    long begin = System.nanoTime();
    process.destroy();
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  /// SIGKILL.
  void kill() throws InterruptedException {
    Process process = daemon.orElseThrow().destroyForcibly();
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  boolean isRunning() {
    return daemon.orElseThrow().isAlive();
  }

  /// Says something in the local chat; it is stored when this returns.
  void say(String text) throws IOException {
    try (ControlClient client = connect()) {
      var _ =
          client.call(
              "chat.send",
              Map.of("id", UUID.randomUUID().toString(), "text", text),
              JsonNode.class);
    }
  }

  /// What the assistant and the host said in the local chat.
  List<String> heard() throws IOException {
    try (ControlClient client = connect()) {
      return client.call("chat.attach", Map.of(), Attached.class).history().stream()
          .filter(Line::assistant)
          .map(Line::text)
          .toList();
    }
  }

  /// Waits until one of the things that were said contains the text.
  void awaitHearing(String text) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(() -> assertThat(heard()).anyMatch(it -> it.contains(text)));
  }

  Status status() throws IOException {
    try (ControlClient client = connect()) {
      return client.call("status", Map.of(), Status.class);
    }
  }

  private ControlClient connect() throws IOException {
    Path socket = HomeLock.socket(home).orElseThrow();
    return ControlClient.connect(socket, (_, _) -> {}, () -> {});
  }

  @Override
  public void close() throws IOException {
    for (Process process : started) {
      process.destroyForcibly();
    }
    for (Path container : containers()) {
      ProcessHandle.of(Long.parseLong(Files.readString(container).strip()))
          .ifPresent(ProcessHandle::destroyForcibly);
    }
  }
}
