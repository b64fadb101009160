package dev.nanoclaw.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigUpgradeTest {

  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-02-03T04:05:06Z"), ZoneOffset.UTC);

  @TempDir Path dir;

  static List<String> paths() {
    return Keys.TABLE.paths();
  }

  @ParameterizedTest
  @MethodSource("paths")
  void everyKeyAndSectionCanBeAddedAndTheRestStays(String path) throws IOException {
    List<String> removed = Template.block(Keys.TABLE, path, 0).stream().map(String::strip).toList();
    List<String> lines = SettingsFile.template().lines().toList();
    List<String> old = without(lines, path);
    write(String.join("\n", old) + "\n");

    var upgraded = upgrade();

    assertThat(upgraded.added())
        .containsExactlyElementsOf(Keys.TABLE.below(path).stream().map(Key::path).toList());
    assertThat(upgraded.unknown()).isEmpty();
    List<String> now = Files.readAllLines(file());
    assertThat(now).containsSubsequence(old);
    assertThat(now.stream().map(String::strip)).containsSubsequence(removed);
    assertThat(SettingsFile.read(file(), dir)).isEqualTo(defaults());
  }

  /// The lines of a file in which a key or section, with its comments, is not there.
  private static List<String> without(List<String> lines, String path) {
    int depth = (int) path.chars().filter(it -> it == '.').count();
    List<String> block = Template.block(Keys.TABLE, path, 2 * depth);
    int start = Collections.indexOfSubList(lines, block);
    return Stream.concat(
            lines.subList(0, start).stream(),
            lines.subList(start + block.size(), lines.size()).stream())
        .toList();
  }

  @Test
  void valuesCommentsAndOrderOfTheOwnerStay() throws IOException {
    write(
        """
        # mine
        timezone: Europe/Paris   # home
        timing:
            poll_interval_ms:   500
            # a thought
            ipc_poll_interval_ms: 700 # quick

        assistant: {name: "Zoë 🦀", }
        container: { runtime: podman } # all here
        channels:
        logging:
          level: DEBUG\
        """);

    var upgraded = upgrade();

    assertThat(Files.readString(file()))
        .startsWith(
            """
            # mine
            timezone: Europe/Paris   # home
            timing:
                poll_interval_ms:   500
                # a thought
                ipc_poll_interval_ms: 700 # quick
                # How often to look for due tasks, should the wake-up at their time have failed.
                scheduler_poll_interval_ms: 60000
                # How long an agent's container waits for more messages before it ends.
                idle_timeout_ms: 1800000

            assistant: {name: "Zoë 🦀", has_own_number: false, }
            container: { runtime: podman, image: "nanoclaw-agent:latest", timeout_ms: 1800000, \
            max_output_size_bytes: 10485760, max_concurrent: 5, memory: 2g, cpus: 2, pids: 512 } \
            # all here
            channels:
              local:
                # The chat in the terminal and in the web console.
                enabled: true
              whatsapp:
                # WhatsApp, once a phone is paired: nanoclaw whatsapp pair.
                enabled: false
                # The program that speaks to WhatsApp: auto is the one that was built with NanoClaw, which takes Go.
                bridge: auto
                # How many messages are sent within a minute; WhatsApp bans those who send too many.
                messages_per_minute: 20
            logging:
              level: DEBUG
              # The log, one JSON object on each line.
              file: logs/nanoclaw.log
            """)
        .contains("\n\nagent:\n  # The model");
    assertThat(upgraded.added())
        .hasSize(27)
        .contains("timing.idle_timeout_ms", "paths.store_dir", "channels.local.enabled");
    assertThat(SettingsFile.read(file(), dir).assistant().name()).isEqualTo("Zoë 🦀");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{timezone: system}",
        "{}",
        "{timing: {}, channels: {local: {}}}",
        "---\ntimezone: system\n",
        "timezone: system\n\n\n# end",
        "timing: # nothing yet\ntimezone: system\n",
        "assistant:\n  name: |-\n    Andy\ntimezone: system\n",
        "assistant:\n  name: >-\n    Andy\n\n\n",
        "channels:\n  local:\n\n\ntimezone:\n  system\n",
        "timezone: \"sys\\\n  tem\"\n",
        "assistant:\n    name: Andy\n...\n"
      })
  void anyWayOfWritingIsCompletedOrLeftAlone(String text) throws IOException {
    write(text);
    try {
      upgrade();
      assertThat(SettingsFile.read(file(), dir)).isEqualTo(defaults());
    } catch (InvalidSettingsException e) {
      assertThat(Files.readString(file())).isEqualTo(text);
      assertThat(text).as(e.getMessage()).endsWith("...\n");
    }
  }

  @Test
  void windowsLineEndsStay() throws IOException {
    write("timezone: system\r\n");
    upgrade();
    assertThat(Files.readString(file())).doesNotContainPattern("[^\r]\n").contains("\r\n");
    assertThat(SettingsFile.read(file(), dir)).isEqualTo(defaults());
  }

  @Test
  void aCopyWithTheTimeInItsNameIsKept() throws IOException {
    write("timezone: system\n");
    Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("rw-r-----"));

    Path copy = upgrade().copy().orElseThrow();

    assertThat(copy).isEqualTo(dir.resolve("config.yml.20260203-040506.bak"));
    assertThat(copy).hasContent("timezone: system");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-r-----");
    try (Stream<Path> files = Files.list(dir)) {
      assertThat(files).containsExactlyInAnyOrder(file(), copy);
    }
  }

  @Test
  void aCompleteFileIsNotTouched() throws IOException {
    write(SettingsFile.template());
    var before = Files.getLastModifiedTime(file());

    assertThat(upgrade())
        .isEqualTo(new ConfigUpgrade.Upgraded(List.of(), List.of(), Optional.empty()));
    assertThat(Files.getLastModifiedTime(file())).isEqualTo(before);
    try (Stream<Path> files = Files.list(dir)) {
      assertThat(files).containsExactly(file());
    }
  }

  @Test
  void unknownKeysAreReportedAndStayAndWhatTheyMeantIsNotAdded() throws IOException {
    write(
        SettingsFile.template()
            .replace("  cpus: 2\n", "  cpu: 2\n")
            .replace("  pids: 512\n", "  whatever: {a: 1}\n"));

    var upgraded = upgrade();

    assertThat(upgraded.added()).containsExactly("container.pids");
    assertThat(upgraded.unknown())
        .hasSize(2)
        .anyMatch(it -> it.contains("container.cpu: unknown key; did you mean container.cpus?"))
        .anyMatch(it -> it.contains("container.whatever: unknown key"));
    assertThat(Files.readString(file())).contains("  cpu: 2\n").contains("  whatever: {a: 1}\n");
  }

  @Test
  void aFileThatIsBrokenOtherwiseIsRefusedAndNotTouched() throws IOException {
    for (String text :
        List.of("timezone: Mars\n", "timezone: [\n", "", "a: *b\n", "paths: {store_dir: .}\n")) {
      write(text);
      assertThatThrownBy(this::upgrade).isInstanceOf(InvalidSettingsException.class);
      assertThat(Files.readString(file())).isEqualTo(text);
    }
    try (Stream<Path> files = Files.list(dir)) {
      assertThat(files).containsExactly(file());
    }
  }

  @Test
  void aLinkStaysALink() throws IOException {
    Path real = dir.resolve("real.yml");
    Files.writeString(real, "timezone: system\n");
    Files.createSymbolicLink(file(), real);
    upgrade();
    assertThat(file()).isSymbolicLink();
    assertThat(SettingsFile.read(real, dir)).isEqualTo(defaults());
  }

  private Settings defaults() throws IOException {
    Path shipped = Files.writeString(dir.resolve("defaults.yml"), SettingsFile.template());
    return SettingsFile.read(shipped, dir);
  }

  private ConfigUpgrade.Upgraded upgrade() {
    return new ConfigUpgrade(CLOCK).upgrade(file(), dir);
  }

  private void write(String text) throws IOException {
    Files.writeString(file(), text);
  }

  private Path file() {
    return dir.resolve("config.yml");
  }
}
