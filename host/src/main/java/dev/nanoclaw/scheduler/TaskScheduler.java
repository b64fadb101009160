package dev.nanoclaw.scheduler;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.nanoclaw.db.TaskStore;
import dev.nanoclaw.domain.Lane;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Starts tasks when they are due: waits for the earliest of their times, or for a change of them.
public final class TaskScheduler implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(TaskScheduler.class);
  private static final Duration AFTER_FAILURE = Duration.ofSeconds(5);
  private static final Duration STOP = Duration.ofSeconds(10);

  private final TaskStore store;
  private final Duration pollInterval;
  private final Clock clock;
  private final Consumer<Lane> wake;
  private final Runnable told;
  private final Thread thread = Thread.ofVirtual().name("task-scheduler").unstarted(this::run);
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition signal = lock.newCondition();

  @GuardedBy("lock") private boolean changed;

  @GuardedBy("lock") private boolean closed;

  /// @param pollInterval how long it waits at most: the clock may be set, the machine may sleep
  /// @param wake for each lane that got something to do
  /// @param told when the outbox got something to say
  public TaskScheduler(
      TaskStore store, Duration pollInterval, Clock clock, Consumer<Lane> wake, Runnable told) {
    this.store = store;
    this.pollInterval = pollInterval;
    this.clock = clock;
    this.wake = wake;
    this.told = told;
  }

  /// The first look, at once, finds what became due while no host ran.
  public void start() {
    thread.start();
  }

  /// Tasks are others than before. May be called within the transaction that changes them.
  public void changed() {
    lock.lock();
    try {
      changed = true;
      signal.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    while (await(look())) {
      // each look says when the next is to be
    }
  }

  /// Starts what is due.
  ///
  /// @return for how long there is nothing to do
  Duration look() {
    try {
      Instant now = clock.instant();
      // Even with nothing due: a write waits for the transaction in which a change was made known.
      TaskStore.Claims claims = store.claimDue(now);
      claims.lanes().forEach(wake);
      if (claims.told()) {
        told.run();
      }
      if (claims.more()) {
        return Duration.ZERO;
      }
      return store.nextDue().map(it -> until(it, now)).orElse(pollInterval);
    } catch (RuntimeException e) {
      log.error(
          "Cannot start tasks that are due; will try again in {} s", AFTER_FAILURE.toSeconds(), e);
      return AFTER_FAILURE;
    }
  }

  /// What was due is claimed. Should something be due still, looking at once would help nobody.
  private Duration until(Instant due, Instant claimed) {
    if (!due.isAfter(claimed)) {
      return AFTER_FAILURE;
    }
    Duration wait = Duration.between(clock.instant(), due).plusMillis(1); // points in time are cut
    return wait.compareTo(pollInterval) < 0 ? wait : pollInterval;
  }

  private boolean await(Duration time) {
    long left = time.toNanos();
    lock.lock();
    try {
      while (!changed && !closed && left > 0) {
        left = signal.awaitNanos(left);
      }
      changed = false;
      return !closed;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  /// Returns when it is at nothing any more.
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      signal.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      if (thread.getState() != Thread.State.NEW && !thread.join(STOP)) {
        log.warn("The thread that starts tasks still waits for the database");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
