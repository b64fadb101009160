package dev.nanoclaw.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import dev.nanoclaw.config.Secret;
import dev.nanoclaw.config.Settings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class LoggingTest {

  private static final JsonMapper JSON = new JsonMapper();

  @TempDir Path dir;
  private final LoggerContext context = context();
  private final Logger log = context.getLogger("dev.nanoclaw.queue.GroupQueue");
  private final ByteArrayOutputStream console = new ByteArrayOutputStream();
  private final PrintStream stderr = System.err;

  @BeforeEach
  void catchStandardError() {
    System.setErr(new PrintStream(console, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void restoreStandardError() {
    System.setErr(stderr);
    context.stop();
  }

  @Test
  void aMessageIsOneJsonObjectInTheFileAndOneLineOnTheConsole() throws IOException {
    start(Settings.Level.INFO);
    log.info("Group {} has a turn", "family");

    JsonNode line = lines().getFirst();
    assertThat(Instant.parse(line.get("time").asString())).isBefore(Instant.now().plusSeconds(1));
    assertThat(line.get("level").asString()).isEqualTo("INFO");
    assertThat(line.get("logger").asString()).isEqualTo("dev.nanoclaw.queue.GroupQueue");
    assertThat(line.get("thread").asString()).isEqualTo(Thread.currentThread().getName());
    assertThat(line.get("message").asString()).isEqualTo("Group family has a turn");
    assertThat(line.has("error")).isFalse();
    assertThat(console())
        .matches("\\d\\d:\\d\\d:\\d\\d\\.\\d{3} INFO  GroupQueue: Group family has a turn\n");
  }

  @Test
  void everyLineParsesWhateverIsLogged() throws IOException {
    start(Settings.Level.TRACE);
    List<String> messages =
        List.of(
            "a\nb\r\nc",
            "\u0000\u0001\u001b[31mred\u0007\b\f\t",
            "\"}{\\",
            "\u2028\u2029\u0085",
            "\uD83E\uDD80 漢字",
            "half \uD83E",
            "{} {",
            "",
            "x".repeat(100_000),
            "\u007f\u009b");
    messages.forEach(log::trace);
    log.error("failed\n", new IllegalStateException("why\n\"", new IOException("\u0000\nno")));
    log.error(null);
    log.error("null argument {}", (Object) null);

    List<JsonNode> lines = lines();
    assertThat(lines).hasSize(messages.size() + 3);
    for (int i = 0; i < messages.size(); i++) {
      assertThat(lines.get(i).get("message").asString())
          .isEqualTo(messages.get(i).replace("half \uD83E", "half ?"));
    }
    assertThat(lines.get(messages.size()).get("error").asString())
        .startsWith("java.lang.IllegalStateException: why\n\"")
        .contains("LoggingTest.everyLineParses", "Caused by: java.io.IOException: \u0000\nno");
    assertThat(console())
        .contains("IllegalStateException")
        .doesNotContain("\u001b", "\u0000", "\r");
  }

  @Test
  void theLevelHoldsForOurMessagesAndLibrariesOnlyWarn() throws IOException {
    start(Settings.Level.DEBUG);
    log.trace("no");
    log.debug("yes");
    context.getLogger("org.flywaydb.core").info("no");
    context.getLogger("org.jooq").warn("yes");
    assertThat(lines())
        .extracting(it -> it.get("message").asString())
        .containsExactly("yes", "yes");
  }

  @Test
  void aFullFileIsPutAsideAndOnlySoManyAreKept() throws IOException {
    Logging logging =
        Logging.start(context, new Settings.Logging(Settings.Level.INFO, file(), 1, 2));
    String text = "x".repeat(256 * 1024);
    for (int round = 0; round < 5; round++) {
      int number = round;
      Path old = dir.resolve("logs/nanoclaw.log.1");
      long before = Files.exists(old) ? Files.getLastModifiedTime(old).toMillis() : 0;
      Awaitility.await()
          .until(() -> {
            log.info("{} {}", number, text);
            return Files.exists(old) && Files.getLastModifiedTime(old).toMillis() != before;
          });
    }
    logging.close();

    try (Stream<Path> files = Files.list(dir.resolve("logs"))) {
      assertThat(files.map(it -> it.getFileName().toString()))
          .containsExactlyInAnyOrder("nanoclaw.log", "nanoclaw.log.1", "nanoclaw.log.2");
    }
    for (String name : List.of("nanoclaw.log", "nanoclaw.log.1", "nanoclaw.log.2")) {
      assertThat(lines(dir.resolve("logs").resolve(name))).isNotEmpty();
    }
  }

  @Test
  void aRestartGoesOnWithTheSameFile() throws IOException {
    start(Settings.Level.INFO).close();
    start(Settings.Level.INFO);
    log.info("first");
    context.stop();
    start(Settings.Level.INFO);
    log.info("second");
    assertThat(lines()).hasSize(2);
  }

  @Test
  void aPathWithOddCharactersWorks() throws IOException {
    Path odd = dir.resolve("100%d (x) é/n%i.log");
    Logging.start(context, new Settings.Logging(Settings.Level.INFO, odd, 1, 1));
    log.info("here");
    assertThat(lines(odd)).hasSize(1);
  }

  @Test
  void withoutAWritableFileTheConsoleGoesOn() throws IOException {
    Files.writeString(dir.resolve("logs"), "a file where the directory should be");
    start(Settings.Level.INFO);
    log.info("still here");
    assertThat(console())
        .contains("WARN  Logging: Cannot write the log file " + file() + "; the log goes to the")
        .contains("INFO  GroupQueue: still here");

    Path directory = Files.createDirectory(dir.resolve("x.log"));
    Logging.start(context, new Settings.Logging(Settings.Level.INFO, directory, 1, 1));
    assertThat(console()).contains("Cannot write the log file " + directory);
  }

  @Test
  void credentialsAndKnownSecretsDoNotAppear() throws IOException {
    Logging logging = start(Settings.Level.INFO);
    logging.hide(new Secret("correct-horse"));
    logging.hide(new Secret("a"));
    log.info(
        "key sk-ant-api03-abc_DEF-123, Authorization: Bearer abc.def-123456, x-api-key: 12345678");
    log.info("a password: {}", "correct-horse", new IOException("correct-horse, sk-ant-oat01-xyz"));

    String all = Files.readString(file()) + console();
    assertThat(all)
        .contains("key [secret], Authorization: Bearer [secret], x-api-key: [secret]")
        .contains("a password: [secret]", "IOException: [secret], [secret]")
        .doesNotContain("abc_DEF", "abc.def", "12345678", "correct-horse", "oat01");
  }

  @Test
  void uncaughtExceptionsAreLogged() throws Exception {
    Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    try (Logging _ = Logging.start(settings(Settings.Level.INFO))) {
      Thread thread =
          Thread.ofVirtual()
              .name("worker-7")
              .start(() -> {
                throw new IllegalStateException("oops");
              });
      thread.join();
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
    assertThat(lines().getFirst().get("message").asString()).contains("worker-7");
    assertThat(lines().getFirst().get("error").asString()).contains("IllegalStateException: oops");
  }

  @Test
  void beforeTheSettingsAreKnownWarningsGoToStandardErrorOnly() {
    LoggerContext early = context();
    new EarlyLogging().configure(early);
    early.start();
    early.getLogger("dev.nanoclaw.x.Y").info("no");
    early.getLogger("dev.nanoclaw.x.Y").warn("careful");
    assertThat(console()).endsWith("WARN  Y: careful\n").doesNotContain("no\n");
    assertThatCode(() -> LoggerFactory.getLogger("any").debug("x")).doesNotThrowAnyException();
  }

  /// Without this adapter, which SLF4J sets in the real one, a context writes nothing.
  private static LoggerContext context() {
    LoggerContext context = new LoggerContext();
    context.setMDCAdapter(new LogbackMDCAdapter());
    return context;
  }

  private Logging start(Settings.Level level) {
    return Logging.start(context, settings(level));
  }

  private Settings.Logging settings(Settings.Level level) {
    return new Settings.Logging(level, file(), 10, 7);
  }

  private Path file() {
    return dir.resolve("logs/nanoclaw.log");
  }

  private List<JsonNode> lines() throws IOException {
    return lines(file());
  }

  private static List<JsonNode> lines(Path file) throws IOException {
    return Stream.of(Files.readString(file).split("\n", -1))
        .filter(it -> !it.isEmpty())
        .map(JSON::readTree)
        .toList();
  }

  private String console() {
    return console.toString(StandardCharsets.UTF_8);
  }
}
