package dev.nanoclaw.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The host, a container or its engine ends in the middle of things; afterwards every message has
/// been answered once. Host, engines and Claude Code are real.
@Timeout(300)
class RecoveryTest {

  private static final Installation.Setting PODMAN =
      new Installation.Setting("podman", Optional.empty());
  private static final Installation.Setting DOCKER =
      new Installation.Setting("docker", Optional.empty());

  private static Optional<DockerDaemon> docker = Optional.empty();

  @BeforeAll
  static void buildImage() throws IOException {
    try (var installation = new Installation(PODMAN, "http://127.0.0.1:9", RunnerProcess.KEY)) {
      installation.buildImage();
    }
    docker = Optional.of(new DockerDaemon());
  }

  @AfterAll
  static void endDocker() {
    docker.ifPresent(DockerDaemon::close);
  }

  @Test
  void aKilledHostTakesItsContainerUpAgainInMidAnswer() throws Exception {
    try (var chat = new HeldChat(PODMAN)) {
      Installation nanoclaw = chat.nanoclaw();
      nanoclaw.start();
      chat.askAndHold("first");
      List<String> containers = nanoclaw.containers();
      assertThat(containers).hasSize(1);

      nanoclaw.kill();
      nanoclaw.start();
      chat.release();
      chat.await("first");
      chat.ask("second");
      chat.await("second");

      assertThat(chat.said()).containsExactly("first", "second");
      assertThat(nanoclaw.containers()).isEqualTo(containers);
      assertThat(chat.asked()).isEqualTo(2);
      assertThat(chat.runs()).containsExactly("running");
    }
  }

