package dev.nanoclaw.cli;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.nanoclaw.control.ChatService.Attached;
import dev.nanoclaw.control.ChatService.Line;
import dev.nanoclaw.control.ChatService.Waited;
import dev.nanoclaw.control.ControlClient;
import dev.nanoclaw.control.ControlClient.ControlException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// A conversation with the local chat that outlives the daemon: when it goes away the session waits
/// for the next one, and what was typed meanwhile is sent then.
final class ChatSession implements AutoCloseable {

  private static final long RETRY_MS = 300;

  private final Supplier<Optional<Path>> socket;
  private final Screen screen;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Set<String> ownIds = new HashSet<>();
  private final Set<Long> shown = new HashSet<>();

  @GuardedBy("lock") private @Nullable ControlClient client;

  @GuardedBy("lock") private boolean closed;

  private long lastSeq = -1;

  /// What the session tells the person.
  interface Screen {

    /// Somebody said something: the assistant, or a person at another terminal.
    void said(Line line);

    void typing(boolean on);

    /// The daemon went away; what is typed is kept until it is back.
    void gone();

    void back();
  }

  /// @param socket where the daemon listens now
  ChatSession(Supplier<Optional<Path>> socket, Screen screen) {
    this.socket = socket;
    this.screen = screen;
  }

  /// Connects for the first time.
  ///
  /// @param showHistory whether the last messages are shown
  /// @return false when no daemon runs
  boolean open(boolean showHistory) {
    return connect(showHistory);
  }

  /// Sends a message and returns when it is stored, however long that takes.
  ///
  /// @return its place in the order of arrival
  /// @throws ControlException when the daemon refuses the text
  long send(String text) {
    String id = UUID.randomUUID().toString();
    lock.lock();
    try {
      ownIds.add(id);
    } finally {
      lock.unlock();
    }
    return again(it ->
        it.call("chat.send", Map.of("id", id, "text", text), JsonNode.class).path("seq").asLong());
  }

  /// Waits until everything up to that message is answered and the answers were shown, or something
  /// is in the way.
  Waited await(long seq) {
    return again(it -> it.call("chat.wait", Map.of("seq", seq), Waited.class));
  }

  @FunctionalInterface
  private interface Call<T> {
    T on(ControlClient client);
  }

  private <T> T again(Call<T> call) {
    while (true) {
      ControlClient current = current();
      try {
        return call.on(current);
      } catch (ControlException e) {
        if (!e.isGone() || isClosed()) {
          throw e;
        }
        forget(current);
      }
    }
  }

  private ControlClient current() {
    lock.lock();
    try {
      while (client == null && !closed) {
        changed.await();
      }
      if (client == null) {
        throw new CommandException("the chat is closed");
      }
      return client;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted");
    } finally {
      lock.unlock();
    }
  }

  private boolean connect(boolean showHistory) {
    Optional<Path> path = socket.get();
    if (path.isEmpty()) {
      return false;
    }
    try {
      AtomicBoolean half = new AtomicBoolean(); // whichever of connected and ended comes first
      ControlClient fresh =
          ControlClient.connect(
              path.get(),
              this::hear,
              () -> {
                if (!half.compareAndSet(false, true)) {
                  ended();
                }
              });
      Object from = lastSeq < 0 ? Map.of() : Map.of("after_seq", lastSeq);
      Attached attached = fresh.call("chat.attach", from, Attached.class);
      for (Line line : attached.history()) {
        show(line, showHistory);
      }
      screen.typing(attached.typing());
      lock.lock();
      try {
        if (!half.compareAndSet(false, true)) {
          return false; // gone already: the caller tries again
        }
        client = fresh;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
      return true;
    } catch (IOException | ControlException _) {
      return false;
    }
  }

  private void hear(String method, JsonNode params) {
    switch (method) {
      case "chat.message" ->
          show(
              new Line(
                  params.path("seq").asLong(),
                  params.path("id").asString(),
                  params.path("from").asString(),
                  params.path("text").asString(),
                  params.path("time").asString(),
                  params.path("assistant").asBoolean()),
              true);
      case "chat.typing" -> screen.typing(params.path("on").asBoolean());
      default -> {} // a newer daemon may have more to say
    }
  }

  private void show(Line line, boolean visible) {
    boolean own;
    lock.lock();
    try {
      if (!shown.add(line.seq())) {
        return;
      }
      lastSeq = Math.max(lastSeq, line.seq());
      own = ownIds.remove(line.id());
    } finally {
      lock.unlock();
    }
    if (visible && !own) {
      screen.said(line);
    }
  }

  private void ended() {
    lock.lock();
    try {
      client = null;
      if (closed) {
        return;
      }
    } finally {
      lock.unlock();
    }
    Thread.ofVirtual().name("reconnect").start(this::reconnect);
  }

  private void forget(ControlClient gone) {
    lock.lock();
    try {
      if (client == gone) {
        client = null;
      }
    } finally {
      lock.unlock();
    }
  }

  private void reconnect() {
    screen.typing(false);
    screen.gone();
    while (!isClosed()) {
      if (connect(true)) {
        screen.back();
        return;
      }
      lock.lock();
      try {
        var _ = changed.await(RETRY_MS, TimeUnit.MILLISECONDS);
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return;
      } finally {
        lock.unlock();
      }
    }
  }

  private boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    ControlClient last;
    lock.lock();
    try {
      closed = true;
      last = client;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (last != null) {
      last.close();
    }
  }
}
