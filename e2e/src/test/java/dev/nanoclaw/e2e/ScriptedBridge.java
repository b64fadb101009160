package dev.nanoclaw.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.protocol.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/// A bridge to no WhatsApp at all, for groups by the dozen: connected at once, sends everything,
/// and says what it is told to.
final class ScriptedBridge implements AutoCloseable {

  private static final String OWNER = "4915100000001@s.whatsapp.net";
  private static final String ALICE = "4915100000101@s.whatsapp.net";

  private final Path program;
  private final ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  private final List<Sent> sent = new CopyOnWriteArrayList<>();
  private final CountDownLatch connected = new CountDownLatch(1);
  private volatile Socket host = new Socket();

  private record Sent(String chat, String text) {}

  /// @param dir for the program
  ScriptedBridge(Path dir) throws IOException {
    program = dir.resolve("scripted-bridge");
    Files.copy(Machine.checkout().resolve("e2e/src/test/resources/scripted-bridge"), program);
    assertThat(program.toFile().setExecutable(true)).isTrue();
    Files.writeString(dir.resolve("port"), Integer.toString(server.getLocalPort()));
    Thread.ofPlatform().daemon().start(this::serve);
  }

  /// What the host is to start.
  Path program() {
    return program;
  }

  /// Alice says that in a group, once the host is connected.
  void say(String group, String text) throws Exception {
    assertThat(connected.await(60, TimeUnit.SECONDS)).isTrue();
    var message =
        Map.of(
            "id",
            Long.toHexString(System.nanoTime()),
            "chat",
            group,
            "sender",
            ALICE,
            "sender_name",
            "Alice",
            "text",
            text,
            "timestamp",
            Instant.now().toEpochMilli(),
            "from_me",
            false,
            "is_group",
            true,
            "mentions",
            List.of(),
            "mentions_me",
            false);
    tell(Map.of("jsonrpc", "2.0", "id", text, "method", "message", "params", message));
  }

  /// The chats to which an answer was sent, no notice of the host.
  Set<String> answered() {
    return sent.stream()
        .filter(it -> it.text().contains("You said"))
        .map(Sent::chat)
        .collect(Collectors.toSet());
  }

  /// What was sent to that chat.
  List<String> said(String chat) {
    return sent.stream().filter(it -> it.chat().equals(chat)).map(Sent::text).toList();
  }

  private void serve() {
    try (Socket accepted = server.accept()) {
      host = accepted;
      notify(
          "hello", Map.of("protocol", 1, "bridge", "0", "whatsmeow", "0", "state", "disconnected"));
      var lines =
          new BufferedReader(
              new InputStreamReader(accepted.getInputStream(), StandardCharsets.UTF_8));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        heard(Json.tree(line));
      }
    } catch (IOException e) {
      if (!server.isClosed()) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void heard(JsonNode line) throws IOException {
    String method = line.path("method").asString("");
    if (method.isEmpty()) {
      return; // it took a message
    }
    Map<String, ?> result =
        switch (method) {
          case "send" -> Map.of("timestamp", Instant.now().toEpochMilli());
          case "groups" -> Map.of("groups", List.of());
          default -> Map.of();
        };
    tell(Map.of("jsonrpc", "2.0", "id", line.path("id"), "result", result));
    if (method.equals("send")) {
      JsonNode message = line.path("params");
      sent.add(new Sent(message.path("chat").asString(), message.path("text").asString("")));
    }
    if (method.equals("connect")) {
      notify("connected", Map.of("jid", OWNER, "lid", "910000001@lid", "name", "Owner"));
      connected.countDown();
    }
  }

  private void notify(String method, Map<String, ?> params) throws IOException {
    tell(Map.of("jsonrpc", "2.0", "method", method, "params", params));
  }

  private synchronized void tell(Map<String, ?> line) throws IOException {
    host.getOutputStream().write((Json.line(line) + "\n").getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() throws IOException {
    server.close();
    host.close();
  }
}
