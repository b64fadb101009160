package dev.nanoclaw.router;

import static java.time.Duration.between;

import dev.nanoclaw.channel.Channel;
import dev.nanoclaw.channel.Channel.SendResult;
import dev.nanoclaw.db.OutboxStore;
import dev.nanoclaw.domain.Backoff;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.OutgoingMessage;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings what the outbox holds to the channels: in order within a chat, with the same id on every
/// try. Chats do not wait for each other.
public final class Outbox implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Outbox.class);
  private static final Duration FIRST_DELAY = Duration.ofSeconds(2);
  private static final Duration LONGEST_DELAY = Duration.ofMinutes(2);

  /// Nobody lets a message wait that long.
  private static final Duration CLOCK_WAS_SET_BACK = Duration.ofHours(1);

  /// How long to wait when the database cannot be used, most likely.
  private static final Duration AFTER_FAILURE = Duration.ofSeconds(5);

  /// How long the host waits at its end for a channel that is at it.
  private static final Duration LAST_WORD = Duration.ofMillis(500);

  private final OutboxStore store;
  private final List<Channel> channels;
  private final Duration pollInterval;
  private final Clock clock;
  private final Semaphore work = new Semaphore(0);
  private final Set<ChatJid> busy = ConcurrentHashMap.newKeySet();
  private final ExecutorService tries =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("send-", 1).factory());
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread thread;
  private volatile boolean closed;
  private volatile boolean waitForNothing;

  /// @param pollInterval how long to sleep at most when nobody calls [#wake]
  public Outbox(OutboxStore store, List<Channel> channels, Duration pollInterval, Clock clock) {
    this.store = store;
    this.channels = List.copyOf(channels);
    this.pollInterval = pollInterval;
    this.clock = clock;
    this.thread = Thread.ofVirtual().name("outbox").unstarted(this::run);
  }

  public void start() {
    thread.start();
  }

  /// There is something to send. Returns at once.
  public void wake() {
    work.release();
  }

  /// A channel can be reached again: what waits for its next try need not wait. Returns at once.
  public void flush() {
    waitForNothing = true;
    wake();
  }

  private void run() {
    while (!closed) {
      Duration pause = AFTER_FAILURE;
      try {
        pause = startDue();
      } catch (RuntimeException e) {
        log.error("The outbox failed; it will be tried again in {} ms", pause.toMillis(), e);
      }
      try {
        var _ = work.tryAcquire(pause.toMillis(), TimeUnit.MILLISECONDS);
        work.drainPermits();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /// Begins to send what is due.
  ///
  /// @return how long nothing more will be
  private Duration startDue() {
    boolean all = waitForNothing;
    waitForNothing = false;
    Instant now = clock.instant();
    Duration pause = pollInterval;
    Set<ChatJid> atIt =
        Set.copyOf(busy); // before the look: what is sent meanwhile looks unsent in it
    for (OutgoingMessage message : store.heads()) {
      if (atIt.contains(message.chat()) || closed) {
        continue;
      }
      Optional<Duration> left =
          message
              .notBefore()
              .filter(it -> !all && now.isBefore(it))
              .map(it -> between(now, it))
              .filter(it -> it.compareTo(CLOCK_WAS_SET_BACK) < 0);
      if (left.isPresent()) {
        pause = left.get().compareTo(pause) < 0 ? left.get() : pause;
      } else {
        busy.add(message.chat());
        tries.execute(() -> sendAlone(message));
      }
    }
    return pause;
  }

  /// What is behind it in its chat follows when it is done.
  private void sendAlone(OutgoingMessage message) {
    try {
      send(message);
    } catch (RuntimeException e) {
      log.error("Message {} failed; it will be tried again", message.messageId(), e);
      pause();
    } finally {
      busy.remove(message.chat());
      wake();
    }
  }

  /// Not at once again.
  private void pause() {
    try {
      var _ = ended.await(AFTER_FAILURE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void send(OutgoingMessage message) {
    Optional<Channel> channel = channels.stream().filter(it -> it.owns(message.chat())).findFirst();
    if (channel.filter(Channel::leavesDoubt).isPresent()) {
      store.sending(message);
    }
    SendResult result;
    try {
      result =
          channel
              .map(it -> it.send(message))
              .orElseGet(() -> new SendResult.TryAgain("no channel for this chat is switched on"));
    } catch (RuntimeException e) {
      result = new SendResult.TryAgain(String.valueOf(e.getMessage()));
    }
    switch (result) {
      case SendResult.Sent() -> store.sent(message, clock.instant());
      case SendResult.Refused(String reason) -> {
        log.error("Message {} was refused for good: {}", message.messageId(), reason);
        store.dead(message, reason);
      }
      case SendResult.TryAgain(String reason, Optional<Duration> after) -> {
        Duration delay =
            after.orElseGet(() -> Backoff.delay(FIRST_DELAY, LONGEST_DELAY, message.attempts()));
        log.warn(
            "Message {} was not sent ({}); next try in {} s",
            message.messageId(),
            reason,
            delay.toSeconds());
        store.failed(message, reason, clock.instant().plus(delay));
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    ended.countDown();
    wake();
    try {
      thread.join();
      tries.shutdown();
      if (!tries.awaitTermination(LAST_WORD.toMillis(), TimeUnit.MILLISECONDS)) {
        tries.shutdownNow(); // with the same id again at the next start
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    tries.close();
  }
}
