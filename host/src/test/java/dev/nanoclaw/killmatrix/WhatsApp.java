package dev.nanoclaw.killmatrix;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.nanoclaw.jsonrpc.JsonRpc;
import dev.nanoclaw.killmatrix.Journal.Copy;
import dev.nanoclaw.killmatrix.Journal.Kind;
import dev.nanoclaw.killmatrix.Journal.Said;
import dev.nanoclaw.killmatrix.Stage.Actor;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.ReentrantLock;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// WhatsApp and the bridge to it. What the host did not say that it has is offered again, in order,
/// also to the bridge of the next host. Every copy of what is sent is kept.
final class WhatsApp {

  private static final String US = "4915100000001@s.whatsapp.net";
  private static final String ALICE = "4915100000101@s.whatsapp.net";

  private final Journal journal;
  private final Random random;

  /// The bridge's store is used by one at a time.
  private final ReentrantLock store = new ReentrantLock();

  @GuardedBy("this") private final Deque<Said> waiting = new ArrayDeque<>();

  @GuardedBy("this") private Optional<Actor> connected = Optional.empty();

  @GuardedBy("this") private boolean offered;

  @GuardedBy("this") private long requests;

  @GuardedBy("this") private boolean calm;

  @GuardedBy("this") private int failures;

  /// @param seed of what becomes of what is sent
  WhatsApp(Journal journal, long seed) {
    this.journal = journal;
    this.random = new Random(seed);
  }

  /// Whether everything that is sent arrives and is answered.
  synchronized void calm(boolean on) {
    calm = on;
  }

  /// So many of the next messages arrive, and the host does not hear of it.
  synchronized void leaveUnknown(int count) {
    failures = count;
  }

  /// Somebody says something.
  synchronized void say(Said it) {
    waiting.add(it);
    offer();
  }

  synchronized int waiting() {
    return waiting.size();
  }

  /// Is the bridge, until that process ends.
  void serve(Actor bridge) {
    store.lock();
    try {
      var _ =
          tell(
              bridge,
              JsonRpc.notification(
                  "hello",
                  JsonRpc.object()
                      .put("protocol", 1)
                      .put("bridge", "1")
                      .put("whatsmeow", "v")
                      .put("state", "disconnected")));
      for (var line = bridge.line(); line.isPresent(); line = bridge.line()) {
        hear(bridge, JsonRpc.parse(line.get()));
      }
    } catch (JsonRpc.RpcException e) {
      journal.note("half a line of the host: " + e.getMessage());
    } finally {
      disconnect();
      store.unlock();
    }
  }

  private synchronized void disconnect() {
    connected = Optional.empty();
    offered = false;
  }

  private static boolean tell(Actor bridge, ObjectNode message) {
    return bridge.say(JsonRpc.line(message).strip());
  }

  private synchronized void hear(Actor bridge, ObjectNode message) {
    JsonNode params = message.path("params");
    switch (message.path("method").asString("")) {
      case "" -> answered(message);
      case "connect" -> connect(bridge, message.path("id"));
      case "send" -> send(bridge, message.path("id"), params);
      case "groups" -> {
        ObjectNode none = JsonRpc.object();
        var _ = none.putArray("groups");
        var _ = tell(bridge, JsonRpc.result(message.path("id"), none));
      }
      default -> {
        var _ = tell(bridge, JsonRpc.result(message.path("id"), JsonRpc.object()));
      }
    }
  }

  @GuardedBy("this") private void connect(Actor bridge, JsonNode id) {
    var _ = tell(bridge, JsonRpc.result(id, JsonRpc.object()));
    var _ =
        tell(
            bridge,
            JsonRpc.notification(
                "connected",
                JsonRpc.object().put("jid", US).put("lid", "910000001@lid").put("name", "Owner")));
    connected = Optional.of(bridge);
    journal.connected();
    offer();
  }

  /// One at a time, as the bridge does it.
  @GuardedBy("this") private void offer() {
    if (connected.isEmpty() || offered || waiting.isEmpty()) {
      return;
    }
    Said it = waiting.getFirst();
    boolean owner = it.kind() == Kind.COMMAND;
    ObjectNode params =
        JsonRpc.object()
            .put("id", it.id())
            .put("chat", it.chat().jid())
            .put("sender", owner ? US : ALICE)
            .put("sender_name", owner ? "Owner" : "Alice")
            .put("text", it.text())
            .put("timestamp", Instant.EPOCH.plusSeconds(1_795_353_600).toEpochMilli())
            .put("from_me", owner)
            .put("is_group", true)
            .put("mentions_me", false);
    var _ = params.putArray("mentions");
    ObjectNode request = JsonRpc.notification("message", params);
    request.put("id", "b" + requests++);
    offered = tell(connected.get(), request);
  }

  @GuardedBy("this") private void answered(ObjectNode answer) {
    offered = false;
    if (answer.path("error").isObject()) {
      journal.note("refused: " + answer.path("error"));
    } else {
      journal.acknowledged(waiting.removeFirst());
    }
    offer();
  }

  @GuardedBy("this") private void send(Actor bridge, JsonNode id, JsonNode params) {
    int chance = calm ? 100 : random.nextInt(100);
    if (failures > 0) {
      failures--;
      chance = 6;
    }
    switch (chance) {
      case 0, 1 -> {
        keep(params, false);
        refuse(bridge, id, 1, "not connected to WhatsApp");
      }
      case 2, 3, 4 -> {
        keep(params, false);
        refuse(bridge, id, 2, "no answer from WhatsApp");
      }
      case 5, 6, 7 -> {
        keep(params, true);
        refuse(bridge, id, 2, "no answer from WhatsApp");
      }
      case 8, 9 -> {
        keep(params, false);
        refuse(bridge, id, 4, "too fast");
      }
      case 10 -> {
        keep(params, false);
        bridge.hangUp();
      }
      case 11, 12 -> {
        keep(params, true);
        bridge.hangUp();
      }
      default -> {
        keep(params, true);
        var _ =
            tell(bridge, JsonRpc.result(id, JsonRpc.object().put("timestamp", 1_795_353_600_000L)));
      }
    }
  }

  private void keep(JsonNode params, boolean delivered) {
    journal.add(
        new Copy(
            params.path("chat").asString(),
            params.path("text").asString(),
            params.path("message_id").asString(),
            delivered));
  }

  private static void refuse(Actor bridge, JsonNode id, int code, String why) {
    ObjectNode answer = JsonRpc.error(id, new JsonRpc.RpcException(code, why));
    if (code == 4) {
      ((ObjectNode) answer.path("error")).putObject("data").put("retry_in", 300);
    }
    var _ = tell(bridge, answer);
  }
}
