package dev.nanoclaw.app;

import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.queue.GroupQueue;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks at everything once in a while, in case a call to wake something was missed.
final class SafetyNet implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(SafetyNet.class);

  private final GroupStore groups;
  private final GroupQueue queue;
  private final Duration interval;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("safety-net").factory());

  SafetyNet(GroupStore groups, GroupQueue queue, Duration interval) {
    this.groups = groups;
    this.queue = queue;
    this.interval = interval;
  }

  /// The first look, at once, finds what an earlier host left unanswered.
  void start() {
    var _ = timer.scheduleWithFixedDelay(this::look, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void look() {
    try {
      groups.all().stream().map(Group::folder).forEach(queue::wake);
    } catch (RuntimeException e) {
      log.error("The regular look failed; the next is in {} ms", interval.toMillis(), e);
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
