package dev.nanoclaw.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.protocol.AgentFrame;
import dev.nanoclaw.protocol.AgentFrame.ErrorKind;
import dev.nanoclaw.protocol.AgentFrame.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The runner with the real Claude Code: the contract that each upgrade of the CLI has to keep.
@Timeout(120)
final class RealCliTest {

  @TempDir Path home;
  private ApiStandIn api;

  @BeforeEach
  void start() throws IOException {
    api = new ApiStandIn();
    RunnerProcess.workspace(home);
  }

  @AfterEach
  void stop() {
    api.close();
  }

  @Test
  void aToolRunsInTheGroupAndItsOutputComesBackInTheFrame() throws Exception {
    String nonce = UUID.randomUUID().toString();
    Files.writeString(home.resolve("group/nonce"), nonce);
    try (RunnerProcess runner = start(bash("cat nonce"))) {
      AgentFrame frame = runner.frame();

      assertThat(frame.status()).isEqualTo(Status.SUCCESS);
      assertThat(frame.result()).hasValueSatisfying(it -> assertThat(it).contains(nonce));
      assertThat(frame.acked()).containsExactly("in-1");
      assertThat(frame.failed()).isEmpty();
      assertThat(frame.idle()).isTrue();
      assertThat(frame.newSessionId()).isPresent();
      assertThat(frame.usage().orElseThrow().inputTokens()).isGreaterThan(0);
    }
  }

  @Test
  void aFollowUpIsAnsweredByTheSameProcessAndItsFileIsGone() throws Exception {
    try (RunnerProcess runner = start("first")) {
      AgentFrame first = runner.frame();
      long claude = runner.claudeProcess().pid();
      runner.followUp("in-2", "second");
      AgentFrame second = runner.frame();

      assertThat(second.acked()).containsExactly("in-2");
      assertThat(second.result()).contains("ECHO: second");
      assertThat(second.newSessionId()).isEqualTo(first.newSessionId());
      assertThat(runner.claudeProcess().pid()).isEqualTo(claude);
      assertThat(runner.inputFiles()).isEmpty();
      assertThat(api.conversation().getLast().texts()).anyMatch(it -> it.contains("first"));
    }
  }

  @Test
  void aMessageDuringAToolIsAckedByTheFrameOfTheTurnThatContainedIt() throws Exception {
    Path started = home.resolve("group/started");
    Path go = home.resolve("group/go");
    String wait = "touch started; while [ ! -e go ]; do sleep 0.1; done; echo done";
    try (RunnerProcess runner = start(bash(wait))) {
      await(started);
      runner.followUp("in-2", "and this one too");
      while (!runner.inputFiles().isEmpty()) {
        pause();
      }
      Files.createFile(go);
      AgentFrame frame = runner.frame();

      assertThat(frame.acked()).containsExactly("in-1", "in-2");
      assertThat(frame.idle()).isTrue();
      assertThat(api.conversation().getLast().texts()).anyMatch(it -> it.contains("and this one"));
      assertThat(runner.furtherFrames()).isEmpty();
    }
  }

  @Test
  void closeEndsAnIdleRunWithZero() throws Exception {
    try (RunnerProcess runner = start("hello")) {
      runner.frame();
      runner.askToFinish();

      assertThat(runner.exitCode()).isZero();
      assertThat(runner.furtherFrames()).isEmpty();
    }
  }

  @Test
  void closeLetsTheOpenTurnEndAndLeavesWhatWasNotHandedOver() throws Exception {
    String wait = "touch started; while [ ! -e go ]; do sleep 0.1; done; echo done";
    try (RunnerProcess runner = start(bash(wait))) {
      await(home.resolve("group/started"));
      runner.askToFinish();
      runner.followUp("in-2", "for the next run");
      Files.createFile(home.resolve("group/go"));

      assertThat(runner.frame().acked()).containsExactly("in-1");
      assertThat(runner.exitCode()).isZero();
      assertThat(runner.inputFiles()).containsExactly("_close", "in-2.json");
    }
  }

  @Test
  void aSecondRunGoesOnWithTheSession() throws Exception {
    Optional<String> session;
    try (RunnerProcess runner = start("remember the parrot")) {
      session = runner.frame().newSessionId();
      runner.askToFinish();
      assertThat(runner.exitCode()).isZero();
    }
    Files.delete(home.resolve("ipc/input/_close"));
    try (RunnerProcess runner =
        RunnerProcess.start(home, RunnerProcess.request("what was it?", session, api.baseUrl()))) {
      AgentFrame frame = runner.frame();

      assertThat(frame.newSessionId()).isEqualTo(session);
      assertThat(api.conversation().getLast().texts()).anyMatch(it -> it.contains("the parrot"));
    }
  }

