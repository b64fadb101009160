package dev.nanoclaw.agent;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.nanoclaw.protocol.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Lets the CLI use the owner's credential without having it: takes its API calls on the loopback
/// interface, puts the credential in place of a placeholder and passes them on to one origin.
///
/// Only the message endpoints, no redirects, bodies streamed both ways. A caller without the
/// placeholder is refused, so that where containers share a network none uses another's proxy.
final class CredentialProxy implements AutoCloseable {

  private static final Set<String> PATHS = Set.of("/v1/messages", "/v1/messages/count_tokens");

  /// Not passed on: what belongs to one connection, and whatever could be a credential.
  private static final Set<String> DROPPED =
      Set.of(
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
      Set.of(
          "content-type",
          "content-encoding",
          "retry-after",
          "retry-after-ms",
          "x-should-retry",
          "request-id");

  private final URI origin;
  private final Credential credential;
  private final Credential placeholder;
  private final HttpServer server;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("proxy-", 0).factory());

  /// Made aside, for it takes long and the CLI takes longer.
  private final Future<HttpClient> client;

  private volatile boolean unreachable;

  /// Listens from now on.
  ///
  /// @param origin scheme, host and port; a path is ignored
  CredentialProxy(URI origin, Credential credential) throws IOException {
    this.origin = origin;
    this.credential = credential;
    this.placeholder = credential.with("sk-ant-placeholder-" + UUID.randomUUID());
    client = threads.submit(this::newClient);
    System.setProperty("sun.net.httpserver.nodelay", "true");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  private HttpClient newClient() {
    return HttpClient.newBuilder()
        // With HTTP/2 the client would ask an origin without TLS for an upgrade.
        .version(HttpClient.Version.HTTP_1_1)
        .followRedirects(HttpClient.Redirect.NEVER)
        .connectTimeout(Duration.ofSeconds(5))
        .executor(threads)
        .build();
  }

  /// What the CLI gets as `ANTHROPIC_BASE_URL`.
  String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /// What the CLI gets instead of the credential.
  Credential placeholder() {
    return placeholder;
  }

  /// Whether the last call did not reach the API.
  boolean unreachable() {
    return unreachable;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void handle(HttpExchange exchange) throws IOException {
    URI uri = exchange.getRequestURI();
    boolean served = uri.getRawAuthority() == null && PATHS.contains(uri.getRawPath());
    if (!served || !exchange.getRequestMethod().equals("POST")) {
      refuse(exchange, 404, "not_found_error", "This proxy serves the message endpoints only.");
    } else if (!placeholder.value().equals(sent(exchange, placeholder.header()))) {
      refuse(exchange, 401, "authentication_error", "This proxy serves its own CLI only.");
    } else {
      try {
        forward(exchange);
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void forward(HttpExchange exchange) throws IOException, InterruptedException {
    HttpResponse<InputStream> response;
    try {
      response = client.get().send(upstream(exchange), BodyHandlers.ofInputStream());
    } catch (IOException e) {
      noAnswer(exchange, "Cannot reach " + origin.getHost() + ": " + reason(e));
      return;
    } catch (ExecutionException e) {
      throw new IllegalStateException("no HTTP client", e.getCause());
    }
    try (InputStream body = response.body()) {
      if (response.statusCode() / 100 == 3) {
        noAnswer(exchange, origin.getHost() + " redirects, which is not followed.");
      } else {
        unreachable = false;
        answer(exchange, response, body);
      }
    }
  }

  private HttpRequest upstream(HttpExchange exchange) {
    URI uri = exchange.getRequestURI();
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    var request = HttpRequest.newBuilder(origin.resolve(uri.getRawPath() + query));
    exchange
        .getRequestHeaders()
        .forEach((name, values) -> {
          String lower = name.toLowerCase(Locale.ROOT);
          if (!DROPPED.contains(lower) && !lower.startsWith("proxy-")) {
            values.forEach(value -> request.header(name, value));
          }
        });
    return request.setHeader(credential.header(), credential.value()).POST(body(exchange)).build();
  }

  private static BodyPublisher body(HttpExchange exchange) {
    BodyPublisher stream = BodyPublishers.ofInputStream(exchange::getRequestBody);
    long length = Long.parseLong(sent(exchange, "content-length", "0"));
    return length > 0 ? BodyPublishers.fromPublisher(stream, length) : stream;
  }

  /// When the API breaks off in the middle this throws, upon which the server cuts the connection:
  /// closing the exchange would look like a proper end.
  private static void answer(
      HttpExchange exchange, HttpResponse<InputStream> response, InputStream body)
      throws IOException {
    response
        .headers()
        .map()
        .forEach((name, values) -> {
          String lower = name.toLowerCase(Locale.ROOT);
          if (PASSED_BACK.contains(lower) || lower.startsWith("anthropic-")) {
            values.forEach(value -> exchange.getResponseHeaders().add(name, value));
          }
        });
    if (response.statusCode() == 401) {
      // The credential does not change during a run, and the CLI would try for long.
      exchange.getResponseHeaders().set("x-should-retry", "false");
    }
    long length = response.headers().firstValueAsLong("content-length").orElse(0);
    exchange.sendResponseHeaders(response.statusCode(), length);
    OutputStream out = exchange.getResponseBody();
    byte[] buffer = new byte[16 * 1024];
    for (int count = body.read(buffer); count >= 0; count = body.read(buffer)) {
      out.write(buffer, 0, count);
      out.flush();
    }
    exchange.close();
  }

  private void noAnswer(HttpExchange exchange, String message) throws IOException {
    unreachable = true;
    Log.line(message);
    refuse(exchange, 502, "api_error", message);
  }

  private static void refuse(HttpExchange exchange, int status, String type, String message)
      throws IOException {
    Object error = Map.of("type", "error", "error", Map.of("type", type, "message", message));
    byte[] body = Json.line(error).getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("content-type", "application/json");
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private static String reason(IOException e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }

  private static String sent(HttpExchange exchange, String header) {
    return sent(exchange, header, "");
  }

  private static String sent(HttpExchange exchange, String header, String otherwise) {
    String value = exchange.getRequestHeaders().getFirst(header);
    return value == null ? otherwise : value;
  }
}
