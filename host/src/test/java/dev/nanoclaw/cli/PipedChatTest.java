package dev.nanoclaw.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.nanoclaw.app.HomeLock;
import dev.nanoclaw.app.NanoClaw;
import dev.nanoclaw.app.StartException;
import dev.nanoclaw.config.Credential;
import dev.nanoclaw.config.Environment;
import dev.nanoclaw.config.Home;
import dev.nanoclaw.config.Secret;
import dev.nanoclaw.container.DockerLikeEngine;
import dev.nanoclaw.container.DockerLikeEngine.Dialect;
import dev.nanoclaw.container.Engines;
import dev.nanoclaw.control.ChatService.Attached;
import dev.nanoclaw.control.ChatService.Line;
import dev.nanoclaw.control.ChatService.Waited;
import dev.nanoclaw.control.ControlClient;
import dev.nanoclaw.control.ControlClient.ControlException;
import dev.nanoclaw.control.StatusService.Status;
import dev.nanoclaw.testing.FakeEngine;
import dev.nanoclaw.testing.Sql;
import dev.nanoclaw.testing.TestSettings;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// The chat without a terminal against a whole host in this process; only the engine is a script.
@Timeout(60)
class PipedChatTest {

  @TempDir private Path dir;
  private final ByteArrayOutputStream answers = new ByteArrayOutputStream();
  private final ByteArrayOutputStream remarks = new ByteArrayOutputStream();
  private Path home;
  private FakeEngine engine;
  private NanoClaw host;

  @BeforeEach
  void start() throws IOException {
    home = Files.createDirectories(dir.resolve("home"));
    engine = new FakeEngine(dir.resolve("engine"));
    engine.container("answer \"héllo 1\" $input; follow");
    host = host();
  }

  @AfterEach
  void stop() {
    host.finishRuns(java.time.Duration.ofSeconds(5));
    host.close();
  }

  private NanoClaw host() {
    long looks = engine.calls("image");
    NanoClaw started = startHost();
    await().until(() -> engine.calls("image") > looks); // its first look at the engine is over
    return started;
  }

  private NanoClaw startHost() {
    return NanoClaw.start(
        new Home(home, dir.resolve("program")),
        new TestSettings(home).settings(),
        Environment.of(Map.of("XDG_RUNTIME_DIR", dir.toString())),
        new NanoClaw.Agents(
            new Engines(List.of(new DockerLikeEngine(Dialect.DOCKER, engine.command()))),
            () -> Optional.of(new Credential("ANTHROPIC_API_KEY", new Secret("k")))),
        Clock.systemUTC());
  }

  private PipedChat chat() {
    return new PipedChat(
        () -> HomeLock.socket(home),
        new PrintStream(answers, true, StandardCharsets.UTF_8),
        new PrintStream(remarks, true, StandardCharsets.UTF_8));
  }

  private ControlClient client() throws IOException {
    return ControlClient.connect(HomeLock.socket(home).orElseThrow(), (_, _) -> {}, () -> {});
  }

  private String said() {
    return answers.toString(StandardCharsets.UTF_8);
  }

  private String remarked() {
    return remarks.toString(StandardCharsets.UTF_8);
  }

  @Test
  void linesAreAnsweredOneByOneAndBadOnesTold() {
    byte[] lines =
        ("one\n\n   \ntwo\n" + "x".repeat(1 << 20) + "\n" + "y".repeat(5 << 20) + "\n\u0001\nthree")
            .getBytes(StandardCharsets.UTF_8);
    assertThat(chat().lines(new ByteArrayInputStream(lines))).isEqualTo(PipedChat.FAILED);
    assertThat(said()).isEqualTo("héllo 1\nfollowed 000000000002\nfollowed 000000000003\n");
    assertThat(remarked())
        .contains(
            "line 5: the message has 1,048,576 characters, 65,536 are the most",
            "line 6: the line is longer than 4,194,304 bytes",
            "line 7: the message is empty");
    assertThat(chat().once("four")).isEqualTo(PipedChat.ANSWERED);
    assertThat(said()).endsWith("followed 000000000004\n");
    assertThat(engine.calls("run")).isOne();
  }

  @Test
  void invalidUtf8IsReplaced() {
    assertThat(chat().lines(new ByteArrayInputStream(new byte[] {'a', (byte) 0xff, 'b', '\n'})))
        .isEqualTo(PipedChat.ANSWERED);
    assertThat(
            Sql.rows(
                home.resolve("store/messages.db"),
                "SELECT content FROM messages WHERE is_bot_message = 0"))
        .containsExactly("a\ufffdb");
  }

  @Test
  void aMessageThatCannotBeAnsweredNowIsKeptAndTheReasonTold() {
    host.close();
    engine.breaks("version", "no daemon");
    host = startHost();
    assertThat(chat().once("hi")).isEqualTo(PipedChat.WAITING);
    assertThat(said()).contains("No container engine answers (docker: no daemon)");
    assertThat(remarked()).contains("stored, but not answered yet: No container engine answers");
  }

