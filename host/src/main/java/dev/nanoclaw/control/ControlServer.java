package dev.nanoclaw.control;

import dev.nanoclaw.jsonrpc.JsonRpc;
import dev.nanoclaw.jsonrpc.JsonRpc.RpcException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The control socket: takes connections and hands each request to the method of its name.
public final class ControlServer implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(ControlServer.class);

  private final Path socket;
  private final Map<String, Method> methods;
  private final ServerSocketChannel server;
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();

  /// Something that can be asked.
  @FunctionalInterface
  public interface Method {

    /// @param params what came with the request; an empty object when nothing did
    /// @return the result, as a record or a map
    Object call(JsonNode params, Connection connection);
  }

  /// Listens from now on. The caller holds the lock of the home directory, so a socket that is
  /// there is stale.
  ///
  /// @throws IOException when the socket cannot be made
  public ControlServer(Path socket, Map<String, Method> methods) throws IOException {
    this.socket = socket;
    this.methods = Map.copyOf(methods);
    this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      Files.deleteIfExists(socket);
      server.bind(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      server.close();
      throw new IOException(
          "the control socket %s cannot be made (%s): remove it and start again"
              .formatted(socket, e),
          e);
    }
  }

  public void start() {
    Thread.ofPlatform().daemon().name("control").start(this::accept);
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        SocketChannel channel = server.accept();
        Connection connection = new Connection(channel, this::answer, connections::remove);
        connections.add(connection);
        connection.start();
      } catch (IOException e) {
        if (server.isOpen()) {
          log.warn("A connection to the control socket failed: {}", e.toString());
        }
      }
    }
  }

  private void answer(String line, Connection connection) {
    JsonNode id = JsonRpc.object().nullNode();
    try {
      ObjectNode request = JsonRpc.parse(line);
      id = request.path("id").isMissingNode() ? id : request.path("id");
      connection.send(JsonRpc.result(id, JsonRpc.tree(call(request, connection))));
    } catch (RpcException e) {
      connection.send(JsonRpc.error(id, e));
    } catch (RuntimeException e) {
      log.error("A request on the control socket failed", e);
      connection.send(
          JsonRpc.error(
              id, new RpcException(JsonRpc.INTERNAL_ERROR, String.valueOf(e.getMessage()))));
    }
  }

  private Object call(ObjectNode request, Connection connection) {
    JsonNode name = request.path("method");
    Method method = name.isString() ? methods.get(name.stringValue()) : null;
    if (method == null) {
      throw new RpcException(JsonRpc.UNKNOWN_METHOD, "unknown method " + name);
    }
    JsonNode params = request.path("params");
    return method.call(params.isObject() ? params : JsonRpc.object(), connection);
  }

  @Override
  public void close() {
    try {
      server.close();
      connections.forEach(Connection::close);
      Files.deleteIfExists(socket);
    } catch (IOException e) {
      log.warn("Closing the control socket: {}", e.toString());
    }
  }
}
