package dev.nanoclaw.control;

import dev.nanoclaw.jsonrpc.JsonRpc;
import dev.nanoclaw.jsonrpc.JsonRpc.RpcException;
import dev.nanoclaw.jsonrpc.LineReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The other end of the control socket.
public final class ControlClient implements AutoCloseable {

  private static final int MAX_LINE = 64 * 1024 * 1024;

  private final SocketChannel channel;
  private final BiConsumer<String, JsonNode> notifications;
  private final Runnable onEnd;
  private final Map<Long, CompletableFuture<JsonNode>> open = new ConcurrentHashMap<>();
  private final AtomicLong ids = new AtomicLong();

  /// What the daemon answered instead of a result, or that it is gone.
  public static final class ControlException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final boolean gone;

    ControlException(String message, boolean gone) {
      super(message);
      this.gone = gone;
    }

    /// Whether the connection ended before the answer came: the request may have been carried out
    /// or not.
    public boolean isGone() {
      return gone;
    }
  }

  private ControlClient(
      SocketChannel channel, BiConsumer<String, JsonNode> notifications, Runnable onEnd) {
    this.channel = channel;
    this.notifications = notifications;
    this.onEnd = onEnd;
  }

  /// Connects to a daemon.
  ///
  /// @param notifications gets method and parameters, on one thread, in order
  /// @param onEnd runs when the connection ended
  /// @throws IOException when nobody listens
  public static ControlClient connect(
      Path socket, BiConsumer<String, JsonNode> notifications, Runnable onEnd) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    var client = new ControlClient(channel, notifications, onEnd);
    Thread.ofVirtual().name("control-read").start(client::read);
    return client;
  }

  /// Asks and waits for the answer.
  ///
  /// @param params a record or a map
  /// @throws ControlException when the daemon answers with an error, or goes away
  public <T> T call(String method, Object params, Class<T> type) {
    long id = ids.incrementAndGet();
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    open.put(id, answer);
    try {
      write(JsonRpc.line(JsonRpc.request(id, method, JsonRpc.tree(params))));
      if (!channel.isOpen()) {
        failOpenCalls();
      }
      return JsonRpc.value(answer.get(), type);
    } catch (IOException e) {
      throw new ControlException("the daemon went away: " + e.getMessage(), true);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ControlException told) {
        throw new ControlException(String.valueOf(told.getMessage()), told.isGone());
      }
      throw new IllegalStateException(e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new ControlException("interrupted", true);
    } finally {
      open.remove(id);
    }
  }

  private synchronized void write(String line) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private void read() {
    var lines = new LineReader(Channels.newInputStream(channel), MAX_LINE);
    try {
      for (var line = lines.next(); line.isPresent(); line = lines.next()) {
        dispatch(JsonRpc.parse(line.get()));
      }
    } catch (IOException | RpcException _) {
      // the end of the connection, told below
    }
    close();
    failOpenCalls();
    onEnd.run();
  }

  private void dispatch(ObjectNode message) {
    if (message.has("method")) {
      notifications.accept(message.path("method").asString(), message.path("params"));
      return;
    }
    CompletableFuture<JsonNode> answer = open.get(message.path("id").asLong(-1));
    if (message.has("error") && answer != null) {
      answer.completeExceptionally(
          new ControlException(message.path("error").path("message").asString(), false));
    } else if (answer != null) {
      answer.complete(message.path("result"));
    }
  }

  private void failOpenCalls() {
    open.values()
        .forEach(
            it -> it.completeExceptionally(new ControlException("the daemon went away", true)));
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException _) {
      // closed either way
    }
  }
}
