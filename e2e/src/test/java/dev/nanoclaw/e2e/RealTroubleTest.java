package dev.nanoclaw.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.protocol.AgentFrame;
import dev.nanoclaw.protocol.AgentFrame.ErrorKind;
import dev.nanoclaw.protocol.AgentFrame.Status;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Trouble of the real Claude Code without a container, as the runner reports it; what the API
/// answers is in [TroubleInChatTest].
@Timeout(120)
final class RealTroubleTest {

  private static final Map<String, String> IMPATIENT = Map.of("NANOCLAW_API_SILENCE_MS", "2000");

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
  void whenTheTroubleIsOverTheSameProcessAnswers() throws Exception {
    cli.api().instead(_ -> Optional.of("{\"status\":401,\"message\":\"invalid x-api-key\"}"));
    try (RunnerProcess runner = cli.start("hello")) {
      expect(runner, ErrorKind.AUTH, "Claude refused the owner's key or token (401).");

      cli.api().instead(_ -> Optional.empty());
      runner.followUp("in-2", "better now?");
      assertThat(RealCli.said(runner)).contains("better now?");
    }
  }

  @Test
  void nobodyListensThere() throws Exception {
    int port;
    try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = closed.getLocalPort();
    }
    var request = RunnerProcess.request("hello", Optional.empty(), "http://127.0.0.1:" + port);
    try (RunnerProcess runner = RunnerProcess.start(home, request)) {
      expect(runner, ErrorKind.NETWORK, "Claude's service cannot be reached or does not answer.");
    }
  }

  @Test
  void anAnswerThatFallsSilent() throws Exception {
    cli.api().instead(_ -> Optional.of("{\"text\":\"half a wo\",\"ending\":\"silence\"}"));
    try (RunnerProcess runner = cli.start("hello", Optional.empty(), IMPATIENT)) {
      expect(runner, ErrorKind.NETWORK, "Claude's service cannot be reached or does not answer.");
      assertThat(cli.api().conversation()).hasSize(1);
    }
  }

  @Test
  void anApiThatTakesTheCallAndSaysNothing() throws Exception {
    cli.api().instead(_ -> Optional.of("{\"text\":\"x\",\"delay_ms\":600000}"));
    try (RunnerProcess runner = cli.start("hello", Optional.empty(), IMPATIENT)) {
      expect(runner, ErrorKind.NETWORK, "Claude's service cannot be reached or does not answer.");
      assertThat(cli.api().conversation()).hasSize(1);
    }
  }

  @Test
  void aStreamThatBreaksOffOnceIsNoTrouble() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    cli.api()
        .instead(_ ->
            calls.getAndIncrement() == 0
                ? Optional.of("{\"text\":\"half a wo\",\"ending\":\"cut\"}")
                : Optional.empty());
    try (RunnerProcess runner = cli.start("hello")) {
      assertThat(RealCli.said(runner)).isEqualTo("ECHO: hello");
    }
  }

  @Test
  void aConversationThatIsTooLongIsCompactedAndGoesOn() throws Exception {
    AtomicInteger refused = new AtomicInteger();
    cli.api()
        .instead(body ->
            body.toString().contains("one more thing") && refused.getAndIncrement() == 0
                ? Optional.of(
                    "{\"status\":400,\"message\":\"prompt is too long: 250000 tokens >"
                        + " 200000 maximum\"}")
                : Optional.empty());
    try (RunnerProcess runner = cli.start("hello")) {
      runner.frame();
      runner.followUp("in-2", "one more thing");
      AgentFrame frame = runner.frame();

      assertThat(frame.status()).as("%s", frame).isEqualTo(Status.SUCCESS);
      assertThat(frame.acked()).containsExactly("in-2");
      assertThat(cli.group().resolve("conversations")).isDirectoryContaining("glob:**-hello.md");
    }
  }

  @Test
  void aCliThatIsKilledSoundsLikeMemory() throws Exception {
    try (RunnerProcess runner = cli.start(RealCli.bash("touch started; sleep 30 & wait"))) {
      RealCli.await(cli.group().resolve("started"));
      List<ProcessHandle> children = runner.claudeProcess().descendants().toList();
      runner.claudeProcess().destroyForcibly();
      expect(
          runner,
          ErrorKind.OTHER,
          "Claude Code was killed, most likely because the memory ran out (exit code 137).");
      children.forEach(ProcessHandle::destroyForcibly);
    }
  }

  private static void expect(RunnerProcess runner, ErrorKind kind, String sentence)
      throws InterruptedException {
    AgentFrame frame = runner.frame();
    assertThat(frame.status()).as("%s", frame).isEqualTo(Status.ERROR);
    assertThat(frame.error().orElseThrow()).startsWith(sentence).doesNotContain(RunnerProcess.KEY);
    assertThat(frame.errorKind()).as("%s", frame).contains(kind);
    assertThat(frame.failed()).containsExactly("in-1");
    assertThat(frame.acked()).isEmpty();
    assertThat(frame.idle()).isTrue();
    assertThat(String.join("\n", runner.log())).doesNotContain(RunnerProcess.KEY);
  }
}
