package dev.nanoclaw.router;

import dev.nanoclaw.channel.Channel;
import dev.nanoclaw.channel.Channel.SendResult;
import dev.nanoclaw.db.OutboxStore;
import dev.nanoclaw.domain.OutgoingMessage;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings what the outbox holds to the channels: in order within a chat, with the same id on every
/// try.
public final class Outbox implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Outbox.class);
  private static final Duration FIRST_DELAY = Duration.ofSeconds(2);
  private static final Duration LONGEST_DELAY = Duration.ofMinutes(2);

  private final OutboxStore store;
  private final List<Channel> channels;
  private final Duration pollInterval;
  private final Clock clock;
  private final Semaphore work = new Semaphore(0);
  private final Thread thread;
  private volatile boolean closed;

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

  private void run() {
    while (!closed) {
      Duration pause = pollInterval;
      try {
        pause = sendDue();
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

  /// Sends until nothing is due.
  ///
  /// @return how long nothing will be
  private Duration sendDue() {
    while (!closed) {
      Instant now = clock.instant();
      List<OutgoingMessage> heads = store.heads();
      List<OutgoingMessage> due =
          heads.stream().filter(it -> it.notBefore().filter(now::isBefore).isEmpty()).toList();
      if (due.isEmpty()) {
        return heads.stream()
            .flatMap(it -> it.notBefore().stream())
            .map(it -> Duration.between(now, it))
            .filter(it -> it.compareTo(pollInterval) < 0)
            .min(Duration::compareTo)
            .orElse(pollInterval);
      }
      due.forEach(this::send);
    }
    return pollInterval;
  }

  private void send(OutgoingMessage message) {
    Optional<Channel> channel = channels.stream().filter(it -> it.owns(message.chat())).findFirst();
    store.sending(message);
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
      case SendResult.TryAgain(String reason) -> {
        Duration delay = Backoff.delay(FIRST_DELAY, LONGEST_DELAY, message.attempts());
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
    wake();
    try {
      thread.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
