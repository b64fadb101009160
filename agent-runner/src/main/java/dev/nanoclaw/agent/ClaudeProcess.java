package dev.nanoclaw.agent;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.nanoclaw.protocol.Json;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The running CLI: its streams, what can be said to it, and its end together with everything that
/// it started.
final class ClaudeProcess {

  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration ANSWER = Duration.ofSeconds(10);
  private static final Duration LAST_LINES = Duration.ofSeconds(2);

  private final Process process;
  private final ControlChannel channel;
  private final Thread reader;
  private final StderrTail stderr = new StderrTail();

  private ClaudeProcess(
      Process process,
      Map<String, ControlChannel.Answerer> answerers,
      Consumer<JsonNode> messages) {
    this.process = process;
    channel =
        new ControlChannel(
            new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), UTF_8)),
            answerers,
            messages);
    reader = Threads.start("claude-stdout", () -> channel.read(process.inputReader(UTF_8)));
    Threads.start("claude-stderr", () -> stderr.follow(process.errorReader(UTF_8)));
  }

  /// @param messages gets the CLI's lines but control traffic, on the one thread that reads them
  static ClaudeProcess start(
      List<String> arguments,
      Map<String, String> environment,
      Path directory,
      Map<String, ControlChannel.Answerer> answerers,
      Consumer<JsonNode> messages)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(arguments).directory(directory.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    return new ClaudeProcess(builder.start(), answerers, messages);
  }

  /// Sets the hooks and the tools up; nothing may be said before.
  void initialize() throws IOException, InterruptedException {
    ObjectNode request = Json.object().put("subtype", "initialize");
    request.set("hooks", Hooks.all());
    request.putArray("sdkMcpServers").add(Tools.SERVER);
    JsonNode answer = channel.request(request, START);
    if (!answer.path("hooks_applied").asBoolean(true)) {
      throw new IOException("the CLI did not take the hook before Bash");
    }
  }

  /// Hands a user's message over; the CLI names its uuid in the result that answers it.
  void say(String uuid, String text) throws IOException {
    ObjectNode line = Json.object();
    line.put("type", "user").put("uuid", uuid).put("session_id", "").putNull("parent_tool_use_id");
    ObjectNode message = line.putObject("message").put("role", "user");
    message.putArray("content").addObject().put("type", "text").put("text", text);
    channel.send(line);
  }

  /// Breaks the turn that runs off; its result comes as that of any other.
  void interrupt() throws IOException, InterruptedException {
    channel.request(Json.object().put("subtype", "interrupt"), ANSWER);
  }

  /// For how long nothing came from the CLI.
  Duration silence() {
    return channel.silence();
  }

  /// Asks the CLI for something cheap. Whatever comes, also another line, is a sign of life.
  void provoke(Duration deadline) throws InterruptedException {
    try {
      ObjectNode request = Json.object().put("subtype", "get_session_cost");
      channel.request(request, deadline);
    } catch (IOException e) {
      Log.line("the CLI was silent and asked whether it lives: " + e.getMessage());
    }
  }

  /// Waits for the CLI's end and the last of its lines.
  int awaitExit() throws InterruptedException {
    int code = process.waitFor();
    reader.join(LAST_LINES);
    return code;
  }

  /// Asks the CLI to end by closing its input, and ends it and its children after the grace.
  void finish(Duration grace) throws InterruptedException {
    try {
      channel.close();
    } catch (IOException e) {
      Log.line("the CLI's input was gone: " + e.getMessage());
    }
    if (!process.waitFor(grace.toMillis(), TimeUnit.MILLISECONDS)) {
      Log.line("the CLI did not end within " + grace.toSeconds() + " s");
      kill();
    }
    awaitExit();
  }

  /// Ends the CLI and all that it started. Its children are looked up first: they have sessions of
  /// their own and are nobody's once it is gone.
  void kill() throws InterruptedException {
    List<ProcessHandle> tree = new ArrayList<>(process.descendants().toList());
    process.destroy();
    process.waitFor(2, TimeUnit.SECONDS);
    tree.add(process.toHandle());
    tree.forEach(ProcessHandle::destroyForcibly);
  }

  String lastErrors() {
    return stderr.tail();
  }
}
