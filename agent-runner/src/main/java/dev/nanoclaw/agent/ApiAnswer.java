package dev.nanoclaw.agent;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.nanoclaw.protocol.Json;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/// One HTTP/1.1 answer to the CLI. Its body goes in chunks, so that one that breaks off does not
/// look complete.
final class ApiAnswer {

  private final OutputStream out;
  private final List<String> headers = new ArrayList<>();
  private boolean begun;

  ApiAnswer(OutputStream out) {
    this.out = new BufferedOutputStream(out, 16 * 1024);
  }

  ApiAnswer header(String name, String value) {
    headers.add(name + ": " + value);
    return this;
  }

  /// Whether something was sent: then no other answer can be given any more.
  boolean begun() {
    return begun;
  }

  /// Sends the body piece by piece as it comes.
  void send(int status, InputStream body) throws IOException {
    begin(status);
    byte[] buffer = new byte[16 * 1024];
    for (int count = body.read(buffer); count >= 0; count = body.read(buffer)) {
      chunk(buffer, count);
      out.flush();
    }
    end();
  }

  void send(int status, byte[] body) throws IOException {
    begin(status);
    chunk(body, body.length);
    end();
  }

  /// An error of the shape that Anthropic's have.
  void fail(int status, String type, String message) throws IOException {
    ObjectNode error = Json.mapper().createObjectNode().put("type", "error");
    error.putObject("error").put("type", type).put("message", message);
    header("content-type", "application/json");
    send(status, Json.line(error).getBytes(UTF_8));
  }

  private void begin(int status) throws IOException {
    begun = true;
    headers.add(0, "HTTP/1.1 " + status + " -");
    header("transfer-encoding", "chunked");
    header("connection", "close");
    out.write((String.join("\r\n", headers) + "\r\n\r\n").getBytes(ISO_8859_1));
    out.flush();
  }

  private void chunk(byte[] bytes, int count) throws IOException {
    if (count > 0) {
      out.write((Integer.toHexString(count) + "\r\n").getBytes(ISO_8859_1));
      out.write(bytes, 0, count);
      out.write("\r\n".getBytes(ISO_8859_1));
    }
  }

  private void end() throws IOException {
    out.write("0\r\n\r\n".getBytes(ISO_8859_1));
    out.flush();
  }
}
