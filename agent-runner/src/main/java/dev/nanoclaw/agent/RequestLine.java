package dev.nanoclaw.agent;

import dev.nanoclaw.protocol.AgentRequest;
import dev.nanoclaw.protocol.Json;
import dev.nanoclaw.protocol.MalformedJsonException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/// The one line on standard input.
final class RequestLine {

  private static final int MAX_BYTES = 64 * 1024 * 1024;

  private RequestLine() {}

  /// Reads until the first line feed and not to the end of the stream.
  ///
  /// @throws InvalidRequestException when the line is incomplete, too long or not a request
  static AgentRequest read(InputStream in) {
    try {
      return Json.read(line(in), AgentRequest.class);
    } catch (IOException | MalformedJsonException e) {
      throw new InvalidRequestException("the request is not usable: " + e.getMessage());
    }
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(8192);
    byte[] buffer = new byte[8192];
    while (line.size() <= MAX_BYTES) {
      int count = in.read(buffer);
      if (count < 0) {
        throw new InvalidRequestException(
            "standard input ended after " + line.size() + " bytes without a complete line");
      }
      int end = lineFeed(buffer, count);
      line.write(buffer, 0, end);
      if (end < count) {
        return line.toString(StandardCharsets.UTF_8);
      }
    }
    throw new InvalidRequestException("the request is longer than " + MAX_BYTES + " bytes");
  }

  private static int lineFeed(byte[] buffer, int count) {
    int i = 0;
    while (i < count && buffer[i] != '\n') {
      i++;
    }
    return i;
  }
}
