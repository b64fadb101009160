package dev.nanoclaw.agent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.nanoclaw.protocol.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Claude Code's protocol on its standard streams: lines of JSON, among them requests both ways.
/// Types that we do not know are ignored: the CLI changes weekly.
final class ControlChannel {

  /// Answers a request of the CLI; an exception becomes an error answer.
  interface Answerer extends UnaryOperator<JsonNode> {}

  private final Map<String, Answerer> answerers;
  private final Consumer<JsonNode> messages;
  private final Map<String, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();

  @GuardedBy("this") private final Writer out;

  private volatile boolean over;
  private volatile long lastLine = System.nanoTime();

  /// @param answerers by the subtype of the request
  /// @param messages gets every line that is not control traffic, on the reading thread
  ControlChannel(Writer out, Map<String, Answerer> answerers, Consumer<JsonNode> messages) {
    this.out = out;
    this.answerers = Map.copyOf(answerers);
    this.messages = messages;
  }

  /// Reads until the CLI closes its end, then lets all who wait for an answer fail.
  void read(BufferedReader in) {
    try {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        lastLine = System.nanoTime();
        take(line);
      }
    } catch (IOException e) {
      Log.line("the CLI's output broke off: " + e.getMessage());
    } finally {
      over = true;
      waiting.values().forEach(ControlChannel::fail);
    }
  }

  /// For how long nothing came from the CLI.
  Duration silence() {
    return Duration.ofNanos(System.nanoTime() - lastLine);
  }

  /// Asks the CLI and waits for its answer.
  ///
  /// @throws IOException when it answers with an error, not in time or not at all
  JsonNode request(ObjectNode request, Duration deadline) throws IOException, InterruptedException {
    String id = UUID.randomUUID().toString();
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    waiting.put(id, answer);
    try {
      if (over) {
        fail(answer);
      }
      ObjectNode line = Json.object();
      line.put("type", "control_request").put("request_id", id).set("request", request);
      send(line);
      return answer.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    } catch (TimeoutException _) {
      throw new IOException("no answer within " + deadline.toSeconds() + " s");
    } finally {
      waiting.remove(id);
    }
  }

  /// Writes one line. May block while the CLI does not read.
  synchronized void send(ObjectNode line) throws IOException {
    String text = Json.line(line) + "\n";
    out.write(text);
    out.flush();
  }

  /// Tells the CLI that nothing more comes.
  synchronized void close() throws IOException {
    out.close();
  }

  private void take(String text) {
    JsonNode line;
    try {
      line = Json.tree(text);
    } catch (JacksonException _) {
      Log.line("the CLI wrote: " + text);
      return;
    }
    switch (line.path("type").asString("")) {
      case "control_request" -> Threads.start("control", () -> answer(line));
      case "control_response" -> answered(line.path("response"));
      default -> messages.accept(line);
    }
  }

  private void answered(JsonNode response) {
    CompletableFuture<JsonNode> answer = waiting.get(response.path("request_id").asString(""));
    if (answer == null) {
      return;
    }
    if (response.path("subtype").asString("").equals("success")) {
      answer.complete(response.path("response"));
    } else {
      answer.completeExceptionally(new IOException(response.path("error").asString("refused")));
    }
  }

  private void answer(JsonNode line) {
    ObjectNode answer = Json.object().put("type", "control_response");
    ObjectNode response = answer.putObject("response");
    response.set("request_id", line.path("request_id"));
    try {
      JsonNode request = line.path("request");
      String subtype = request.path("subtype").asString("");
      Answerer answerer = answerers.get(subtype);
      if (answerer == null) {
        response.put("subtype", "error").put("error", "Unsupported request: " + subtype);
      } else {
        response.set("response", answerer.apply(request));
        response.put("subtype", "success");
      }
    } catch (RuntimeException e) {
      response.put("subtype", "error").put("error", e.toString());
    }
    try {
      send(answer);
    } catch (IOException e) {
      Log.line("an answer did not reach the CLI: " + e.getMessage());
    }
  }

  private static void fail(CompletableFuture<JsonNode> answer) {
    answer.completeExceptionally(new IOException("the CLI has ended"));
  }
}