  @Test
  void anUnknownSessionIsReportedAsLost() throws Exception {
    Optional<String> session = Optional.of(UUID.randomUUID().toString());
    try (RunnerProcess runner =
        RunnerProcess.start(home, RunnerProcess.request("hello", session, api.baseUrl()))) {
      AgentFrame frame = runner.frame();

      assertThat(frame.errorKind()).contains(ErrorKind.SESSION_LOST);
      assertThat(frame.failed()).containsExactly("in-1");
      assertThat(frame.newSessionId()).isEmpty();
      assertThat(runner.exitCode()).isNotZero();
      assertThat(runner.furtherFrames()).isEmpty();
    }
  }

  @Test
  void theApiSeesTheKeyAndTheAgentDoesNot() throws Exception {
    String search = "env; tr '\\\\0' '\\\\n' </proc/$PPID/environ; cat /proc/$PPID/cmdline";
    try (RunnerProcess runner = start(bash(search))) {
      String seen = runner.frame().result().orElseThrow();

      assertThat(api.conversation().getFirst().headers())
          .containsEntry("x-api-key", RunnerProcess.KEY);
      assertThat(seen).contains("ANTHROPIC_BASE_URL=").doesNotContain(RunnerProcess.KEY);
      // In the second half, /proc/PID/environ, the placeholder is to be seen: so the search works.
      assertThat(seen).containsOnlyOnce("ANTHROPIC_API_KEY=sk-ant-placeholder-");
      assertThat(seen).contains("--setting-sources=user,project,local");
    }
  }

  @Test
  void theCliOffersNoAlarmsOfItsOwn() throws Exception {
    try (RunnerProcess runner = start("hello")) {
      runner.frame();
      List<String> tools =
          api.conversation()
              .getFirst()
              .body()
              .path("tools")
              .valueStream()
              .map(it -> it.path("name").asString(""))
              .toList();

      assertThat(tools).contains("Bash", "Read");
      assertThat(tools).doesNotContain("CronCreate", "ScheduleWakeup", "Monitor");
    }
  }

  @Test
  void aKilledCliGivesItsInputsBack() throws Exception {
    String wait = "touch started; while [ ! -e never ]; do sleep 0.1; done";
    try (RunnerProcess runner = start(bash(wait))) {
      await(home.resolve("group/started"));
      List<ProcessHandle> children = runner.claudeProcess().descendants().toList();
      runner.claudeProcess().destroyForcibly();
      AgentFrame frame = runner.frame();
      children.forEach(ProcessHandle::destroyForcibly);

      assertThat(frame.errorKind()).contains(ErrorKind.OTHER);
      assertThat(frame.error()).hasValueSatisfying(it -> assertThat(it).contains("137"));
      assertThat(frame.failed()).containsExactly("in-1");
      assertThat(runner.exitCode()).isNotZero();
    }
  }

  @Test
  void aSignalEndsTheRunWithAllItStarted() throws Exception {
    String wait = "touch started; while [ ! -e never ]; do sleep 0.1; done";
    try (RunnerProcess runner = start(bash(wait))) {
      await(home.resolve("group/started"));
      List<ProcessHandle> tree = runner.process().descendants().toList();
      runner.process().destroy();

      assertThat(runner.exitCode()).isEqualTo(143);
      assertThat(runner.furtherFrames()).isEmpty();
      for (ProcessHandle child : tree) {
        child.onExit().get(10, TimeUnit.SECONDS);
      }
    }
  }

  private RunnerProcess start(String prompt) throws IOException {
    return RunnerProcess.start(
        home, RunnerProcess.request(prompt, Optional.empty(), api.baseUrl()));
  }

  private static String bash(String command) {
    return "<<SCRIPT [{\"tool\":\"Bash\",\"input\":{\"command\":\""
        + command
        + "\",\"description\":\"x\"}},{\"echo_tool_result\":true}] SCRIPT>>";
  }

  private static void await(Path file) throws InterruptedException {
    while (!Files.exists(file)) {
      pause();
    }
  }

  private static void pause() throws InterruptedException {
    assertThat(new CountDownLatch(1).await(20, TimeUnit.MILLISECONDS)).isFalse();
  }
}
