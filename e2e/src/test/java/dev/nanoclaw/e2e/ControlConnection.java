package dev.nanoclaw.e2e;

import dev.nanoclaw.protocol.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// A client of the daemon's control socket that does one thing after the other.
final class ControlConnection implements AutoCloseable {

  private final SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
  private final BufferedReader in;
  private final Writer out;

  /// Connects to the daemon of that home.
  ControlConnection(Path home) throws IOException {
    Path socket = Path.of(Files.readAllLines(home.resolve("nanoclaw.lock")).get(1));
    channel.connect(UnixDomainSocketAddress.of(socket));
    in = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
    out = Channels.newWriter(channel, StandardCharsets.UTF_8);
  }

  /// Sends a request and returns its result.
  JsonNode call(String method, Map<String, ?> params) throws IOException {
    return ask(method, params).path("result");
  }

  /// Sends a request and returns the answer, perhaps an error; what the daemon tells before is
  /// skipped.
  JsonNode ask(String method, Map<String, ?> params) throws IOException {
    var request = Map.of("jsonrpc", "2.0", "id", 1, "method", method, "params", params);
    out.write(Json.line(request) + "\n");
    out.flush();
    while (true) {
      JsonNode line = next();
      if (line.has("id")) {
        return line;
      }
    }
  }

  /// The text of the next message of the assistant.
  String answer() throws IOException {
    while (true) {
      JsonNode line = next();
      if (line.path("method").asString("").equals("chat.message")
          && line.path("params").path("assistant").asBoolean()) {
        return line.path("params").path("text").asString();
      }
    }
  }

  private JsonNode next() throws IOException {
    String line = in.readLine();
    if (line == null) {
      throw new IOException("the daemon closed the connection");
    }
    return Json.tree(line);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
