package dev.nanoclaw.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.protocol.AgentFrame;
import dev.nanoclaw.protocol.AgentFrame.ErrorKind;
import dev.nanoclaw.protocol.AgentFrame.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Where a turn of the real Claude Code begins and ends.
@Timeout(120)
final class RealTurnsTest {

  private static final String SLEEP = "touch started; python3 -c 'import time; time.sleep(90)'";

  @TempDir Path home;
  private RealCli cli;

  @BeforeEach
  void start() throws IOException {
    cli = new RealCli(home);
  }

  @AfterEach
  void stop() {
    cli.close();
  }

  @Test
  void anInterruptEndsARunningCommandAndTheNextMessageIsAnswered() throws Exception {
    try (RunnerProcess runner = cli.start(RealCli.bash(SLEEP))) {
      RealCli.await(cli.group().resolve("started"));
      ProcessHandle claude = runner.claudeProcess();
      List<ProcessHandle> commands = claude.descendants().toList();
      assertThat(commands).isNotEmpty();
      long begin = System.nanoTime();
      runner.askToStop();
      AgentFrame frame = runner.frame();
      for (ProcessHandle command : commands) {
        command.onExit().get(10, TimeUnit.SECONDS);
      }

      long took = Duration.ofNanos(System.nanoTime() - begin).toMillis();
      System.out.println("interrupt -> frame and end of the command: " + took + " ms");
      assertThat(took).isLessThan(20_000);
      assertThat(frame.status()).isEqualTo(Status.SUCCESS);
      assertThat(frame.result()).isEmpty();
      assertThat(frame.acked()).containsExactly("in-1");
      assertThat(frame.idle()).isTrue();

      runner.followUp("in-2", "still there?");
      AgentFrame next = runner.frame();
      assertThat(next.status()).isEqualTo(Status.SUCCESS);
      assertThat(next.acked()).containsExactly("in-2");
      assertThat(cli.api().conversation().getLast().texts().getLast()).contains("still there?");
      assertThat(next.newSessionId()).isEqualTo(frame.newSessionId());
      assertThat(runner.claudeProcess().pid()).isEqualTo(claude.pid());
      assertThat(runner.inputFiles()).isEmpty();
    }
  }

  @Test
  void anInterruptReachesATurnThatIsOnlyAboutToStart() throws Exception {
    try (RunnerProcess runner = cli.start(RealCli.bash(SLEEP))) {
      runner.askToStop();
      AgentFrame frame = runner.frame();

      assertThat(frame.status()).isEqualTo(Status.SUCCESS);
      assertThat(frame.result()).isEmpty();
      assertThat(frame.acked()).containsExactly("in-1");
    }
  }

  @Test
  void anInterruptDoesNotTakeAWaitingMessageAlong() throws Exception {
    cli.api()
        .instead(body ->
            body.toString().contains("another one")
                ? Optional.empty()
                : Optional.of("{\"text\":\"never said\",\"delay_ms\":60000}"));
    try (RunnerProcess runner = cli.start("think about it")) {
      while (cli.api().conversation().isEmpty()) {
        pause();
      }
      runner.followUp("in-2", "another one");
      while (!runner.inputFiles().isEmpty()) {
        pause();
      }
      runner.askToStop();
      AgentFrame stopped = runner.frame();
      AgentFrame next = runner.frame();

      assertThat(stopped.acked()).containsExactly("in-1");
      assertThat(stopped.idle()).isFalse();
      assertThat(next.acked()).containsExactly("in-2");
      assertThat(next.result()).hasValueSatisfying(it -> assertThat(it).contains("another one"));
      assertThat(next.idle()).isTrue();
    }
  }

  @Test
  void anInterruptWithoutATurnIsForgotten() throws Exception {
    try (RunnerProcess runner = cli.start("hello")) {
      runner.frame();
      runner.askToStop();
      while (!runner.inputFiles().isEmpty()) {
        pause();
      }
      runner.followUp("in-2", RealCli.bash("sleep 1; echo slept"));
      AgentFrame frame = runner.frame();

      assertThat(frame.acked()).containsExactly("in-2");
      assertThat(frame.result()).hasValueSatisfying(it -> assertThat(it).contains("slept"));
      assertThat(runner.furtherFrames()).isEmpty();
    }
  }

