package dev.nanoclaw.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.nanoclaw.config.Home;
import dev.nanoclaw.container.DockerLikeEngine.Dialect;
import dev.nanoclaw.domain.AgentInput;
import dev.nanoclaw.domain.AgentInput.Content;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.protocol.AgentRequest;
import dev.nanoclaw.protocol.FollowUp;
import dev.nanoclaw.protocol.FrameReader.Found;
import dev.nanoclaw.testing.FakeEngine;
import dev.nanoclaw.testing.Samples;
import dev.nanoclaw.testing.TestSettings;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class AgentContainerTest {

  private static final Group FAMILY = Samples.group("family");
  private static final AgentRun RUN = Samples.run(FAMILY, "r1");

  @TempDir private Path home;
  private FakeEngine engine;
  private AgentContainers containers;

  @BeforeEach
  void make() {
    engine = new FakeEngine(home.resolve("engine"));
    TestSettings settings = new TestSettings(home);
    AgentUser user = AgentUser.ofThisProcess();
    containers =
        new AgentContainers(
            settings.container(),
            home.resolve("data"),
            new GroupDirectories(settings.paths(), new Home(home, home), user),
            user,
            new Engines(List.of(new DockerLikeEngine(Dialect.DOCKER, engine.command()))),
            new AgentContainers.Placement("install-1", Optional.of("none")));
  }

  private static AgentRequest request(String prompt) {
    return new AgentRequest(
        prompt,
        Optional.empty(),
        "family",
        "1@g.us",
        false,
        false,
        Map.of("ANTHROPIC_API_KEY", "k"),
        RUN.runId(),
        RUN.nonce(),
        List.of("000000000001"),
        "Andy",
        "UTC",
        "default",
        "http://localhost");
  }

  private static List<Found> readAll(AgentContainer container) {
    List<Found> found = new ArrayList<>();
    container.readToEnd(found::add, Long.MAX_VALUE);
    return found;
  }

  private static List<String> words(List<Found> found) {
    return found.stream()
        .map(it ->
            switch (it) {
              case Found.Frame frame -> "frame " + frame.frame().result().orElse("");
              case Found.Text(String line) -> line;
              case Found.TooLong _ -> "too long";
            })
        .filter(it -> !it.isEmpty())
        .toList();
  }

  @Test
  void aContainerIsStartedToldThingsAndGivesAnswers() throws IOException {
    engine.container(
        """
        answer hi $input
        echo plain
        wait_for "$inputs/7.json"
        cat "$inputs/7.json"
        echo "oops" >&2
        wait_for "$inputs/_close"
        exit 4
        """);
    try (AgentContainer container = containers.start(RUN, FAMILY, request("x".repeat(100_000)))) {
      List<Found> found = new ArrayList<>();
      await()
          .until(() -> {
            var _ = container.read(found::add);
            return words(found).contains("plain");
          });
      assertThat(words(found)).containsExactly("frame hi", "plain");
      assertThat(container.exitCode()).isEmpty();
      assertThat(container.isRunning()).isTrue();
      assertThat(container.requestIsWritten()).isTrue();
      assertThat(container.give(FollowUp.message("7", "more"))).isTrue();
      container.askToClose();
      await().until(() -> container.exitCode().isPresent());
      assertThat(container.exitCode()).contains(4);
      assertThat(words(readAll(container)))
          .containsExactly("{\"type\":\"message\",\"id\":\"7\",\"text\":\"more\"}");
      assertThat(container.lastError()).isEqualTo("oops");
      assertThat(container.isRunning()).isFalse();
      container.deleteFiles();
    }
    assertThat(home.resolve("data/runs/r1")).doesNotExist();
    assertThat(home.resolve("data/ipc/family/r1")).doesNotExist();
    assertThat(engine.calls().getFirst())
        .startsWith(
            "run --interactive --rm --pull never --log-driver none --name nanoclaw-family-r1 ")
        .contains(
            "--label nanoclaw.install=install-1",
            "--label nanoclaw.run=r1",
            " --network none ",
            "source=" + home + "/data/ipc/family/r1,target=/workspace/ipc,readonly ",
            "source=" + home + "/data/ipc/family/r1/input,target=/workspace/ipc/input ")
        .endsWith(" agent:test");
  }

  @Test
  void aRunIsTakenUpBehindTheLastFrameThatWasTaken() throws IOException {
    engine.container("answer one $input; answer two $input; exit 0");
    long end;
    try (AgentContainer container = containers.start(RUN, FAMILY, request("x"))) {
      await().until(() -> container.exitCode().isPresent());
      List<Found> found = readAll(container);
      assertThat(words(found)).containsExactly("frame one", "frame two");
      end =
          found.stream()
              .flatMap(it -> it instanceof Found.Frame frame ? Stream.of(frame.end()) : Stream.of())
              .findFirst()
              .orElseThrow();
      container.rewind(end);
      assertThat(words(readAll(container))).containsExactly("frame two");
    }
    AgentRun later =
        new AgentRun(
            RUN.runId(),
            RUN.lane(),
            RUN.container(),
            RUN.engine(),
            RUN.nonce(),
            end,
            RUN.turnSince(),
            RUN.waitingSince(),
            RUN.startedAt());
    try (AgentContainer adopted = containers.adopt(later)) {
      assertThat(words(readAll(adopted))).containsExactly("frame two");
      assertThat(adopted.exitCode()).contains(0);
    }
    Trees.delete(home.resolve("data/runs"));
    assertThatThrownBy(() -> containers.adopt(later)).isInstanceOf(IOException.class);
  }

  @Test
  void whatDoesNotListenIsStoppedOrKilled() throws IOException {
    engine.container("trap '' TERM; touch \"$state/up\"; while :; do sleep 0.05; done");
    try (AgentContainer container = containers.start(RUN, FAMILY, request("x"))) {
      await().until(() -> Files.exists(engine.file("up")));
      container.stop(Duration.ofSeconds(1));
      assertThat(container.isRunning()).isTrue();
      container.kill();
      await().until(() -> container.exitCode().isPresent());
      assertThat(container.exitCode()).contains(137);
      assertThatThrownBy(container::remove)
          .isInstanceOf(ContainerEngine.EngineException.class)
          .hasMessageContaining("no such container");
    }
  }

  @Test
  void anExitCodeThatTheDiskHadNoRoomForIsAFailure() throws IOException {
    try (AgentContainer container = containers.start(RUN, FAMILY, request("x"))) {
      await().until(() -> container.exitCode().isPresent());
      Files.writeString(home.resolve("data/runs/r1/rc"), "");
      assertThat(container.exitCode()).contains(255);
    }
  }

  @Test
  void whatWasGivenIsKnownUntilItCameBack() throws IOException {
    engine.container("wait_for \"$inputs/_close\"");
    AgentInput came =
        new AgentInput(7, FAMILY.folder(), new Content.Messages(1, 1), 0, Instant.EPOCH);
    AgentInput stays =
        new AgentInput(8, FAMILY.folder(), new Content.Messages(2, 2), 0, Instant.EPOCH);
    try (AgentContainer container = containers.start(RUN, FAMILY, request("x"))) {
      for (AgentInput it : List.of(came, stays)) {
        assertThat(container.wasGiven(it.key())).isFalse();
        assertThat(container.give(FollowUp.message(it.key(), "more"))).isTrue();
        assertThat(container.wasGiven(it.key())).isTrue();
      }
      container.hasOnly(List.of(stays));
      assertThat(container.wasGiven(came.key())).isFalse();
      assertThat(container.wasGiven(stays.key())).isTrue();
      container.askToClose();
      await().until(() -> container.exitCode().isPresent());
    }
  }

  @Test
  void aFollowUpThatCannotBeGivenIsTold() throws IOException {
    engine.container("rm -r \"$inputs\"; touch \"$state/up\"");
    try (AgentContainer container = containers.start(RUN, FAMILY, request("x"))) {
      await().until(() -> Files.exists(engine.file("up")));
      assertThat(container.give(FollowUp.message("7", "more"))).isFalse();
      container.askToClose();
    }
  }

  @Test
  void anEngineThatIsNotInstalledShowsInTheExitCode() throws IOException {
    Files.delete(home.resolve("engine/engine"));
    try (AgentContainer container = containers.start(RUN, FAMILY, request("x"))) {
      await().until(() -> container.exitCode().isPresent());
      readAll(container);
      assertThat(container.exitCode()).contains(127);
      assertThat(container.lastError()).contains("not found");
      await().until(container::requestIsWritten);
    }
  }

  @Test
  void directoriesForTheAgentBelongToItAndOthersDoNot() throws IOException {
    AgentUser user = AgentUser.ofThisProcess();
    RunFiles files = new RunFiles(home.resolve("data"), RUN);
    files.create(user);
    Path ipc = home.resolve("data/ipc/family/r1");
    for (String it : List.of("input", "messages", "tasks")) {
      assertThat(Files.getAttribute(ipc.resolve(it), "unix:uid")).isEqualTo((int) user.uid());
    }
    for (Path it : List.of(ipc, ipc.resolve("responses"), home.resolve("data/runs/r1"))) {
      assertThat(Files.getAttribute(it, "unix:uid"))
          .isEqualTo(Files.getAttribute(home, "unix:uid"));
    }
    assertThat(files.mounts().stream().filter(it -> !it.readOnly()).map(Mount::target))
        .containsExactlyInAnyOrder(
            "/workspace/ipc/messages", "/workspace/ipc/tasks", "/workspace/ipc/input");
  }

  @Test
  void aGrowingFileIsReadAsItGrows() throws IOException {
    Path file = Files.writeString(home.resolve("f"), "abc");
    try (GrowingFile growing = new GrowingFile(file, 1)) {
      assertThat(growing.read()).asString(StandardCharsets.UTF_8).isEqualTo("bc");
      assertThat(growing.read()).isEmpty();
      Files.writeString(file, "d".repeat(100_000), StandardOpenOption.APPEND);
      assertThat(growing.read()).hasSize(65_536);
      assertThat(growing.read()).hasSize(100_000 - 65_536);
      assertThat(growing.read()).isEmpty();
    }
  }

  @Test
  void aLogHasALimitAlsoOverARestartAndOnlyTheNewestAreKept() throws IOException {
    Path logs = Files.createDirectories(home.resolve("logs"));
    for (int i = 10; i < 50; i++) {
      Files.writeString(logs.resolve("2026-" + i + ".log"), "old");
    }
    RunLog log = new RunLog(logs, "2027-01", java.time.Instant.EPOCH);
    log.line("first");
    log.line("é".repeat(3 * 1024 * 1024));
    log.line("never");
    log.flush();
    RunLog again = new RunLog(logs, "2027-01", java.time.Instant.EPOCH);
    again.line("nor this");
    again.flush();

    Path file = logs.resolve("2027-01.log");
    assertThat(Files.size(file)).isBetween(5L * 1024 * 1024, 5L * 1024 * 1024 + 100);
    try (RandomAccessFile end = new RandomAccessFile(file.toFile(), "r")) {
      end.seek(end.length() - 50);
      byte[] last = new byte[50];
      end.readFully(last);
      assertThat(new String(last, StandardCharsets.UTF_8))
          .endsWith("[the rest is not logged: the limit is 5 MiB]\n");
    }
    try (Stream<Path> kept = Files.list(logs)) {
      assertThat(kept.map(it -> it.getFileName().toString()).sorted().toList())
          .hasSizeBetween(29, 30)
          .contains("2027-01.log", "2026-49.log")
          .doesNotContain("2026-20.log");
    }
    RunLog nowhere = new RunLog(home.resolve("missing"), "r", java.time.Instant.EPOCH);
    nowhere.line("x");
    nowhere.flush();
    nowhere.flush();
  }
}
