package dev.nanoclaw.control;

import dev.nanoclaw.jsonrpc.JsonRpc;
import dev.nanoclaw.jsonrpc.JsonRpc.RpcException;
import dev.nanoclaw.jsonrpc.LineReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/// One client of the control socket. Requests are worked on side by side; what is sent keeps its
/// order.
public final class Connection {

  private static final Logger log = LoggerFactory.getLogger(Connection.class);
  private static final int MAX_LINE = 8 * 1024 * 1024;
  private static final int MAX_UNREAD = 10_000;

  private final SocketChannel channel;
  private final BiConsumer<String, Connection> requests;
  private final Consumer<Connection> onEnd;
  private final BlockingQueue<String> outgoing = new LinkedBlockingQueue<>(MAX_UNREAD);
  private final List<Runnable> onClose = new CopyOnWriteArrayList<>();

  Connection(
      SocketChannel channel, BiConsumer<String, Connection> requests, Consumer<Connection> onEnd) {
    this.channel = channel;
    this.requests = requests;
    this.onEnd = onEnd;
  }

  void start() {
    Thread.ofVirtual().name("control-write").start(this::write);
    Thread.ofVirtual().name("control-read").start(this::read);
  }

  /// Tells the client something that it did not ask for. Never blocks: a client that does not read
  /// is cut off.
  public void tell(String method, Object params) {
    send(JsonRpc.notification(method, JsonRpc.tree(params)));
  }

  /// Does that when the client is gone.
  public void onClose(Runnable action) {
    onClose.add(action);
    if (!channel.isOpen()) {
      action.run();
    }
  }

  /// Whether the client is there.
  public boolean isOpen() {
    return channel.isOpen();
  }

  void send(JsonNode message) {
    if (!outgoing.offer(JsonRpc.line(message))) {
      log.warn("A client of the control socket does not read; it is cut off");
      close();
    }
  }

  private void read() {
    var lines = new LineReader(Channels.newInputStream(channel), MAX_LINE);
    try {
      while (readRequest(lines)) {}
    } catch (IOException e) {
      log.debug("A client of the control socket went away: {}", e.toString());
    }
    close();
  }

  /// @return false at the end
  private boolean readRequest(LineReader lines) throws IOException {
    try {
      Optional<String> line = lines.next();
      line.filter(it -> !it.isBlank())
          .ifPresent(
              it -> Thread.ofVirtual().name("control-call").start(() -> requests.accept(it, this)));
      return line.isPresent();
    } catch (LineReader.LineTooLongException e) {
      send(
          JsonRpc.error(
              JsonRpc.object().nullNode(),
              new RpcException(JsonRpc.INVALID_REQUEST, String.valueOf(e.getMessage()))));
      return true;
    }
  }

  private void write() {
    try {
      while (channel.isOpen()) {
        ByteBuffer bytes = ByteBuffer.wrap(outgoing.take().getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
      }
    } catch (IOException e) {
      log.debug("A client of the control socket went away: {}", e.toString());
      close();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  void close() {
    try {
      channel.close();
    } catch (IOException e) {
      log.debug("Closing a connection: {}", e.toString());
    }
    var _ = outgoing.offer("");
    onClose.forEach(Runnable::run);
    onEnd.accept(this);
  }
}
