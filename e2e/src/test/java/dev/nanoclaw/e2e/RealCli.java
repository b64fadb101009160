package dev.nanoclaw.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.protocol.AgentFrame;
import dev.nanoclaw.protocol.AgentFrame.Status;
import dev.nanoclaw.protocol.AgentRequest;
import dev.nanoclaw.protocol.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// A workspace and an API for the runner with the real Claude Code, without a container.
final class RealCli implements AutoCloseable {

  private final Path home;
  private final ApiStandIn api = new ApiStandIn();

  RealCli(Path home) throws IOException {
    this.home = RunnerProcess.workspace(home);
  }

  ApiStandIn api() {
    return api;
  }

  /// The group's directory, in which the CLI works.
  Path group() {
    return home.resolve("group");
  }

  RunnerProcess start(String prompt) throws IOException {
    return start(prompt, Optional.empty(), Map.of());
  }

  RunnerProcess start(String prompt, Optional<String> session, Map<String, String> more)
      throws IOException {
    Files.deleteIfExists(home.resolve("ipc/input/_close"));
    return RunnerProcess.start(home, RunnerProcess.request(prompt, session, api.baseUrl()), more);
  }

  /// As the agent of a main group.
  RunnerProcess startAsMain(String prompt) throws IOException {
    AgentRequest request = RunnerProcess.request(prompt, Optional.empty(), api.baseUrl());
    return RunnerProcess.start(
        home,
        new AgentRequest(
            prompt,
            request.sessionId(),
            request.groupFolder(),
            request.chatJid(),
            true,
            request.isScheduledTask(),
            request.secrets(),
            request.runId(),
            request.nonce(),
            request.inputs(),
            request.assistantName(),
            request.timezone(),
            request.model(),
            request.baseUrl()));
  }

  /// The directory of what passes between host and agent.
  Path ipc() {
    return home.resolve("ipc");
  }

  /// Writes a file of the workspace and the directories above it.
  Path write(String path, String text) throws IOException {
    Path file = home.resolve(path);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  static String script(String... steps) {
    return "<<SCRIPT [" + String.join(",", steps) + "] SCRIPT>>";
  }

  /// A prompt that runs a command and says what came of it.
  static String bash(String command) {
    return script(tool("Bash", Map.of("command", command, "description", "x")), ECHO);
  }

  static final String ECHO = "{\"echo_tool_result\":true}";

  /// A step that calls a tool; its input may hold a script of its own.
  static String tool(String name, Map<String, ?> input) {
    String json = Json.line(input).replace("SCRIPT>>", "SCRIPT\\u003e>");
    return "{\"tool\":\"" + name + "\",\"input\":" + json + "}";
  }

  /// The next frame, which has to be a success.
  static String said(RunnerProcess runner) throws InterruptedException {
    AgentFrame frame = runner.frame();
    assertThat(frame.status()).as("%s", frame).isEqualTo(Status.SUCCESS);
    return frame.result().orElse("");
  }

  static void await(Path file) throws InterruptedException {
    while (!Files.exists(file)) {
      assertThat(new CountDownLatch(1).await(20, TimeUnit.MILLISECONDS)).isFalse();
    }
  }

  @Override
  public void close() {
    api.close();
  }
}