  @Test
  void aCliThatHangsIsEndedWithAllThatItStarted() throws Exception {
    Map<String, String> impatient =
        Map.of("NANOCLAW_CLAUDE_SILENCE_MS", "2000", "NANOCLAW_CLAUDE_ANSWER_MS", "1000");
    try (RunnerProcess runner = cli.start(RealCli.bash(SLEEP), Optional.empty(), impatient)) {
      RealCli.await(cli.group().resolve("started"));
      List<ProcessHandle> tree = runner.process().descendants().toList();
      signal("STOP", runner.claudeProcess());
      AgentFrame frame = runner.frame();

      assertThat(frame.errorKind()).contains(ErrorKind.OTHER);
      assertThat(frame.error()).contains("Claude Code no longer answered and was ended.");
      assertThat(frame.failed()).containsExactly("in-1");
      assertThat(runner.exitCode()).isNotZero();
      for (ProcessHandle child : tree) {
        child.onExit().get(10, TimeUnit.SECONDS);
      }
    }
  }

  @Test
  void aCliThatIsSilentButAliveGoesOn() throws Exception {
    Map<String, String> impatient =
        Map.of("NANOCLAW_CLAUDE_SILENCE_MS", "700", "NANOCLAW_CLAUDE_ANSWER_MS", "5000");
    String slow = RealCli.script("{\"text\":\"after long thought\",\"delay_ms\":4000}");
    try (RunnerProcess runner = cli.start(slow, Optional.empty(), impatient)) {
      assertThat(RealCli.said(runner)).isEqualTo("after long thought");
    }
  }

  @Test
  void aCommandInTheBackgroundBeginsNoTurnOfItsOwn() throws Exception {
    try (RunnerProcess runner =
        cli.start(RealCli.bash("(sleep 1; touch finished) >/dev/null 2>&1 & echo begun"))) {
      assertThat(RealCli.said(runner)).contains("begun");
      RealCli.await(cli.group().resolve("finished"));
      noFurtherTurn(runner);
      assertThat(cli.api().conversation().getFirst().body().toString())
          .doesNotContain("run_in_background");
    }
  }

  @Test
  void aCommandThatTakesTooLongEndsInItsTurn() throws Exception {
    Map<String, Object> input = Map.of("command", SLEEP, "description", "x", "timeout", 1500);
    try (RunnerProcess runner =
        cli.start(RealCli.script(RealCli.tool("Bash", input), RealCli.ECHO))) {
      assertThat(RealCli.said(runner)).containsIgnoringCase("timed out");
      noFurtherTurn(runner);
    }
  }

  @Test
  void aSubAgentsWorkIsPartOfTheTurn() throws Exception {
    cli.api()
        .instead(body ->
            Script.allText(body.path("messages").path(0)).contains("SCRIPT")
                ? Optional.empty()
                : Optional.of("{\"text\":\"found one sock\",\"delay_ms\":2000}"));
    Map<String, Object> input =
        Map.of(
            "description", "look",
            "subagent_type", "general-purpose",
            "prompt", "look under the bed");
    try (RunnerProcess runner =
        cli.start(RealCli.script(RealCli.tool("Agent", input), RealCli.ECHO))) {
      assertThat(RealCli.said(runner)).contains("found one sock");
      noFurtherTurn(runner);
    }
  }

  @Test
  void aLongAnswerArrivesWholeInOneFrame() throws Exception {
    try (RunnerProcess runner =
        cli.start(RealCli.script("{\"text\":\"0123456789\",\"repeat\":20000}"))) {
      assertThat(RealCli.said(runner)).isEqualTo("0123456789".repeat(20_000));
      noFurtherTurn(runner);
    }
  }

  /// The CLI would begin one within a moment after what it waited for.
  private static void noFurtherTurn(RunnerProcess runner) throws InterruptedException {
    assertThat(new CountDownLatch(1).await(1500, TimeUnit.MILLISECONDS)).isFalse();
    assertThat(runner.furtherFrames()).isEmpty();
  }

  private static void signal(String name, ProcessHandle process) throws Exception {
    List<String> kill = List.of("kill", "-" + name, Long.toString(process.pid()));
    assertThat(new ProcessBuilder(kill).start().waitFor()).isZero();
  }

  private static void pause() throws InterruptedException {
    assertThat(new CountDownLatch(1).await(20, TimeUnit.MILLISECONDS)).isFalse();
  }
}
