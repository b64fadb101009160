package dev.nanoclaw.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.nanoclaw.app.HomeLock;
import dev.nanoclaw.app.NanoClaw;
import dev.nanoclaw.config.Credential;
import dev.nanoclaw.config.Environment;
import dev.nanoclaw.config.Home;
import dev.nanoclaw.config.Secret;
import dev.nanoclaw.config.SettingsFile;
import dev.nanoclaw.container.DockerLikeEngine;
import dev.nanoclaw.container.DockerLikeEngine.Dialect;
import dev.nanoclaw.container.Engines;
import dev.nanoclaw.control.ControlClient;
import dev.nanoclaw.testing.FakeEngine;
import dev.nanoclaw.testing.Sql;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.awaitility.core.ThrowingRunnable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A home with a whole host in this process, of which only the engine is a script, and the commands
/// as somebody types them.
final class RunningHome implements AutoCloseable {

  private final Path dir;
  private final Path home;
  private final FakeEngine engine;
  private Optional<NanoClaw> host = Optional.empty();

  /// What a command said.
  record Ended(int code, String out, String err) {

    JsonNode json() {
      return JsonMapper.shared().readTree(out);
    }
  }

  /// The containers answer everything with that.
  RunningHome(Path dir, String answer) throws IOException {
    this.dir = dir;
    this.home = Files.createDirectories(dir.resolve("home"));
    Files.writeString(
        home.resolve("config.yml"),
        SettingsFile.template()
            .replace("timezone: system", "timezone: Europe/Paris")
            .replace("poll_interval_ms: 2000", "poll_interval_ms: 50"));
    engine = new FakeEngine(dir.resolve("engine"));
    engine.container("answer \"%s\" $input; follow".formatted(answer));
  }

  RunningHome start() {
    long looks = engine.calls("image");
    host =
        Optional.of(
            NanoClaw.start(
                new Home(home, dir.resolve("program")),
                SettingsFile.read(home.resolve("config.yml"), home),
                Environment.of(Map.of("XDG_RUNTIME_DIR", dir.toString())),
                new NanoClaw.Agents(
                    new Engines(List.of(new DockerLikeEngine(Dialect.DOCKER, engine.command()))),
                    () -> Optional.of(new Credential("ANTHROPIC_API_KEY", new Secret("k")))),
                Clock.systemUTC()));
    // its first look at the engine is over
    until(() -> assertThat(engine.calls("image")).isGreaterThan(looks));
    return this;
  }

  /// Waits as long as a whole host may need on a machine with more to do.
  static void until(ThrowingRunnable assertion) {
    await().atMost(Duration.ofSeconds(60)).untilAsserted(assertion);
  }

  void stop() {
    host.ifPresent(it -> {
      it.finishRuns(Duration.ofSeconds(5));
      it.close();
    });
    host = Optional.empty();
  }

  Ended run(String... arguments) {
    return type(InputStream.nullInputStream(), arguments);
  }

  Ended runWith(String input, String... arguments) {
    return type(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)), arguments);
  }

  private Ended type(InputStream input, String... arguments) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    InputStream in = System.in;
    var said = new ByteArrayOutputStream();
    var complained = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
      System.setErr(ofThisThread(complained, err));
      System.setIn(input);
      int code =
          Main.run(
              Stream.concat(Stream.of(arguments), Stream.of("--home", home.toString()))
                  .toArray(String[]::new));
      return new Ended(
          code, said.toString(StandardCharsets.UTF_8), complained.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
      System.setIn(in);
    }
  }

  /// The host of this process logs to standard error, too: from threads of its own.
  private static PrintStream ofThisThread(OutputStream own, PrintStream others) {
    Thread typist = Thread.currentThread();
    return new PrintStream(
        new OutputStream() {
          @Override
          public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
          }

          @Override
          public void write(byte[] bytes, int from, int count) throws IOException {
            (Thread.currentThread().equals(typist) ? own : others).write(bytes, from, count);
          }
        },
        true,
        StandardCharsets.UTF_8);
  }

  Path groupsDir() {
    return home.resolve("groups");
  }

  Path database() {
    return home.resolve("store").resolve("messages.db");
  }

  List<String> rows(String query) {
    return Sql.rows(database(), query);
  }

  /// A registered group of a channel that is switched off.
  void register(String folder) {
    Sql.execute(
        database(),
        "INSERT INTO chats (jid, name, channel, is_group) VALUES ('%s@g.us', '%s', 'whatsapp', 1)"
            .formatted(folder, folder),
        "INSERT INTO registered_groups (jid, name, folder, added_at) VALUES ('%s@g.us', 'The %s', '%s', '2026-01-02T03:04:05.000Z')"
            .formatted(folder, folder, folder));
  }

  /// A message that waits for an answer, as if it had come while the host was down.
  void wasAsked(String folder) {
    Sql.execute(
        database(),
        "INSERT INTO messages (id, chat_jid, sender, sender_name, content, timestamp, triggered) VALUES ('%s', '%s@g.us', 'a', 'Ada', 'hello', '2026-02-03T04:05:06.000Z', 1)"
            .formatted(UUID.randomUUID(), folder));
  }

  /// Says something in the local chat.
  void say(String text) throws IOException {
    try (ControlClient client =
        ControlClient.connect(HomeLock.socket(home).orElseThrow(), (_, _) -> {}, () -> {})) {
      var _ =
          client.call(
              "chat.send",
              Map.of("id", UUID.randomUUID().toString(), "text", text),
              JsonNode.class);
    }
  }

  @Override
  public void close() {
    stop();
  }
}
