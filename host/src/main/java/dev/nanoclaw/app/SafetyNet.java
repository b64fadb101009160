package dev.nanoclaw.app;

import dev.nanoclaw.db.InputStore.LaneWork;
import dev.nanoclaw.queue.GroupQueue;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks once in a while which lanes have something to do, in case a call to wake one was missed.
/// The outbox looks by itself.
final class SafetyNet implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(SafetyNet.class);

  private final Supplier<List<LaneWork>> lanesWithWork;
  private final GroupQueue queue;
  private final Duration interval;
  private final Clock clock;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("safety-net").factory());

  SafetyNet(
      Supplier<List<LaneWork>> lanesWithWork, GroupQueue queue, Duration interval, Clock clock) {
    this.lanesWithWork = lanesWithWork;
    this.queue = queue;
    this.interval = interval;
    this.clock = clock;
  }

  /// The first look, at once, finds what an earlier host left unanswered.
  void start() {
    var _ = timer.scheduleWithFixedDelay(this::look, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void look() {
    try {
      Instant now = clock.instant();
      lanesWithWork.get().stream()
          .filter(it -> it.isDue(now))
          .map(LaneWork::lane)
          .forEach(queue::wake);
    } catch (RuntimeException e) {
      log.error("The regular look failed; the next is in {} ms", interval.toMillis(), e);
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