  @Test
  void theChatOutlivesTheHost() throws Exception {
    engine.container("wait_for \"$state/go\"; answer \"after the restart\" $input; follow");
    var result = CompletableFuture.supplyAsync(() -> chat().once("hi"));
    await().until(() -> engine.calls("run") == 1);
    host.close();
    await().until(() -> remarked().contains("the daemon went away; waiting for it"));
    host = host();
    await().until(() -> remarked().contains("the daemon is back"));
    engine.write("go", "");
    assertThat(result.get(20, TimeUnit.SECONDS)).isEqualTo(PipedChat.ANSWERED);
    assertThat(said()).isEqualTo("after the restart\n");
    assertThat(remarked().lines()).as("each told once").hasSize(2);
  }

  @Test
  void withoutADaemonThereIsOneClearWord() {
    host.close();
    assertThatThrownBy(() -> chat().once("hi"))
        .isInstanceOf(CommandException.class)
        .hasMessage("no daemon runs here. Start it with: ./nanoclaw start");
  }

  @Test
  void aSecondHostOnThisHomeIsRefusedAndTheFirstGoesOn() {
    assertThatThrownBy(this::startHost)
        .isInstanceOf(StartException.class)
        .hasMessageContaining("another NanoClaw already runs on " + home);
    assertThat(chat().once("hi")).isEqualTo(PipedChat.ANSWERED);
  }

  @Test
  void aRepeatedIdIsOneMessageAndEveryTerminalHearsIt() throws Exception {
    var heard = new LinkedBlockingQueue<String>();
    try (var listener =
            ControlClient.connect(
                HomeLock.socket(home).orElseThrow(),
                (method, params) -> {
                  if (method.equals("chat.message")) {
                    heard.add(params.path("text").asString());
                  }
                },
                () -> {});
        var client = client()) {
      assertThat(listener.call("chat.attach", Map.of(), Attached.class).history()).isEmpty();
      Map<String, String> message = Map.of("id", "i1", "text", "hi");
      long seq = client.call("chat.send", message, JsonNode.class).path("seq").asLong();
      assertThat(client.call("chat.send", message, JsonNode.class).path("seq").asLong())
          .isEqualTo(seq);
      assertThat(client.call("chat.wait", Map.of("seq", seq), Waited.class).state())
          .isEqualTo("answered");
      Attached attached = client.call("chat.attach", Map.of(), Attached.class);
      assertThat(attached.history()).extracting(Line::text).containsExactly("hi", "héllo 1");
      assertThat(attached.history()).extracting(Line::assistant).containsExactly(false, true);
      assertThat(client.call("chat.attach", Map.of("after_seq", seq), Attached.class).history())
          .extracting(Line::text)
          .containsExactly("héllo 1");
      assertThat(heard).containsExactly("hi", "héllo 1");
    }
  }

  @Test
  void wrongParametersAreRefused() throws IOException {
    try (var client = client()) {
      for (Map<String, ?> it :
          List.<Map<String, ?>>of(
              Map.of(),
              Map.of("id", "", "text", "x"),
              Map.of("id", "x".repeat(101), "text", "x"),
              Map.of("id", 7, "text", "x"),
              Map.of("id", "a", "text", 7),
              Map.of("id", "a"),
              Map.of("id", "a", "text", " "))) {
        refused(client, "chat.send", it);
      }
      refused(client, "chat.wait", Map.of());
      refused(client, "chat.wait", Map.of("seq", "7"));
      refused(client, "chat.wait", Map.of("seq", 1.5));
      refused(client, "chat.attach", Map.of("after_seq", "x"));
      refused(client, "chat.attach", Map.of("after_seq", new java.math.BigInteger("9".repeat(30))));
    }
    assertThat(Sql.rows(home.resolve("store/messages.db"), "SELECT * FROM messages")).isEmpty();
  }

  private static void refused(ControlClient client, String method, Map<String, ?> params) {
    assertThatThrownBy(() -> client.call(method, params, JsonNode.class))
        .as(method + params)
        .isInstanceOfSatisfying(ControlException.class, it -> assertThat(it.isGone()).isFalse())
        .hasMessageMatching("(a message needs|the message is|seq must|after_seq must).*");
  }

  @Test
  void theStatusSaysWhatRuns() throws IOException {
    try (var client = client()) {
      assertThat(chat().once("hi")).isZero();
      Status status = client.call("status", Map.of(), Status.class);
      assertThat(status.missing()).isEmpty();
      assertThat(status.containers()).isOne();
      assertThat(status.groups())
          .singleElement()
          .satisfies(it -> {
            assertThat(it.folder()).isEqualTo("main");
            assertThat(it.state()).isEqualTo("waiting for messages");
            assertThat(it.container().orElse("")).startsWith("nanoclaw-main-");
          });
    }
  }
}
