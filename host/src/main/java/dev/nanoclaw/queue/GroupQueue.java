package dev.nanoclaw.queue;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.queue.Signal.Activity;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Gives each lane of a group at most one turn at a time, at most so many turns at once, and
/// waiting lanes their turn in the order in which they came.
///
/// While lanes wait, as many turns that wait for more to do are asked for their slots, the longest
/// wait first. Where these are too few, no turn takes more to do until one comes to rest. So no
/// lane, idle or chatty, keeps another waiting for longer than it takes to end what is open.
public final class GroupQueue implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(GroupQueue.class);

  private static final Duration AFTER_FAILURE = Duration.ofSeconds(5);
  private static final Duration LAST_WORD = Duration.ofSeconds(1);

  private final int maxTurns;
  private final TurnTaker turnTaker;
  private final Clock clock;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("turn-", 1).factory());
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("queue-timer").factory());
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();

  /// In the order in which each began what it is at.
  @GuardedBy("lock") private final Map<Lane, Signal> active = new LinkedHashMap<>();

  @GuardedBy("lock") private final Queue<Lane> waiting = new ArrayDeque<>();

  @GuardedBy("lock") private boolean closed;

  /// What a turn is, for the queue.
  @FunctionalInterface
  public interface TurnTaker {

    /// Does what there is to do for the lane and returns when it is done.
    ///
    /// @param signal is raised when there may be more to do meanwhile
    /// @return when to come back although nobody woke the lane
    Optional<Instant> take(Lane lane, Signal signal);
  }

  public GroupQueue(int maxTurns, TurnTaker turnTaker, Clock clock) {
    this.maxTurns = maxTurns;
    this.turnTaker = turnTaker;
    this.clock = clock;
  }

  /// There may be something to do for the lane: raises the signal of its turn, or queues it for
  /// one. Returns at once.
  public void wake(Lane lane) {
    lock.lock();
    try {
      Signal signal = active.get(lane);
      if (signal != null) {
        signal.raise();
      } else if (!closed && !waiting.contains(lane)) {
        waiting.add(lane);
        fill();
      }
    } finally {
      lock.unlock();
    }
  }

  /// The lane's turn, if it has one, is to end as soon as nothing is open in it; the next begins
  /// afresh.
  public void finish(Lane lane) {
    tell(lane, Signal::finish);
  }

  /// What the lane's turn, if it has one, is doing now is to be broken off.
  public void interrupt(Lane lane) {
    tell(lane, Signal::interrupt);
  }

  private void tell(Lane lane, Consumer<Signal> what) {
    lock.lock();
    try {
      Signal signal = active.get(lane);
      if (signal != null) {
        what.accept(signal);
      }
    } finally {
      lock.unlock();
    }
  }

  /// Wakes the lane at that time.
  public void wakeAt(Lane lane, Instant when) {
    long delay = Duration.between(clock.instant(), when).toMillis();
    lock.lock();
    try {
      if (delay <= 0) {
        wake(lane);
      } else if (!closed) {
        var _ = timer.schedule(() -> wake(lane), delay, TimeUnit.MILLISECONDS);
      }
    } finally {
      lock.unlock();
    }
  }

  /// How many lanes have a turn now.
  public int activeTurns() {
    lock.lock();
    try {
      return active.size();
    } finally {
      lock.unlock();
    }
  }

  /// How many lanes wait for one.
  public int waitingGroups() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock") private void fill() {
    while (active.size() < maxTurns && !waiting.isEmpty()) {
      start(waiting.remove());
    }
    makeRoom();
  }

  @GuardedBy("lock") private void start(Lane lane) {
    Signal signal = new Signal(lock, () -> activityChanged(lane));
    active.put(lane, signal);
    threads.execute(() -> takeTurn(lane, signal));
  }

  private void activityChanged(Lane lane) {
    lock.lock();
    try {
      Signal signal = active.remove(lane);
      if (signal != null) {
        active.put(lane, signal);
        makeRoom();
      }
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock") private void makeRoom() {
    List<Signal> turns =
        active.values().stream().sorted(Comparator.comparing(Signal::activity)).toList();
    long atRest = turns.stream().filter(it -> it.activity() != Activity.WORKING).count();
    long asked = waiting.size() > atRest ? turns.size() : waiting.size();
    for (int i = 0; i < turns.size(); i++) {
      turns.get(i).yieldIf(i < asked);
    }
  }

  private void takeTurn(Lane lane, Signal signal) {
    Optional<Instant> comeBack;
    try {
      comeBack = turnTaker.take(lane, signal);
    } catch (RuntimeException | Error e) {
      log.error("The turn of group {} failed; it will be tried again in 5 s", lane, e);
      signal.pause(AFTER_FAILURE); // in its slot: its container may run
      comeBack = Optional.of(clock.instant());
    }
    comeBack.ifPresent(when -> wakeAt(lane, when));
    lock.lock();
    try {
      active.remove(lane);
      ended.signalAll();
      if (signal.isRaised() && !closed) {
        waiting.add(lane);
      }
      fill();
    } finally {
      lock.unlock();
    }
  }

  /// Asks every turn to come to its end, gives no more, and waits until all are over, at most that
  /// long.
  public void finish(Duration atMost) {
    long left = atMost.toNanos();
    lock.lock();
    try {
      closed = true;
      waiting.clear();
      active.values().forEach(Signal::finish);
      while (!active.isEmpty() && left > 0) {
        left = ended.awaitNanos(left);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  /// Lets every turn know that it is to leave its work where it is, and waits for them; one that
  /// waits for an engine is broken off.
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      waiting.clear();
      active.values().forEach(Signal::leave);
    } finally {
      lock.unlock();
    }
    timer.shutdownNow();
    threads.shutdown();
    try {
      if (!threads.awaitTermination(LAST_WORD.toMillis(), TimeUnit.MILLISECONDS)) {
        threads.shutdownNow();
      }
    } catch (InterruptedException _) {
      threads.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
