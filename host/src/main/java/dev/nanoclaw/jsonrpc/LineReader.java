package dev.nanoclaw.jsonrpc;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// Reads lines of UTF-8 with a limit on their length.
public final class LineReader {

  private final InputStream in;
  private final int maxBytes;

  public LineReader(InputStream in, int maxBytes) {
    this.in = new BufferedInputStream(in);
    this.maxBytes = maxBytes;
  }

  /// A line beyond the limit.
  public static final class LineTooLongException extends IOException {
    private static final long serialVersionUID = 1L;

    LineTooLongException(int limit) {
      super("the line is longer than %,d bytes".formatted(limit));
    }
  }

  /// The next line without its end; empty at the end of the input. Invalid UTF-8 becomes U+FFFD.
  ///
  /// @throws LineTooLongException at a line beyond the limit, which can be skipped by reading on
  public Optional<String> next() throws IOException {
    var line = new ByteArrayOutputStream();
    boolean tooLong = false;
    for (int next = in.read(); ; next = in.read()) {
      if (next < 0 && line.size() == 0 && !tooLong) {
        return Optional.empty();
      }
      if (next < 0 || next == '\n') {
        if (tooLong) {
          throw new LineTooLongException(maxBytes);
        }
        return Optional.of(line.toString(StandardCharsets.UTF_8));
      }
      if (line.size() < maxBytes) {
        line.write(next);
      } else {
        tooLong = true;
      }
    }
  }
}