  @Test
  void aContainerFinishesItsTurnWithoutAHostAndTheNextOneTakesTheAnswer() throws Exception {
    try (var chat = new HeldChat(PODMAN)) {
      Installation nanoclaw = chat.nanoclaw();
      nanoclaw.start();
      chat.askAndHold("first");
      List<String> containers = nanoclaw.containers();

      long begin = System.nanoTime();
      nanoclaw.stop();
      System.out.printf(
          "SIGTERM in mid-answer -> end of the host: %d ms%n",
          TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
      chat.release();
      Installation.await("the frame", () -> output(nanoclaw).contains("first"));
      assertThat(nanoclaw.query("select text from outbox")).isEmpty();
      assertThat(nanoclaw.containers()).isEqualTo(containers);

      nanoclaw.start();
      chat.await("first");
      chat.ask("second");
      chat.await("second");
      assertThat(chat.said()).containsExactly("first", "second");
      assertThat(nanoclaw.containers()).isEqualTo(containers);
      assertThat(chat.asked()).isEqualTo(2);
    }
  }

  @Test
  void aHostThatIsKilledBetweenMessageAndContainerAnswersOnce() throws Exception {
    List<String> steps = List.of("stored", "claimed", "engine", "claimed", "stored");
    List<String> answers = new ArrayList<>();
    try (var chat = new HeldChat(PODMAN)) {
      Installation nanoclaw = chat.nanoclaw();
      nanoclaw.start();
      for (String step : steps) {
        String answer = "%s, round %d".formatted(step, answers.size());
        answers.add(answer);
        sendAndKillAt(step, answer, chat);
        nanoclaw.start();
        chat.await(answer);
        endContainers(nanoclaw);
      }
      chat.ask("last");
      chat.await("last");

      answers.add("last");
      System.out.println("runs of hosts killed at " + steps + ": " + chat.runs());
      assertThat(chat.said()).containsExactlyElementsOf(answers);
    }
  }

  @Test
  void aKilledContainersMessageGoesToANewOne() throws Exception {
    try (var chat = new HeldChat(PODMAN)) {
      Installation nanoclaw = chat.nanoclaw();
      nanoclaw.start();
      chat.askAndHold("first");
      List<String> containers = nanoclaw.containers();

      nanoclaw.engine("kill", containers.getFirst()).orFail();
      chat.awaitModelAsked();
      assertThat(nanoclaw.containers()).hasSize(1).doesNotContainAnyElementsOf(containers);
      chat.release();
      chat.await("first");
      chat.ask("second");
      chat.await("second");

      assertThat(chat.runs()).containsExactly("killed", "running");
      assertThat(chat.said())
          .satisfiesExactly(
              it -> assertThat(it).startsWith("Something went wrong: the agent was killed"),
              it -> assertThat(it).isEqualTo("first"),
              it -> assertThat(it).isEqualTo("second"));
    }
  }

  @Test
  void anEngineThatIsRestartedUnderTheHostLosesARunAndNoMessage() throws Exception {
    try (var chat = new HeldChat(DOCKER)) {
      Installation nanoclaw = chat.nanoclaw();
      nanoclaw.environment("DOCKER_HOST", docker.orElseThrow().host());
      nanoclaw.start();
      chat.askAndHold("first");

      docker.orElseThrow().stop();
      docker.orElseThrow().start();
      answersInANewRun(chat);
    }
  }

  @Test
  void anEngineThatCrashesUnderTheHostLosesARunAndNoMessage() throws Exception {
    try (var chat = new HeldChat(DOCKER)) {
      Installation nanoclaw = chat.nanoclaw();
      nanoclaw.environment("DOCKER_HOST", docker.orElseThrow().host());
      nanoclaw.start();
      chat.askAndHold("first");

      docker.orElseThrow().kill();
      docker.orElseThrow().start();
      answersInANewRun(chat);
    }
  }

  @Test
  void anEngineThatIsRestartedWhileNoHostRunsLosesARunAndNoMessage() throws Exception {
    try (var chat = new HeldChat(DOCKER)) {
      Installation nanoclaw = chat.nanoclaw();
      nanoclaw.environment("DOCKER_HOST", docker.orElseThrow().host());
      nanoclaw.start();
      chat.askAndHold("first");

      nanoclaw.stop();
      docker.orElseThrow().kill();
      docker.orElseThrow().start();
      nanoclaw.start();
      answersInANewRun(chat);
    }
  }

  @Test
  void aMachineThatIsRestartedLosesARunAndNoMessage() throws Exception {
    try (var podman = new PodmanMachine();
        var chat = new HeldChat(PODMAN)) {
      Installation nanoclaw = chat.nanoclaw();
      podman.tell(nanoclaw);
      nanoclaw.start();
      chat.ask("before"); // a run that never said anything is given a minute to begin
      chat.await("before");
      chat.askAndHold("first");

      nanoclaw.kill();
      podman.restart(nanoclaw);
      nanoclaw.start();
      answersInANewRun(chat);
    }
  }

  @Test
  void containersThatNoRunAccountsForAreRemovedAtTheStartAndOthersAreNot() throws Exception {
    String mine = "nanoclaw-left-" + UUID.randomUUID();
    String others = "nanoclaw-other-" + UUID.randomUUID();
    try (var nanoclaw = new Installation(PODMAN, "http://127.0.0.1:9", RunnerProcess.KEY)) {
      nanoclaw.start();
      String label = nanoclaw.installLabel();
      nanoclaw.stop();
      try {
        leave(nanoclaw, mine, label);
        leave(nanoclaw, others, label + "-of-another");
        nanoclaw.start();

        Installation.await("the removal", () -> !runs(nanoclaw, mine));
        assertThat(runs(nanoclaw, others)).isTrue();
        assertThat(nanoclaw.nanoclaw("logs").output())
            .contains("Container " + mine + " belongs to no run; removing it");
      } finally {
        var _ = nanoclaw.engine("rm", "-f", "--ignore", "--time", "0", mine, others);
      }
    }
  }

  /// The run that had the message ends as lost, and another answers it.
  private static void answersInANewRun(HeldChat chat) throws Exception {
    chat.awaitModelAsked();
    chat.release();
    chat.await("first");
    chat.ask("second");
    chat.await("second");

    assertThat(chat.runs()).containsExactly("lost", "running");
    assertThat(chat.said().stream().filter(it -> !it.equals("before")))
        .containsExactly("first", "second");
    assertThat(chat.nanoclaw().containers()).hasSize(1);
  }

  private static void sendAndKillAt(String step, String answer, HeldChat chat) throws Exception {
    Installation nanoclaw = chat.nanoclaw();
    Path seen = nanoclaw.home().resolve("kill-" + step);
    Process killer =
        Machine.start(
            nanoclaw.home(),
            Map.of(),
            List.of(
                "python3",
                Machine.checkout().resolve("e2e/src/test/resources/kill-when.py").toString(),
                Long.toString(nanoclaw.pid().pid()),
                nanoclaw.home().toString(),
                step),
            seen.toFile());
    Installation.await("the killer", () -> read(seen).contains("watching"));
    try {
      var _ = chat.send(UUID.randomUUID().toString(), answer);
    } catch (IOException _) {
      // killed before it could say that the message is stored
    }
    boolean seenInTime = killer.waitFor(60, TimeUnit.SECONDS);
    killer.destroyForcibly();
    assertThat(seenInTime).as("the step %s is seen", step).isTrue();
    assertThat(read(seen)).contains("killed");
    nanoclaw.awaitKilled();
  }

  /// Lets the agents end by themselves, so that the next message needs a new one.
  private static void endContainers(Installation nanoclaw) throws IOException {
    for (String run : nanoclaw.query("select run_id from agent_runs where state <> 'ended'")) {
      Files.writeString(nanoclaw.home().resolve("data/ipc/main/" + run + "/input/_close"), "");
    }
    Installation.await(
        "the runs to end",
        () -> nanoclaw.query("select * from agent_runs where state <> 'ended'").isEmpty());
    assertThat(nanoclaw.containers()).isEmpty();
  }

  private static void leave(Installation nanoclaw, String name, String label) {
    nanoclaw
        .engine(
            "run",
            "--detach",
            "--name",
            name,
            "--label",
            "nanoclaw.install=" + label,
            "--network",
            "none",
            Machine.required("NANOCLAW_TEST_BASE"),
            "sleep",
            "600")
        .orFail();
  }

  private static boolean runs(Installation nanoclaw, String container) {
    return nanoclaw
        .engine("ps", "--format", "{{.Names}}")
        .orFail()
        .output()
        .lines()
        .anyMatch(container::equals);
  }

  /// What the only container has written so far.
  private static String output(Installation nanoclaw) {
    try {
      return read(list(nanoclaw.home().resolve("data/runs")).getFirst().resolve("out"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.sorted().toList();
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
