package dev.nanoclaw.e2e;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.nanoclaw.protocol.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Anthropic's Messages API on the loopback interface, whose model does what the newest prompt
/// tells it in a [Script] and echoes a prompt without one.
public final class ApiStandIn implements AutoCloseable {

  /// A request as it came.
  ///
  /// @param headers the first value of each, by its name in lower case
  public record Recorded(String method, String path, Map<String, String> headers, JsonNode body) {

    /// All text of the conversation, one entry for each message.
    public List<String> texts() {
      List<String> texts = new ArrayList<>();
      body.path("messages").forEach(it -> texts.add(Script.allText(it)));
      return texts;
    }
  }

  private final HttpServer server;
  private final List<Recorded> requests = new CopyOnWriteArrayList<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private volatile Runnable onRequest = () -> {};
  private volatile Function<JsonNode, Optional<String>> instead = _ -> Optional.empty();

  public ApiStandIn() throws IOException {
    System.setProperty("sun.net.httpserver.nodelay", "true");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /// What to configure as the API's base URL.
  public String baseUrl() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /// Every request so far, in the order of arrival.
  public List<Recorded> requests() {
    return List.copyOf(requests);
  }

  /// Those that are the agent's conversation: with tools, unlike requests for titles and the like.
  public List<Recorded> conversation() {
    return requests().stream()
        .filter(it -> it.path().equals("/v1/messages") && !it.body().path("tools").isEmpty())
        .toList();
  }

  /// Called at each request when it has been recorded.
  public void onRequest(Runnable listener) {
    onRequest = listener;
  }

  /// Lets a test answer: with a [Script]'s step for a request's body, or nothing for what the
  /// prompt says.
  public void instead(Function<JsonNode, Optional<String>> answer) {
    instead = answer;
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  private void handle(HttpExchange exchange) throws IOException {
    JsonNode body = body(exchange);
    Map<String, String> headers = new TreeMap<>();
    exchange
        .getRequestHeaders()
        .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.getFirst()));
    String path = exchange.getRequestURI().getPath();
    requests.add(new Recorded(exchange.getRequestMethod(), path, Map.copyOf(headers), body));
    onRequest.run();
    switch (path) {
      case "/v1/messages" -> message(exchange, body);
      case "/v1/messages/count_tokens" ->
          json(exchange, 200, Json.object().put("input_tokens", 100));
      default -> error(exchange, 404, "not_found_error", "no such endpoint: " + path);
    }
  }

  private void message(HttpExchange exchange, JsonNode body) throws IOException {
    Script.Reply reply =
        instead.apply(body).map(it -> Script.step(it, body)).orElseGet(() -> Script.reply(body));
    try {
      if (reply.delayMs() > 0 && closed.await(reply.delayMs(), TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return;
    }
    reply.headers().forEach(exchange.getResponseHeaders()::set);
    exchange.getResponseHeaders().set("request-id", "req_" + requests.size());
    switch (reply.content()) {
      case Script.Content.Failure(int status, String type, String text) ->
          error(exchange, status, type, text);
      case Script.Content.Blocks(List<ObjectNode> blocks, String stopReason) -> {
        Messages message =
            new Messages(
                "msg_" + requests.size(), body.path("model").asString(""), blocks, stopReason);
        if (body.path("stream").asBoolean(false)) {
          stream(exchange, message, reply.ending());
        } else {
          json(exchange, 200, message.whole());
        }
      }
    }
  }

  private void stream(HttpExchange exchange, Messages message, Script.Ending ending)
      throws IOException {
    exchange.getResponseHeaders().set("content-type", "text/event-stream; charset=utf-8");
    exchange.sendResponseHeaders(200, 0);
    try {
      OutputStream out = exchange.getResponseBody();
      List<JsonNode> events = message.events();
      boolean whole = ending == Script.Ending.WHOLE;
      for (JsonNode event : events.subList(0, whole ? events.size() : 3)) {
        String text =
            "event: " + event.path("type").asString("") + "\ndata: " + Json.line(event) + "\n\n";
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
      }
      switch (ending) {
        case WHOLE -> out.close();
        case SILENCE -> closed.await();
        case CUT -> throw new IOException("cut, as asked");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private static void error(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    ObjectNode error = Json.object().put("type", "error");
    error.putObject("error").put("type", type).put("message", text);
    json(exchange, status, error);
  }

  private static void json(HttpExchange exchange, int status, JsonNode body) throws IOException {
    byte[] bytes = Json.line(body).getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("content-type", "application/json");
    exchange.sendResponseHeaders(status, bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  private static JsonNode body(HttpExchange exchange) throws IOException {
    byte[] bytes = exchange.getRequestBody().readAllBytes();
    try {
      return bytes.length == 0
          ? Json.object()
          : Json.tree(new String(bytes, StandardCharsets.UTF_8));
    } catch (JacksonException _) {
      return Json.object();
    }
  }
}
