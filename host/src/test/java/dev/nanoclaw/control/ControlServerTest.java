package dev.nanoclaw.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.nanoclaw.config.Environment;
import dev.nanoclaw.control.ControlClient.ControlException;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

@Timeout(30)
class ControlServerTest {

  @TempDir private Path dir;
  private final BlockingQueue<Connection> connections = new ArrayBlockingQueue<>(10);
  private final CountDownLatch wait = new CountDownLatch(1);
  private Path socket;
  private ControlServer server;

  @BeforeEach
  void start() throws IOException {
    socket = dir.resolve("control.sock");
    Files.writeString(socket, "stale");
    server =
        new ControlServer(
            socket,
            Map.of(
                "echo", (params, _) -> params,
                "length", (params, _) -> Map.of("is", params.path("text").asString("").length()),
                "refuse",
                    (_, _) -> {
                      throw new RpcException(JsonRpc.INVALID_PARAMS, "not like this");
                    },
                "bug",
                    (_, _) -> {
                      throw new IllegalStateException("a bug");
                    },
                "attach",
                    (_, connection) -> {
                      connections.add(connection);
                      return Map.of();
                    },
                "wait",
                    (_, _) -> {
                      try {
                        wait.await();
                      } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                      }
                      return Map.of();
                    }));
    server.start();
  }

  @AfterEach
  void stop() {
    wait.countDown();
    server.close();
  }

  /// Speaks bytes.
  private static final class Raw implements AutoCloseable {
    private final SocketChannel channel;
    private final LineReader lines;

    Raw(Path socket) throws IOException {
      channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      channel.connect(UnixDomainSocketAddress.of(socket));
      lines = new LineReader(Channels.newInputStream(channel), 64 * 1024 * 1024);
    }

    void say(String line) throws IOException {
      say((line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    void say(byte[] bytes) throws IOException {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
    }

    String hear() throws IOException {
      return lines.next().orElse("the end");
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  private ControlClient client() throws IOException {
    return ControlClient.connect(socket, (_, _) -> {}, () -> {});
  }

  @Test
  void whatIsNoRequestGetsAnErrorAndTheConnectionGoesOn() throws IOException {
    try (Raw raw = new Raw(socket)) {
      raw.say("{not json");
      assertThat(raw.hear()).contains("\"id\":null", "-32700", "not JSON");
      raw.say("[1,2]");
      assertThat(raw.hear()).contains("-32600", "not a JSON object");
      raw.say("{\"id\":1,\"method\":\"nonsense\"}");
      assertThat(raw.hear()).contains("\"id\":1", "-32601", "unknown method \\\"nonsense\\\"");
      raw.say("{\"id\":\"x\",\"method\":7}");
      assertThat(raw.hear()).contains("\"id\":\"x\"", "-32601");
      raw.say("{\"id\":2,\"method\":\"refuse\",\"params\":{}}");
      assertThat(raw.hear()).contains("\"id\":2", "-32602", "not like this");
      raw.say("{\"id\":3,\"method\":\"bug\"}");
      assertThat(raw.hear()).contains("\"id\":3", "-32603", "a bug");
      raw.say("\n  \n{\"id\":4,\"method\":\"echo\",\"params\":[1]}");
      assertThat(raw.hear()).isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{}}");
      raw.say("[".repeat(100_000));
      assertThat(raw.hear()).contains("error");
    }
  }

  @Test
  void longLinesPassTooLongOnesAreRefusedAndBrokenUtf8IsReplaced() throws IOException {
    try (Raw raw = new Raw(socket)) {
      raw.say(
          "{\"id\":1,\"method\":\"length\",\"params\":{\"text\":\"%s\"}}"
              .formatted("x".repeat(1 << 20)));
      assertThat(raw.hear()).contains("{\"is\":1048576}");
      raw.say("y".repeat(9 * 1024 * 1024));
      assertThat(raw.hear()).contains("-32600", "the line is longer than 8,388,608 bytes");
      byte[] broken =
          "{\"id\":2,\"method\":\"echo\",\"params\":{\"a\":\"_\"}}\n"
              .getBytes(StandardCharsets.UTF_8);
      broken[broken.length - 5] = (byte) 0xff;
      raw.say(broken);
      assertThat(raw.hear()).contains("\"a\":\"\ufffd\"");
    }
  }

  @Test
  void aSlowAnswerHoldsUpNoOther() throws IOException {
    try (Raw raw = new Raw(socket)) {
      raw.say("{\"id\":1,\"method\":\"wait\"}\n{\"id\":2,\"method\":\"echo\"}");
      assertThat(raw.hear()).contains("\"id\":2");
      wait.countDown();
      assertThat(raw.hear()).contains("\"id\":1");
    }
  }

  @Test
  void everyClientHearsWhatIsForIt() throws Exception {
    List<String> first = Collections.synchronizedList(new ArrayList<>());
    List<String> second = Collections.synchronizedList(new ArrayList<>());
    try (var a = ControlClient.connect(socket, (m, p) -> first.add(m + p), () -> {});
        var b = ControlClient.connect(socket, (m, p) -> second.add(m + p), () -> {})) {
      var _ = a.call("attach", Map.of(), JsonNode.class);
      connections.take().tell("news", Map.of("for", "a"));
      var _ = b.call("attach", Map.of(), JsonNode.class);
      connections.take().tell("news", Map.of("for", "b"));
      await().until(() -> first.size() + second.size() == 2);
      assertThat(first).containsExactly("news{\"for\":\"a\"}");
      assertThat(second).containsExactly("news{\"for\":\"b\"}");
      assertThatThrownBy(() -> a.call("refuse", Map.of(), JsonNode.class))
          .isInstanceOfSatisfying(ControlException.class, it -> assertThat(it.isGone()).isFalse())
          .hasMessage("not like this");
    }
  }

  @Test
  void aClientThatDoesNotReadIsCutOffAndNobodyElse() throws Exception {
    try (Raw raw = new Raw(socket);
        var other = client()) {
      raw.say("{\"id\":1,\"method\":\"attach\"}");
      Connection connection = connections.take();
      CountDownLatch closed = new CountDownLatch(1);
      connection.onClose(closed::countDown);
      for (int i = 0; i < 20_000 && connection.isOpen(); i++) {
        connection.tell("news", Map.of("text", "x".repeat(1000)));
      }
      assertThat(connection.isOpen()).isFalse();
      assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(other.call("echo", Map.of("a", 1), JsonNode.class).path("a").asInt()).isOne();
    }
  }

  @Test
  void aClientThatGoesAwayIsForgotten() throws Exception {
    Connection connection;
    try (Raw raw = new Raw(socket)) {
      raw.say("{\"id\":1,\"method\":\"attach\"}");
      connection = connections.take();
    }
    CountDownLatch closed = new CountDownLatch(1);
    connection.onClose(closed::countDown);
    assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
    connection.tell("news", Map.of());
    CountDownLatch late = new CountDownLatch(1);
    connection.onClose(late::countDown);
    assertThat(late.getCount()).isZero();
  }

  @Test
  void aServerThatStopsEndsItsClientsAndTakesItsSocketAway() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    try (var client = ControlClient.connect(socket, (_, _) -> {}, ended::countDown)) {
      var failed = new ArrayBlockingQueue<RuntimeException>(1);
      Thread.ofVirtual()
          .start(() -> {
            try {
              client.call("wait", Map.of(), JsonNode.class);
            } catch (RuntimeException e) {
              failed.add(e);
            }
          });
      client.call("echo", Map.of(), JsonNode.class);
      server.close();
      assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(failed.poll(10, TimeUnit.SECONDS))
          .isInstanceOfSatisfying(ControlException.class, it -> assertThat(it.isGone()).isTrue());
      assertThatThrownBy(() -> client.call("echo", Map.of(), JsonNode.class))
          .isInstanceOfSatisfying(ControlException.class, it -> assertThat(it.isGone()).isTrue());
    }
    assertThat(socket).doesNotExist();
    assertThatThrownBy(this::client).isInstanceOf(IOException.class);
  }

  private Environment runtimeDir() {
    return Environment.of(Map.of("XDG_RUNTIME_DIR", dir.toString()));
  }

  @Test
  void theSocketsDirectoryIsTheOwnersAloneAndItsNameTellsHomesApart() throws IOException {
    Path home = Files.createDirectories(dir.resolve("home"));
    ControlSocket first = ControlSocket.prepare(home, runtimeDir());
    assertThat(ControlSocket.prepare(home, runtimeDir())).isEqualTo(first);
    assertThat(first.install()).matches("nanoclaw-\\d+-[0-9a-f]{12}");
    assertThat(first.path()).isEqualTo(dir.resolve(first.install()).resolve("control.sock"));
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(first.path().getParent())))
        .isEqualTo("rwx------");
    Path other = Files.createDirectories(dir.resolve("other"));
    assertThat(ControlSocket.prepare(other, runtimeDir()).install()).isNotEqualTo(first.install());
    Path link = Files.createSymbolicLink(dir.resolve("link"), home);
    assertThat(ControlSocket.prepare(link, runtimeDir())).isEqualTo(first);
  }

  @Test
  void aDirectoryThatOthersCanEnterOrALinkIsRefused() throws IOException {
    Path home = Files.createDirectories(dir.resolve("home"));
    Path directory = ControlSocket.prepare(home, runtimeDir()).path().getParent();
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-x---"));
    assertThatThrownBy(() -> ControlSocket.prepare(home, runtimeDir()))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "%s is not a directory of this user with mode 0700: remove it and start again",
            directory);
    Path real =
        Files.createDirectory(
            dir.resolve("real"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Files.delete(directory);
    Files.createSymbolicLink(directory, real);
    assertThatThrownBy(() -> ControlSocket.prepare(home, runtimeDir()))
        .hasMessageContaining("is not a directory of this user");
  }
}
