package dev.nanoclaw.agent;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.nanoclaw.protocol.Json;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import tools.jackson.databind.node.ObjectNode;

/// Lets the CLI use the owner's credential without having it: takes its API calls on the loopback
/// interface, puts the credential in place of a placeholder and passes them on to one origin.
///
/// Only the message endpoints, no redirects, bodies streamed both ways. A caller without the
/// placeholder is refused, so that where containers share a network none uses another's proxy. The
/// API is called with the JDK's old client: it costs a third of the new one's memory and start.
final class CredentialProxy implements AutoCloseable {

  private static final Set<String> PATHS = Set.of("/v1/messages", "/v1/messages/count_tokens");

  /// Not passed on: what belongs to one connection, and whatever could be a credential. Answers
  /// come uncompressed, so that an error's text can be searched for the credential.
  private static final Set<String> DROPPED =
      Set.of(
          "accept-encoding",
          "authorization",
          "x-api-key",
          "cookie",
          "connection",
          "content-length",
          "expect",
          "forwarded",
          "host",
          "http2-settings",
          "keep-alive",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  private static final Set<String> PASSED_BACK =
      Set.of("content-type", "retry-after", "retry-after-ms", "x-should-retry", "request-id");

  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final int MAX_ERROR = 64 * 1024;

  private final URI origin;
  private final Credential credential;
  private final Credential placeholder;
  private final Duration silence;
  private final HttpServer server;

  /// The API broke its last answer off by silence; the CLI's repetition ends at once.
  private volatile boolean stalled;

  private volatile boolean unreachable;

  /// Listens from now on.
  ///
  /// @param origin scheme, host and port; a path is ignored
  /// @param silence after which the API counts as gone: while it thinks it sends pings
  CredentialProxy(URI origin, Credential credential, Duration silence) throws IOException {
    this.origin = origin;
    this.credential = credential;
    this.silence = silence;
    this.placeholder = credential.with("sk-ant-placeholder-" + UUID.randomUUID());
    System.setProperty("sun.net.httpserver.nodelay", "true");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(call -> Threads.start("proxy", call));
    server.createContext("/", this::handle);
    server.start();
  }

  /// What the CLI gets as `ANTHROPIC_BASE_URL`.
  String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /// What the CLI gets instead of the credential.
  Credential placeholder() {
    return placeholder;
  }

  /// Whether the API did not answer the last call, or fell silent in the middle.
  boolean unreachable() {
    return unreachable;
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private void handle(HttpExchange exchange) throws IOException {
    URI uri = exchange.getRequestURI();
    boolean served = uri.getRawAuthority() == null && PATHS.contains(uri.getRawPath());
    if (!served || !exchange.getRequestMethod().equals("POST")) {
      fail(exchange, 404, "not_found_error", "This proxy serves the message endpoints only.");
    } else if (!placeholder.value().equals(sent(exchange, placeholder.header()).orElse(""))) {
      fail(exchange, 401, "authentication_error", "This proxy serves its own CLI only.");
    } else if (stalled) {
      stalled = false;
      noAnswer(exchange, origin.getHost() + " fell silent.", false);
    } else {
      forward(exchange);
    }
  }

  /// When the API breaks off in the middle this throws, upon which the server cuts the connection:
  /// closing the exchange would look like a proper end.
  private void forward(HttpExchange exchange) throws IOException {
    try {
      HttpURLConnection api = upstream(exchange);
      try (OutputStream out = api.getOutputStream()) {
        exchange.getRequestBody().transferTo(out);
      }
      answer(exchange, api);
    } catch (SocketTimeoutException e) {
      stalled = begun(exchange);
      if (stalled) {
        unreachable = true;
        throw e;
      }
      noAnswer(exchange, origin.getHost() + " does not answer: " + e.getMessage(), false);
    } catch (IOException e) {
      if (begun(exchange)) {
        throw e;
      }
      noAnswer(exchange, "Cannot reach " + origin.getHost() + ": " + reason(e), true);
    }
  }

  private HttpURLConnection upstream(HttpExchange exchange) throws IOException {
    URI uri = exchange.getRequestURI();
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    URI target = origin.resolve(uri.getRawPath() + query);
    var api = (HttpURLConnection) target.toURL().openConnection();
    api.setRequestMethod("POST");
    api.setDoOutput(true);
    api.setInstanceFollowRedirects(false);
    api.setConnectTimeout((int) CONNECT.toMillis());
    api.setReadTimeout((int) silence.toMillis());
    Optional<String> length = sent(exchange, "content-length");
    if (length.isPresent()) {
      api.setFixedLengthStreamingMode(Long.parseLong(length.get()));
    } else {
      api.setChunkedStreamingMode(0);
    }
    exchange
        .getRequestHeaders()
        .forEach((name, values) -> {
          String lower = name.toLowerCase(Locale.ROOT);
          if (!DROPPED.contains(lower) && !lower.startsWith("proxy-")) {
            values.forEach(value -> api.addRequestProperty(name, value));
          }
        });
    api.setRequestProperty(credential.header(), credential.value());
    return api;
  }

  private void answer(HttpExchange exchange, HttpURLConnection api) throws IOException {
    int status = api.getResponseCode();
    if (status / 100 == 3) {
      noAnswer(exchange, origin.getHost() + " redirects, which is not followed.", false);
      return;
    }
    api.getHeaderFields()
        .forEach((name, values) -> {
          String lower = name == null ? "" : name.toLowerCase(Locale.ROOT);
          if (PASSED_BACK.contains(lower) || lower.startsWith("anthropic-")) {
            values.forEach(value -> exchange.getResponseHeaders().add(name, value));
          }
        });
    if (status == 401) {
      // The credential does not change during a run, and the CLI would try for long.
      exchange.getResponseHeaders().set("x-should-retry", "false");
    }
    try (InputStream body = status < 400 ? api.getInputStream() : scrubbed(api)) {
      exchange.sendResponseHeaders(status, 0);
      OutputStream out = exchange.getResponseBody();
      byte[] buffer = new byte[16 * 1024];
      for (int count = body.read(buffer); count >= 0; count = body.read(buffer)) {
        out.write(buffer, 0, count);
        out.flush();
      }
    }
    unreachable = false;
    exchange.close();
  }

  /// The API's words go into the conversation, where the agent reads them: never with the
  /// credential. Those of a 401 the JDK keeps to itself.
  private InputStream scrubbed(HttpURLConnection api) throws IOException {
    try (InputStream body = api.getErrorStream()) {
      String text =
          body == null
              ? error("authentication_error", "The API refused the credential.")
              : new String(body.readNBytes(MAX_ERROR), UTF_8);
      return new ByteArrayInputStream(
          text.replace(credential.secret(), "[secret]").getBytes(UTF_8));
    }
  }

  /// @param again whether to ask again may help: after a silence it would only add to the time
  ///   until the chat hears of it
  private void noAnswer(HttpExchange exchange, String message, boolean again) throws IOException {
    unreachable = true;
    Log.line(message);
    if (!again) {
      exchange.getResponseHeaders().set("x-should-retry", "false");
    }
    fail(exchange, 502, "api_error", message);
  }

  private static void fail(HttpExchange exchange, int status, String type, String message)
      throws IOException {
    exchange.getRequestBody().transferTo(OutputStream.nullOutputStream());
    byte[] bytes = error(type, message).getBytes(UTF_8);
    exchange.getResponseHeaders().set("content-type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  /// As Anthropic says it.
  private static String error(String type, String message) {
    ObjectNode error = Json.object().put("type", "error");
    error.putObject("error").put("type", type).put("message", message);
    return Json.line(error);
  }

  private static boolean begun(HttpExchange exchange) {
    return exchange.getResponseCode() != -1;
  }

  private static Optional<String> sent(HttpExchange exchange, String header) {
    return Optional.ofNullable(exchange.getRequestHeaders().getFirst(header));
  }

  private static String reason(IOException e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }
}
