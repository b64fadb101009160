package dev.nanoclaw.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsFileTest {

  @TempDir Path dir;

  @Test
  void theseAreAllSettingsAndTheirDefaults() {
    assertThat(read(SettingsFile.template()))
        .isEqualTo(
            new Settings(
                new Settings.Assistant("Andy", false),
                new Settings.Timing(
                    Duration.ofSeconds(2),
                    Duration.ofMinutes(1),
                    Duration.ofMinutes(30),
                    Duration.ofSeconds(1)),
                new Settings.Container(
                    Settings.Runtime.AUTO,
                    "nanoclaw-agent:latest",
                    Duration.ofMinutes(30),
                    10 * 1024 * 1024,
                    5,
                    "2g",
                    2,
                    512),
                new Settings.Agent(
                    "default", URI.create("https://api.anthropic.com"), 5, 50, 100_000),
                new Settings.Channels(
                    new Settings.Local(true), new Settings.WhatsApp(false, Optional.empty(), 20)),
                new Settings.Tasks(Duration.ofMinutes(1), 5),
                new Settings.Paths(
                    dir.resolve("store"), dir.resolve("groups"), dir.resolve("data")),
                new Settings.Logging(Settings.Level.INFO, dir.resolve("logs/nanoclaw.log"), 10, 7),
                ZoneId.systemDefault()));
  }

  @Test
  void everyValueReachesItsPlace() {
    Settings settings =
        read(
            """
            assistant: {name: Zoë, has_own_number: true}
            timing: {poll_interval_ms: 11, scheduler_poll_interval_ms: 1012, idle_timeout_ms: 1200, ipc_poll_interval_ms: 13}
            container: {runtime: podman, image: "a:1", timeout_ms: 1400, max_output_size_bytes: 1500,
                        max_concurrent: 16, memory: 512m, cpus: 17, pids: 180}
            agent: {model: "opus[1m]", base_url: "http://localhost:8080", max_turn_retries: 0,
                    context_messages: 19, context_bytes: 2000}
            channels: {local: {enabled: false}, whatsapp: {enabled: true, bridge: b, messages_per_minute: 7}}
            tasks: {min_interval_ms: 2100, max_failures: 22}
            paths: {store_dir: /s, groups_dir: g/h, data_dir: ./d}
            logging: {level: debug, file: /var/l.log, max_mb: 21, keep: 1}
            timezone: Europe/Paris
            """);

    assertThat(settings)
        .isEqualTo(
            new Settings(
                new Settings.Assistant("Zoë", true),
                new Settings.Timing(
                    Duration.ofMillis(11),
                    Duration.ofMillis(1012),
                    Duration.ofMillis(1200),
                    Duration.ofMillis(13)),
                new Settings.Container(
                    Settings.Runtime.PODMAN,
                    "a:1",
                    Duration.ofMillis(1400),
                    1500,
                    16,
                    "512m",
                    17,
                    180),
                new Settings.Agent("opus[1m]", URI.create("http://localhost:8080"), 0, 19, 2000),
                new Settings.Channels(
                    new Settings.Local(false),
                    new Settings.WhatsApp(true, Optional.of(dir.resolve("b")), 7)),
                new Settings.Tasks(Duration.ofMillis(2100), 22),
                new Settings.Paths(Path.of("/s"), dir.resolve("g/h"), dir.resolve("d")),
                new Settings.Logging(Settings.Level.DEBUG, Path.of("/var/l.log"), 21, 1),
                ZoneId.of("Europe/Paris")));
  }

  @Test
  void allProblemsAreReportedAtOnceInTheOrderOfTheFile() {
    String text =
        SettingsFile.template()
            .replace("poll_interval_ms: 2000", "poll_interval_ms: fast")
            .replace("memory: 2g", "memroy: 2g")
            .replace("  cpus: 2\n", "")
            .replace("timezone: system", "timezone: Mars/Olympus\nagents: []");

    assertThat(problem(text))
        .isEqualTo(
            """
            %s has 5 problems:

              line 14, timing.poll_interval_ms: expected a whole number from 10 to 600000 \
            (milliseconds), but found "fast"
              line 22, container.cpus: missing; expected a whole number from 1 to 256 (default: 2)
              line 34, container.memroy: unknown key; did you mean container.memory?
              line 88, timezone: expected system or the name of a time zone like Europe/Paris, \
            but found "Mars/Olympus"
              line 89, agents: unknown key; did you mean agent?

            "nanoclaw config upgrade" adds missing settings with their defaults.\
            """
                .formatted(file()));
  }

  @Test
  void aKeyInTheWrongSectionIsShownItsPlace() {
    assertThat(problem(SettingsFile.template().replace("timing:", "timing:\n  cpus: 2")))
        .contains("line 13, timing.cpus: unknown key; did you mean container.cpus?");
  }

  @Test
  void anUnknownKeyLikeNoOtherIsShownTheKeysOfItsSection() {
    assertThat(problem(SettingsFile.template().replace("paths:", "paths:\n  photographs: x")))
        .contains(
            "paths.photographs: unknown key; the keys here are store_dir, groups_dir, data_dir");
  }

  @Test
  void aDuplicateKeyIsReportedWithBothLines() {
    assertThat(problem(SettingsFile.template().replace("  name: Andy", "  name: A\n  name: B")))
        .contains("line 9, assistant.name: set a second time; it is already in line 8");
    assertThat(problem(SettingsFile.template() + "timing: {}\n"))
        .contains("timing: set a second time; it is already in line 12");
  }

  @Test
  void aMissingSectionIsOneProblem() {
    assertThat(problem(SettingsFile.template().replaceAll("(?s)timing:.*?\n\n", "")))
        .contains("a problem:\n\n  line 1, timing: missing; expected a section with the keys ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"timing: 5", "timing: [a]", "timing: off"})
  void aSectionThatIsNoneIsOneProblem(String section) {
    assertThat(problem(SettingsFile.template().replaceAll("(?s)timing:.*?\n\n", section + "\n")))
        .contains("a problem:\n\n  line 12, timing: expected a section with the keys ");
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatThrownBy(() -> SettingsFile.read(file(), dir))
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessageStartingWith(file() + " is missing; copy the one that comes with NanoClaw");
    assertThatThrownBy(() -> SettingsFile.read(dir, dir))
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessageContaining("is a directory");
  }

  @Test
  void whatIsNotAYamlMappingIsOneClearProblem() {
    assertThat(problem("")).contains("line 1, column 1: the file is empty");
    assertThat(problem("# nothing\n\n")).contains("line 1, column 1: the file is empty");
    assertThat(problem("---\n")).contains("the file is empty");
    assertThat(problem("\n- a\n- b\n")).contains("line 2, column 1: expected lines of the form");
    assertThat(problem("hello")).contains("line 1, column 1: expected lines of the form");
    assertThat(problem("\uFEFFa: b")).contains("byte order mark");
    assertThat(problem("timing:\n\tpoll_interval_ms: 1\n"))
        .contains("line 2, column 1: not valid YAML; this line begins with a tab: use spaces");
    assertThat(problem("a: \"b\n")).contains("not valid YAML; look here");
    assertThat(problem("a: {b: 1\n")).contains("not valid YAML; look here");
    assertThat(problem("a: b: c\n")).contains("line 1, column 5: not valid YAML");
    assertThat(problem("a: 1\n b: 2\n")).contains("line 2, column 3: not valid YAML");
    assertThat(problem("a: b\u0007")).contains("not valid YAML");
    assertThat(problem("a: 1\n---\nb: 2\n")).contains("line 2, column 1: a second document");
    assertThat(problem("[a]: 1\n")).contains("line 1, column 1: expected a word as key");
  }

  @Test
  void anchorsAliasesTagsAndDeepNestingAreRefused() {
    String bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n";
    assertThat(problem(bomb)).contains("line 1, column 4: anchors (&) and aliases (*)");
    assertThat(problem("a: *b\n")).contains("line 1, column 4: anchors (&) and aliases (*)");
    assertThat(problem("&a a: 1\n")).contains("anchors (&) and aliases (*)");
    assertThat(problem("a: !!java.net.URL [b]\n")).contains("line 1, column 4: tags (!)");
    assertThat(problem("a: !x b\n")).contains("tags (!)");
    assertThat(problem("[".repeat(200_000))).contains("nested too deeply");
    assertThat(problem("a: " + "{a: ".repeat(50_000))).contains("nested too deeply");
    assertThat(problem("- ".repeat(100_000))).contains("nested too deeply");
    assertThat(problem("a: " + "x".repeat(300_000))).contains("larger than 256 KiB");
  }

  @Test
  void aFileThatIsNotUtf8IsRefusedWithThePlace() throws IOException {
    Files.write(file(), "# ok\nname: Zo\u00eb".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> SettingsFile.read(file(), dir))
        .isInstanceOf(InvalidSettingsException.class)
        .hasMessageContaining("line 2, column 9: the file is not UTF-8");

    Files.write(file(), "a: b".getBytes(StandardCharsets.UTF_16));
    assertThatThrownBy(() -> SettingsFile.read(file(), dir)).hasMessageContaining("not UTF-8");
  }

  @Test
  void noPathMayLieInAnother() {
    assertThat(problem(with("groups_dir: groups", "groups_dir: store/groups")))
        .contains("paths.groups_dir: lies in paths.store_dir; expected a place of its own");
    assertThat(problem(with("store_dir: store", "store_dir: .")))
        .contains("paths.store_dir: is the home directory or one above it");
    assertThat(problem(with("data_dir: data", "data_dir: x/../store")))
        .contains("paths.data_dir: lies in paths.store_dir");
    assertThat(problem(with("file: logs/nanoclaw.log", "file: groups/main/log")))
        .contains("logging.file: lies in paths.groups_dir");
  }

  @Test
  void messagesShowOddKeysHarmlessly() {
    assertThat(problem("\"a\\u001b[31m\\n" + "x".repeat(100) + "\": 1\n"))
        .contains("line 1, a?[31m?xxxx")
        .contains("xxx…: unknown key")
        .doesNotContain("\u001b");
  }

  private static String with(String from, String to) {
    assertThat(SettingsFile.template()).contains(from);
    return SettingsFile.template().replace(from, to);
  }

  private String problem(String text) {
    var e = catchThrowableOfType(InvalidSettingsException.class, () -> read(text));
    assertThat(e).as(text.substring(0, Math.min(200, text.length()))).isNotNull();
    return String.valueOf(e.getMessage());
  }

  private Settings read(String text) {
    try {
      Files.writeString(file(), text);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return SettingsFile.read(file(), dir);
  }

  private Path file() {
    return dir.resolve("config.yml");
  }
}
