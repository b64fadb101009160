package dev.nanoclaw.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
final class CredentialProxyTest {

  private interface Handler {
    void handle(HttpExchange exchange) throws Exception;
  }

  private record Seen(String line, Map<String, List<String>> headers, String body) {}

  private static final Credential KEY =
      Credential.from(Map.of("ANTHROPIC_API_KEY", "sk-real")).orElseThrow();

  private static final Duration SILENCE = Duration.ofMillis(500);

  private final HttpClient client = HttpClient.newHttpClient();
  private final BlockingQueue<Seen> seen = new LinkedBlockingQueue<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private HttpServer api;
  private CredentialProxy proxy;
  private volatile Handler handler = exchange -> answer(exchange, 200, "{\"ok\":true}");

  @BeforeEach
  void start() throws IOException {
    api = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    api.setExecutor(threads);
    api.createContext("/", this::serve);
    api.start();
    proxy = new CredentialProxy(origin(), KEY, SILENCE);
  }

  @AfterEach
  void stop() {
    proxy.close();
    api.stop(0);
    threads.shutdownNow();
    client.close();
  }

  @Test
  void theCredentialReplacesThePlaceholderAndAllElseArrives() throws Exception {
    HttpResponse<String> response =
        send(
            request("/v1/messages?beta=true")
                .header("anthropic-beta", "a,b")
                .header("authorization", "Bearer mine")
                .header("cookie", "c=1"));

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo("{\"ok\":true}");
    Seen request = seen.take();
    assertThat(request.line()).isEqualTo("POST /v1/messages?beta=true");
    assertThat(request.body()).isEqualTo("{\"model\":\"m\"}");
    assertThat(request.headers())
        .containsEntry("X-api-key", List.of("sk-real"))
        .containsEntry("Anthropic-beta", List.of("a,b"))
        .doesNotContainKeys("Authorization", "Cookie");
    assertThat(request.headers().toString()).doesNotContain("placeholder");
  }

