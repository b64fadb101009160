package dev.nanoclaw.e2e;

import dev.nanoclaw.protocol.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;

/// WhatsApp's servers and some people with phones, played by the bridge's own test server, which
/// speaks the real protocol.
final class WhatsAppServer implements AutoCloseable {

  private static final Path SOURCES = Machine.checkout().resolve("whatsapp-bridge");
  private static final long PATIENCE_SECONDS = 60;

  private final Process process;
  private final BlockingQueue<JsonNode> answers = new LinkedBlockingQueue<>();
  private final List<JsonNode> events = new CopyOnWriteArrayList<>();
  private final JsonNode hello;

  WhatsAppServer() throws Exception {
    Path program = Path.of("target", "whatsapp-server").toAbsolutePath();
    List<String> build =
        List.of("go", "build", "-o", program.toString(), "./internal/testserver/standalone");
    Machine.run(SOURCES, Map.of(), build).orFail();
    process =
        new ProcessBuilder(program.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    Thread.ofPlatform().daemon().start(this::read);
    hello = next();
  }

  /// What the bridge needs in its environment.
  void tell(Installation nanoclaw) {
    nanoclaw.environment("WHATSAPP_BRIDGE_URL", hello.path("url").asString());
    nanoclaw.environment("WHATSAPP_BRIDGE_ROOT_KEY", hello.path("root_key").asString());
  }

  /// The owner scans the code.
  void pair(String code) throws Exception {
    var _ = call(Map.of("command", "pair", "code", code));
  }

  void person(String name) throws Exception {
    var _ = call(Map.of("command", "person", "name", name));
  }

  /// @return its address
  String group(String name, String... members) throws Exception {
    return call(Map.of("command", "group", "name", name, "members", List.of(members)))
        .path("jid")
        .asString();
  }

  /// @param chat a group's address, or `bridge` for the paired account
  /// @return the message's id
  String send(String from, String chat, String text, boolean mention) throws Exception {
    return call(Map.of(
            "command", "send", "from", from, "chat", chat, "text", text, "mention", mention))
        .path("id")
        .asString();
  }

  /// Cuts the bridge's connection.
  void drop() throws Exception {
    var _ = call(Map.of("command", "drop"));
  }

  /// WhatsApp ends the bridge's connection for a reason.
  void streamError(String code, String conflict) throws Exception {
    var _ = call(Map.of("command", "stream_error", "code", code, "conflict", conflict));
  }

  /// What has reached people so far.
  List<JsonNode> events() {
    return new ArrayList<>(events);
  }

  /// The texts that somebody received.
  List<String> received(String name) {
    return events().stream()
        .filter(it -> it.path("event").asString().equals("message"))
        .filter(it -> it.path("to").asString().equals(name))
        .map(it -> it.path("text").asString())
        .toList();
  }

  /// Waits for something that reaches somebody.
  JsonNode await(String what, Predicate<JsonNode> event) {
    Installation.await(what, () -> events.stream().anyMatch(event));
    return events.stream().filter(event).findFirst().orElseThrow();
  }

  private JsonNode call(Map<String, ?> command) throws Exception {
    OutputStream in = process.getOutputStream();
    in.write((Json.line(command) + "\n").getBytes(StandardCharsets.UTF_8));
    in.flush();
    JsonNode answer = next();
    if (!answer.path("ok").asBoolean()) {
      throw new AssertionError(command + ": " + answer);
    }
    return answer;
  }

  private JsonNode next() throws InterruptedException {
    JsonNode answer = answers.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (answer == null) {
      throw new AssertionError("the test server does not answer");
    }
    return answer;
  }

  private void read() {
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        JsonNode message = Json.tree(line);
        if (message.has("event")) {
          events.add(message);
        } else {
          answers.add(message);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    process.destroy();
  }
}
