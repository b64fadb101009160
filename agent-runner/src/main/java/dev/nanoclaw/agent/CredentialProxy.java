package dev.nanoclaw.agent;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;

/// Lets the CLI use the owner's credential without having it: takes its API calls on the loopback
/// interface, puts the credential in place of a placeholder and passes them on to one origin.
///
/// Only the message endpoints, no redirects, bodies streamed both ways. A caller without the
/// placeholder is refused, so that where containers share a network none uses another's proxy. Each
/// call has a connection of its own to here; those to the API are kept and used again by the JDK.
/// Its old client, as it is so much lighter than the new one.
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
          "expect",
          "forwarded",
          "host",
          "http2-settings",
          "keep-alive",
          "te",
          "trailer",
          "upgrade");

  private static final Set<String> PASSED_BACK =
      Set.of("content-type", "retry-after", "retry-after-ms", "x-should-retry", "request-id");

  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final int MAX_ERROR = 64 * 1024;

  private final URI origin;
  private final Credential credential;
  private final Credential placeholder;
  private final Duration silence;
  private final ServerSocket server;

  /// The API broke its last answer off by silence; the CLI's repetition ends at once.
  private volatile boolean stalled;

  private volatile boolean unreachable;

  /// Listens from now on.
  ///
  /// @param origin scheme, host and port; a path is ignored
  /// @param silence after which the API counts as gone. While it thinks it sends pings
  CredentialProxy(URI origin, Credential credential, Duration silence) throws IOException {
    this.origin = origin;
    this.credential = credential;
    this.silence = silence;
    this.placeholder = credential.with("sk-ant-placeholder-" + UUID.randomUUID());
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Threads.start("proxy", this::accept);
  }

  /// What the CLI gets as `ANTHROPIC_BASE_URL`.
  String address() {
    return "http://127.0.0.1:" + server.getLocalPort();
  }

  /// What the CLI gets instead of the credential.
  Credential placeholder() {
    return placeholder;
  }

  /// Whether the last call did not reach the API, or got no whole answer.
  boolean unreachable() {
    return unreachable;
  }

  @Override
  public void close() throws IOException {
    server.close();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket connection = server.accept();
        Threads.start("proxy-call", () -> serve(connection));
      } catch (IOException e) {
        if (!server.isClosed()) {
          Log.line("a call of the CLI was lost: " + e.getMessage());
        }
      }
    }
  }

  /// Leaving the connection without the end of an answer is how a broken one shows.
  private void serve(Socket connection) {
    try (connection) {
      connection.setTcpNoDelay(true);
      InputStream in = new BufferedInputStream(connection.getInputStream());
      ApiAnswer answer = new ApiAnswer(connection.getOutputStream());
      ApiCall call = ApiCall.read(in);
      if (!PATHS.contains(call.path()) || !call.method().equals("POST")) {
        in.skipNBytes(call.length());
        answer.fail(404, "not_found_error", "This proxy serves the message endpoints only.");
      } else if (!placeholder.value().equals(call.header(placeholder.header()))) {
        in.skipNBytes(call.length());
        answer.fail(401, "authentication_error", "This proxy serves its own CLI only.");
      } else {
        forward(call, in, answer);
      }
    } catch (IOException | RuntimeException e) {
      Log.line("a call of the CLI broke off: " + e.getMessage());
    }
  }

  private void forward(ApiCall call, InputStream body, ApiAnswer answer) throws IOException {
    if (stalled) {
      stalled = false;
      body.skipNBytes(call.length());
      giveUp(answer, origin.getHost() + " fell silent.");
      return;
    }
    try {
      HttpURLConnection api = upstream(call);
      try (OutputStream out = api.getOutputStream()) {
        copy(body, out, call.length());
      }
      answer(api, answer);
    } catch (SocketTimeoutException e) {
      unreachable = true;
      stalled = answer.begun();
      if (stalled) {
        throw e;
      }
      giveUp(answer, origin.getHost() + " does not answer: " + e.getMessage());
    } catch (IOException e) {
      unreachable = true;
      if (answer.begun()) {
        throw e;
      }
      noAnswer(answer, "Cannot reach " + origin.getHost() + ": " + reason(e));
    }
  }

  private HttpURLConnection upstream(ApiCall call) throws IOException {
    var api = (HttpURLConnection) origin.resolve(call.target()).toURL().openConnection();
    api.setRequestMethod("POST");
    api.setInstanceFollowRedirects(false);
    api.setUseCaches(false);
    api.setConnectTimeout((int) CONNECT.toMillis());
    api.setReadTimeout((int) silence.toMillis());
    api.setDoOutput(true);
    api.setFixedLengthStreamingMode(call.length());
    for (ApiCall.Header header : call.headers()) {
      if (!DROPPED.contains(header.name()) && !header.name().startsWith("proxy-")) {
        api.addRequestProperty(header.name(), header.value());
      }
    }
    api.setRequestProperty(credential.header(), credential.value());
    return api;
  }

  private void answer(HttpURLConnection api, ApiAnswer answer) throws IOException {
    int status = api.getResponseCode();
    if (status / 100 == 3) {
      unreachable = true;
      giveUp(answer, origin.getHost() + " redirects, which is not followed.");
      return;
    }
    api.getHeaderFields()
        .forEach(
            (name, values) -> {
              String lower = name == null ? "" : name.toLowerCase(Locale.ROOT);
              if (PASSED_BACK.contains(lower) || lower.startsWith("anthropic-")) {
                values.forEach(value -> answer.header(lower, value));
              }
            });
    if (status >= 400) {
      unreachable = false;
      error(api, status, answer);
    } else {
      try (InputStream body = api.getInputStream()) {
        answer.send(status, body);
      }
      unreachable = false;
    }
  }

  /// The API's words go into the conversation, where the agent reads them: never with the
  /// credential.
  private void error(HttpURLConnection api, int status, ApiAnswer answer) throws IOException {
    if (status == 401) {
      // The credential does not change during a run, and the CLI would try for long. The JDK keeps
      // the body of such an answer to itself.
      answer.header("x-should-retry", "false");
    }
    try (InputStream body = api.getErrorStream()) {
      if (body == null) {
        answer.fail(status, "authentication_error", "The API refused the credential.");
        return;
      }
      String text = new String(body.readNBytes(MAX_ERROR), UTF_8);
      answer.send(status, text.replace(credential.secret(), "[secret]").getBytes(UTF_8));
    }
  }

  /// Repeating would only add to the time until the chat hears of it.
  private static void giveUp(ApiAnswer answer, String message) throws IOException {
    noAnswer(answer.header("x-should-retry", "false"), message);
  }

  private static void noAnswer(ApiAnswer answer, String message) throws IOException {
    Log.line(message);
    answer.fail(502, "api_error", message);
  }

  private static void copy(InputStream in, OutputStream out, long length) throws IOException {
    byte[] buffer = new byte[16 * 1024];
    long left = length;
    while (left > 0) {
      int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (count < 0) {
        throw new IOException("the CLI's request broke off");
      }
      out.write(buffer, 0, count);
      left -= count;
    }
  }

  private static String reason(IOException e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }
}
