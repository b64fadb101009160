package dev.nanoclaw.agent;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// The head of one HTTP/1.1 request of the CLI; its body is what follows on the connection.
///
/// @param target path and query as they were sent
/// @param headers names in lower case, in order
/// @param length of the body
record ApiCall(String method, String target, List<Header> headers, long length) {

  private static final int MAX_HEAD = 64 * 1024;

  record Header(String name, String value) {}

  /// @throws IOException when it is not a request that we understand: a body without a length is
  ///   none, the CLI always says it
  static ApiCall read(InputStream in) throws IOException {
    String[] lines = head(in).split("\r\n", -1);
    String[] first = lines[0].split(" ", -1);
    if (first.length != 3 || !first[2].startsWith("HTTP/1.")) {
      throw new IOException("not an HTTP request");
    }
    List<Header> headers = new ArrayList<>();
    long length = 0;
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      if (colon < 1) {
        throw new IOException("not a header");
      }
      Header header =
          new Header(
              lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
              lines[i].substring(colon + 1).strip());
      switch (header.name()) {
        case "transfer-encoding" -> throw new IOException("a body without its length");
        case "content-length" -> length = parse(header.value());
        default -> headers.add(header);
      }
    }
    return new ApiCall(first[0], first[1], headers, length);
  }

  String path() {
    int query = target.indexOf('?');
    return query < 0 ? target : target.substring(0, query);
  }

  /// The first value of a header, or nothing.
  String header(String name) {
    return headers.stream()
        .filter(it -> it.name().equals(name))
        .map(Header::value)
        .findFirst()
        .orElse("");
  }

  private static long parse(String length) throws IOException {
    if (!length.matches("\\d{1,18}")) {
      throw new IOException("not a length");
    }
    return Long.parseLong(length);
  }

  /// All before the empty line; nothing behind it is touched.
  private static String head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream(2048);
    int ends = 0;
    while (ends < 4) {
      int next = in.read();
      if (next < 0 || head.size() > MAX_HEAD) {
        throw new IOException(next < 0 ? "an incomplete request" : "too long a head");
      }
      head.write(next);
      ends = next == (ends % 2 == 0 ? '\r' : '\n') ? ends + 1 : next == '\r' ? 1 : 0;
    }
    return head.toString(ISO_8859_1).substring(0, head.size() - 4);
  }
}
