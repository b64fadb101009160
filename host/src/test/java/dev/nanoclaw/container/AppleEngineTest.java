package dev.nanoclaw.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nanoclaw.container.ContainerEngine.EngineException;
import dev.nanoclaw.container.ContainerEngine.Health;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Apple's engine as it answers, word for word; that the answers are so was read in its source.
@Timeout(60)
class AppleEngineTest {

  private static final String NOT_RUNNING =
      "apiserver is not running and not registered with launchd";

  @TempDir Path directory;
  private ContainerEngine engine = new AppleEngine(List.of());

  @BeforeEach
  void installed() throws IOException {
    program("1.2.2", "touch up; echo started >>starts");
    engine = new AppleEngine(List.of(directory.resolve("container").toString()));
  }

  /// A stand-in whose further answers lie in files named by the command's first words.
  private void program(String version, String start) throws IOException {
    Path program =
        Files.writeString(
            directory.resolve("container"),
            """
            #!/bin/sh
            cd "$(dirname "$0")"
            echo "$*" >>calls
            case "$1 $2" in
              "--version ") echo 'container CLI version %s (build: release, commit: 1234567)' ;;
              "system status") [ -e up ] || { echo '%s'; exit 1; } ;;
              "system start") %s ;;
              *)
                if [ -e "answer-$1" ]; then cat "answer-$1"; else
                  echo "Error: notFound: \\"$*\\"" >&2
                  exit 1
                fi ;;
            esac
            """
                .formatted(version, NOT_RUNNING, start));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private void answer(String command, String text) throws IOException {
    Files.writeString(directory.resolve("answer-" + command), text);
  }

  private void up() throws IOException {
    Files.createFile(directory.resolve("up"));
  }

  private String unavailable() {
    assertThat(engine.health()).isInstanceOf(Health.Unavailable.class);
    return ((Health.Unavailable) engine.health()).reason();
  }

  @Test
  void startsTheServiceWhenItDoesNotRun() throws IOException {
    assertThat(engine.health()).isEqualTo(new Health.Ready("1.2.2"));
    assertThat(engine.health()).isEqualTo(new Health.Ready("1.2.2"));
    assertThat(directory.resolve("calls"))
        .content()
        .containsOnlyOnce("system start --enable-kernel-install\n");
  }

  @Test
  void aStartThatFailsIsToldAndNotRepeatedAtEachQuestion() throws IOException {
    program("1.2.2", "echo started >>starts; echo 'Error: launchd is not ready' >&2; exit 1");
    for (int i = 0; i < 5; i++) {
      assertThat(unavailable())
          .isEqualTo(
              "container's service does not run: container system start failed (1): Error: launchd"
                  + " is not ready");
    }
    assertThat(directory.resolve("starts")).content().hasLineCount(1);
    up();
    assertThat(engine.health()).isInstanceOf(Health.Ready.class);
  }

  @Test
  void anOldVersionIsRefusedInWords() throws IOException {
    program("0.11.0", "touch up");
    assertThat(unavailable()).contains("container 0.11.0 is too old", "0.12 or later");
    program("of something else", "touch up");
    assertThat(unavailable()).contains("is not Apple's");
    assertThat(new AppleEngine(List.of("/no/such/container")).health())
        .isEqualTo(new Health.Unavailable("container is not installed"));
  }

  @Test
  void theListIsReadInBothShapes() throws IOException {
    up();
    answer(
        "ls",
        """
        [{"id":"a","configuration":{"id":"a","labels":{"nanoclaw.install":"1"}},"status":{"state":"running","networks":[]}},
         {"id":"b","configuration":{"id":"b","labels":{"nanoclaw.install":"2"}},"status":{"state":"running"}},
         {"id":"c","configuration":{"id":"c","labels":{"nanoclaw.install":"1"}},"status":{"state":"stopped"}},
         {"id":"d","configuration":{"id":"d","labels":{}},"status":{"state":"stopping"}}]
        """);
    assertList();
    answer(
        "ls",
        """
        [{"status":"running","configuration":{"id":"a","labels":{"nanoclaw.install":"1"}},"networks":[],"startedDate":817046831},
         {"status":"running","configuration":{"id":"b","labels":{"nanoclaw.install":"2"}}},
         {"status":"stopped","configuration":{"id":"c","labels":{"nanoclaw.install":"1"}}},
         {"status":"stopping","configuration":{"id":"d","labels":{}}}]
        """);
    assertList();
    answer("ls", "[]\n");
    assertThat(engine.running("nanoclaw.install=1")).isEmpty();
    assertThat(engine.isRunning("a")).isFalse();
  }

  private void assertList() {
    assertThat(engine.running("nanoclaw.install=1")).containsExactly("a");
    assertThat(List.of("a", "b", "c", "d", "e").stream().filter(engine::isRunning))
        .containsExactly("a", "b", "d");
  }

  @Test
  void noListIsNoWordAboutAContainer() throws IOException {
    assertThatThrownBy(() -> engine.isRunning("a")).isInstanceOf(EngineException.class);
    answer("ls", "ID  IMAGE  STATE\n");
    assertThatThrownBy(() -> engine.isRunning("a"))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("not a JSON array: ID  IMAGE  STATE");
  }

  @Test
  void anImageIsReadInBothShapes() throws IOException {
    up();
    assertThat(engine.hasImage("x")).isFalse();
    String variants =
        """
        "variants":[{"platform":{"os":"unknown"},"size":1,"config":{"os":"unknown"}},
          {"platform":{"os":"linux"},"size":700,"config":{"created":"2026-11-22T12:00:00Z","config":{"Labels":{"nanoclaw.version":"abc"}}}}]
        """;
    var expected =
        new ImageInfo(
            "12",
            700,
            Optional.of(Instant.parse("2026-11-22T12:00:00Z")),
            Map.of("nanoclaw.version", "abc"));
    answer("image", "[{\"id\":\"12\",\"configuration\":{\"name\":\"x\"}," + variants + "}]");
    assertThat(engine.image("x")).contains(expected);
    answer("image", "[{\"name\":\"x\",\"index\":{\"digest\":\"12\"}," + variants + "}]");
    assertThat(engine.image("x")).contains(expected);
    assertThat(expected.version()).contains("abc");
  }

  @Test
  void whetherThereIsAnImageNobodyKnowsWithoutTheService() {
    assertThatThrownBy(() -> engine.hasImage("x"))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("container image inspect failed (1)");
  }

  @Test
  void containersAreEndedInItsWords() throws IOException {
    for (String command : List.of("stop", "kill", "rm")) {
      answer(command, "n\n");
    }
    engine.stop("n", Duration.ofSeconds(5));
    engine.kill("n");
    engine.remove("n");
    assertThat(directory.resolve("calls")).hasContent("stop --time 5 n\nkill n\nrm --force n\n");
  }

  @Test
  void itsOwnFailuresAreToldFromThoseOfAnAgent() {
    assertThat(engine.exitCode(64, "Error: Unknown option")).isEqualTo(ContainerEngine.REFUSED);
    assertThat(engine.exitCode(1, "Warning\nError: notFound: x"))
        .isEqualTo(ContainerEngine.REFUSED);
    assertThat(engine.exitCode(1, "the agent's own word")).isEqualTo(1);
    assertThat(engine.exitCode(137, "Error: x")).isEqualTo(137);
    assertThat(engine.exitCode(0, "")).isZero();
  }

  @Test
  void filesAreNotMounted() throws IOException {
    Path file = Files.createFile(directory.resolve("file"));
    var spec =
        new ContainerEngine.ContainerSpec(
            "n",
            "i",
            Map.of(),
            List.of(Mount.readOnly(file, "/x")),
            new AgentUser(1, 1, false),
            "1g",
            1,
            64,
            Optional.empty());
    assertThatThrownBy(() -> engine.runCommand(spec))
        .hasMessageContaining("mounts directories only");
  }
}