  @Test
  void aTokenGoesAsBearer() throws Exception {
    Credential token = Credential.from(Map.of("CLAUDE_CODE_OAUTH_TOKEN", "oat")).orElseThrow();
    try (CredentialProxy bearer = new CredentialProxy(origin(), token, SILENCE)) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(bearer.address() + "/v1/messages/count_tokens"))
              .header("authorization", bearer.placeholder().value())
              .POST(BodyPublishers.ofString("{}"))
              .build();
      assertThat(client.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    }
    assertThat(seen.take().headers()).containsEntry("Authorization", List.of("Bearer oat"));
  }

  @Test
  void anAnswerArrivesPieceByPiece() throws Exception {
    CountDownLatch firstRead = new CountDownLatch(1);
    handler =
        exchange -> {
          exchange.getResponseHeaders().set("content-type", "text/event-stream");
          exchange.sendResponseHeaders(200, 0);
          try (OutputStream out = exchange.getResponseBody()) {
            out.write("data: 1\n\n".getBytes(StandardCharsets.UTF_8));
            out.flush();
            firstRead.await();
            out.write("data: 2\n\n".getBytes(StandardCharsets.UTF_8));
          }
        };
    HttpResponse<InputStream> response =
        client.send(request("/v1/messages").build(), BodyHandlers.ofInputStream());
    try (InputStream body = response.body()) {
      assertThat(new String(body.readNBytes(9), StandardCharsets.UTF_8)).isEqualTo("data: 1\n\n");
      firstRead.countDown();
      assertThat(new String(body.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("data: 2\n\n");
    }
    assertThat(response.headers().firstValue("content-type")).contains("text/event-stream");
  }

  @Test
  void anAnswerThatBreaksOffDoesNotLookComplete() throws Exception {
    handler =
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write("half".getBytes(StandardCharsets.UTF_8));
          exchange.getResponseBody().flush();
          throw new IOException("cut");
        };
    HttpResponse<InputStream> response =
        client.send(request("/v1/messages").build(), BodyHandlers.ofInputStream());
    try (InputStream body = response.body()) {
      assertThatThrownBy(body::readAllBytes).isInstanceOf(IOException.class);
    }
  }

  @Test
  void errorsComeBackWithWhatTheCliNeedsForItsRetries() throws Exception {
    handler =
        exchange -> {
          exchange.getResponseHeaders().set("retry-after", "7");
          exchange.getResponseHeaders().set("anthropic-ratelimit-requests-remaining", "0");
          exchange.getResponseHeaders().set("set-cookie", "c=1");
          answer(exchange, 429, "{}");
        };
    HttpResponse<String> response = send(request("/v1/messages"));

    assertThat(response.statusCode()).isEqualTo(429);
    assertThat(response.headers().firstValue("retry-after")).contains("7");
    assertThat(response.headers().firstValue("anthropic-ratelimit-requests-remaining"))
        .contains("0");
    assertThat(response.headers().firstValue("set-cookie")).isEmpty();
    assertThat(proxy.unreachable()).isFalse();
  }

  @Test
  void aRefusedCredentialIsNotTriedAgain() throws Exception {
    handler = exchange -> answer(exchange, 401, "{}");

    assertThat(send(request("/v1/messages")).headers().firstValue("x-should-retry"))
        .contains("false");
  }

  @Test
  void theApisWordsNeverHoldTheCredential() throws Exception {
    handler = exchange -> answer(exchange, 400, "{\"message\":\"sk-real is no good\"}");

    assertThat(send(request("/v1/messages").header("accept-encoding", "gzip")).body())
        .isEqualTo("{\"message\":\"[secret] is no good\"}");
    assertThat(seen.take().headers()).doesNotContainKey("Accept-encoding");
  }

  @Test
  void anApiThatNeverAnswersIsGivenUp() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    handler = exchange -> end.await();
    HttpResponse<String> response = send(request("/v1/messages"));
    end.countDown();

    assertThat(response.statusCode()).isEqualTo(502);
    assertThat(response.headers().firstValue("x-should-retry")).contains("false");
    assertThat(proxy.unreachable()).isTrue();
  }

  @Test
  void anAnswerThatFallsSilentIsCutAndTheRepetitionGivenUpOnce() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    handler =
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write("half".getBytes(StandardCharsets.UTF_8));
          exchange.getResponseBody().flush();
          end.await();
        };
    assertThatThrownBy(() -> send(request("/v1/messages"))).isInstanceOf(IOException.class);
    end.countDown();
    handler = exchange -> answer(exchange, 200, "{}");

    assertThat(send(request("/v1/messages")).statusCode()).isEqualTo(502);
    assertThat(seen).hasSize(1);
    assertThat(proxy.unreachable()).isTrue();
    assertThat(send(request("/v1/messages")).statusCode()).isEqualTo(200);
    assertThat(proxy.unreachable()).isFalse();
  }

  @Test
  void aRedirectIsNotFollowed() throws Exception {
    handler =
        exchange -> {
          exchange.getResponseHeaders().set("location", origin() + "/v1/messages");
          answer(exchange, 307, "");
        };
    HttpResponse<String> response = send(request("/v1/messages"));

    assertThat(response.statusCode()).isEqualTo(502);
    assertThat(response.headers().firstValue("location")).isEmpty();
    assertThat(seen).hasSize(1);
    assertThat(proxy.unreachable()).isTrue();
  }

  @Test
  void otherPathsMethodsAndCallersNeverReachTheApi() throws Exception {
    for (String path :
        List.of("/v1/models", "/v1/messages/batches", "/v1/messages/", "//evil/v1/messages")) {
      assertThat(send(request(path)).statusCode()).as(path).isEqualTo(404);
    }
    HttpRequest get = request("/v1/messages").GET().build();
    assertThat(client.send(get, BodyHandlers.ofString()).statusCode()).isEqualTo(404);
    HttpRequest stranger = request("/v1/messages").setHeader("x-api-key", "sk-guess").build();
    assertThat(client.send(stranger, BodyHandlers.ofString()).statusCode()).isEqualTo(401);
    assertThat(seen).isEmpty();
  }

  @Test
  void anApiThatIsDownIsAnErrorOfAnthropicsShape() throws Exception {
    int port;
    try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = closed.getLocalPort();
    }
    URI nowhere = URI.create("http://127.0.0.1:" + port);
    try (CredentialProxy down = new CredentialProxy(nowhere, KEY, SILENCE)) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(down.address() + "/v1/messages"))
              .header("x-api-key", down.placeholder().value())
              .POST(BodyPublishers.ofString("{}"))
              .build();
      HttpResponse<String> response = client.send(request, BodyHandlers.ofString());

      assertThat(response.statusCode()).isEqualTo(502);
      assertThat(response.body()).contains("\"type\":\"error\"").doesNotContain("sk-real");
      assertThat(down.unreachable()).isTrue();
    }
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String pathAndQuery) {
    return HttpRequest.newBuilder(URI.create(proxy.address() + pathAndQuery))
        .header("x-api-key", proxy.placeholder().value())
        .POST(BodyPublishers.ofString("{\"model\":\"m\"}"));
  }

  private URI origin() {
    return URI.create("http://127.0.0.1:" + api.getAddress().getPort());
  }

  private void serve(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    String line = exchange.getRequestMethod() + " " + exchange.getRequestURI();
    seen.add(new Seen(line, Map.copyOf(exchange.getRequestHeaders()), body));
    try {
      handler.handle(exchange);
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }
}
