package dev.nanoclaw.e2e;

import static java.util.Objects.requireNonNull;

import dev.nanoclaw.protocol.AgentFrame;
import dev.nanoclaw.protocol.AgentRequest;
import dev.nanoclaw.protocol.FollowUp;
import dev.nanoclaw.protocol.FrameReader;
import dev.nanoclaw.protocol.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// The built runner as a process of its own, without a container: what the host sees of it.
final class RunnerProcess implements AutoCloseable {

  static final String KEY = "sk-ant-the-owners-own-key";
  static final String NONCE = "nonce-1";

  private static final long PATIENCE_SECONDS = 90;

  private final Path workspace;
  private final Process process;
  private final BlockingQueue<AgentFrame> frames = new LinkedBlockingQueue<>();
  private final List<String> log = new CopyOnWriteArrayList<>();
  private final Thread reader;

  private RunnerProcess(Path workspace, Process process) {
    this.workspace = workspace;
    this.process = process;
    reader = Thread.ofPlatform().daemon().start(this::readFrames);
    Thread.ofPlatform().daemon().start(this::readLog);
  }

  /// Makes the directories that the host would mount.
  static Path workspace(Path home) throws IOException {
    Files.createDirectories(home.resolve("group"));
    Files.createDirectories(home.resolve("ipc/input"));
    for (String name : List.of("messages", "tasks", "responses")) {
      Files.createDirectories(home.resolve("ipc").resolve(name));
    }
    Files.createDirectories(home.resolve(".claude"));
    return home;
  }

  static AgentRequest request(String prompt, Optional<String> session, String baseUrl) {
    return new AgentRequest(
        prompt,
        session,
        "family",
        "family@g.us",
        false,
        false,
        Map.of("ANTHROPIC_API_KEY", KEY),
        "run-1",
        NONCE,
        List.of("in-1"),
        "Andy",
        "Europe/Paris",
        "default",
        baseUrl);
  }

  static RunnerProcess start(Path workspace, AgentRequest request) throws IOException {
    return start(workspace, request, Map.of());
  }

  /// @param more environment variables beside the usual
  static RunnerProcess start(Path workspace, AgentRequest request, Map<String, String> more)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+DisableAttachMechanism",
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.nanoclaw.agent.Main");
    Map<String, String> environment = builder.environment();
    environment.put("NANOCLAW_WORKSPACE", workspace.toString());
    environment.put("NANOCLAW_CLAUDE", claude().toString());
    environment.put("CLAUDE_CONFIG_DIR", workspace.resolve(".claude").toString());
    environment.put("HOME", workspace.toString());
    environment.putAll(more);
    RunnerProcess runner = new RunnerProcess(workspace, builder.start());
    try (OutputStream stdin = runner.process.getOutputStream()) {
      stdin.write((Json.line(request) + "\n").getBytes(StandardCharsets.UTF_8));
    }
    return runner;
  }

  /// The CLI under test. Its absence is a failure: this module is for nothing else.
  static Path claude() {
    Path claude =
        Path.of(requireNonNull(System.getenv("NANOCLAW_CLAUDE"), "NANOCLAW_CLAUDE is not set"));
    if (!Files.isExecutable(claude)) {
      throw new IllegalStateException("no Claude Code at " + claude);
    }
    return claude;
  }

  AgentFrame frame() throws InterruptedException {
    AgentFrame frame = frames.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (frame == null) {
      throw new AssertionError("no frame within " + PATIENCE_SECONDS + " s; log: " + log);
    }
    return frame;
  }

  /// Puts a follow-up in as the host does.
  void followUp(String id, String text) throws IOException {
    put(id + ".json", Json.line(FollowUp.message(id, text)));
  }

  void askToFinish() throws IOException {
    put(FollowUp.CLOSE, "");
  }

  void askToStop() throws IOException {
    put(FollowUp.INTERRUPT, "");
  }

  private void put(String name, String text) throws IOException {
    Path outside = Files.writeString(workspace.resolve("outside"), text);
    Files.move(
        outside, workspace.resolve("ipc/input").resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  List<String> inputFiles() throws IOException {
    try (var files = Files.list(workspace.resolve("ipc/input"))) {
      return files.map(it -> it.getFileName().toString()).sorted().toList();
    }
  }

  int exitCode() throws InterruptedException {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("the runner does not end; log: " + log);
    }
    reader.join();
    return process.exitValue();
  }

  /// Frames that came and were not asked for.
  List<AgentFrame> furtherFrames() {
    List<AgentFrame> further = new ArrayList<>();
    frames.drainTo(further);
    return further;
  }

  List<String> log() {
    return List.copyOf(log);
  }

  Process process() {
    return process;
  }

  /// The CLI that the runner started.
  ProcessHandle claudeProcess() {
    return process
        .children()
        .filter(it -> it.info().command().orElse("").endsWith("claude"))
        .findFirst()
        .orElseThrow();
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  private void readFrames() {
    FrameReader frameReader = new FrameReader(NONCE, 0, 10_000_000);
    byte[] buffer = new byte[8192];
    try (InputStream out = process.getInputStream()) {
      for (int count = out.read(buffer); count >= 0; count = out.read(buffer)) {
        for (FrameReader.Found found : frameReader.read(buffer, count)) {
          switch (found) {
            case FrameReader.Found.Frame(AgentFrame frame, long _) -> frames.add(frame);
            case FrameReader.Found.Text(String line) -> log.add("out: " + line);
            case FrameReader.Found.TooLong _ -> log.add("a line was too long");
          }
        }
      }
    } catch (IOException e) {
      log.add("the output broke off: " + e.getMessage());
    }
  }

  private void readLog() {
    try (BufferedReader err = process.errorReader(StandardCharsets.UTF_8)) {
      err.lines().forEach(log::add);
    } catch (IOException | UncheckedIOException e) {
      log.add("the log broke off: " + e.getMessage());
    }
  }
}
