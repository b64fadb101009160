package dev.nanoclaw.queue;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// What passes between the queue and one turn: that there is more to do, that the slot is wanted,
/// that the host stops; and in the other direction what the turn is at.
public final class Signal {

  private final ReentrantLock lock; // the queue's
  private final Condition changed;
  private final Runnable activityChanged;

  @GuardedBy("lock") private Activity activity = Activity.WORKING;

  @GuardedBy("lock") private Order order = Order.GO_ON;

  @GuardedBy("lock") private boolean raised;

  @GuardedBy("lock") private boolean nudged;

  @GuardedBy("lock") private boolean interrupted;

  /// What a turn is at. The order is that in which turns are asked for their slot.
  public enum Activity {
    /// It comes to its end and takes nothing more.
    ENDING,
    /// Nothing is open in it; it waits for more.
    WAITING,
    /// It has something to do.
    WORKING
  }

  /// What a turn is to do, each stronger than the one before.
  public enum Order {
    GO_ON,
    /// Another lane waits for the slot: take nothing more, end as soon as nothing is open.
    YIELD,
    /// The same for another reason, and for good.
    FINISH,
    /// The host stops: end now and leave the container running.
    LEAVE
  }

  /// @param lock under which `activityChanged` is called
  Signal(ReentrantLock lock, Runnable activityChanged) {
    this.lock = lock;
    this.changed = lock.newCondition();
    this.activityChanged = activityChanged;
  }

  // --- for the turn

  /// Says what the turn is at. What is ending stays so.
  public void reports(Activity now) {
    lock.lock();
    try {
      if (activity != now && activity != Activity.ENDING) {
        activity = now;
        activityChanged.run();
      }
    } finally {
      lock.unlock();
    }
  }

  /// Whether the turn may take more to do.
  public boolean takesMore() {
    lock.lock();
    try {
      return order == Order.GO_ON && activity != Activity.ENDING;
    } finally {
      lock.unlock();
    }
  }

  /// Why the turn is to end now: it waits, and its slot is wanted or it is to finish. Who gets an
  /// answer is ending.
  public Optional<Order> takeEnd() {
    lock.lock();
    try {
      if (activity != Activity.WAITING || (order != Order.YIELD && order != Order.FINISH)) {
        return Optional.empty();
      }
      reports(Activity.ENDING);
      return Optional.of(order);
    } finally {
      lock.unlock();
    }
  }

  /// Whether what the agent is doing is to be broken off; asking once is an answer for good.
  public boolean takeInterrupt() {
    lock.lock();
    try {
      boolean was = interrupted;
      interrupted = false;
      return was;
    } finally {
      lock.unlock();
    }
  }

  /// Whether the host stops.
  public boolean isLeaving() {
    lock.lock();
    try {
      return order == Order.LEAVE;
    } finally {
      lock.unlock();
    }
  }

  /// Waits until there may be more to do, something else changes or the time is over. Lowers the
  /// signal.
  ///
  /// @return whether there may be more to do
  public boolean await(Duration time) {
    long left = time.toNanos();
    lock.lock();
    try {
      while (!raised && !nudged && order != Order.LEAVE && left > 0) {
        left = changed.awaitNanos(left);
      }
      boolean was = raised;
      raised = false;
      nudged = false;
      return was;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      order = Order.LEAVE;
      return false;
    } finally {
      lock.unlock();
    }
  }

  /// Waits for that time or until the host stops, without lowering the signal.
  public void pause(Duration time) {
    long left = time.toNanos();
    lock.lock();
    try {
      while (order != Order.LEAVE && left > 0) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      order = Order.LEAVE;
    } finally {
      lock.unlock();
    }
  }

  /// Ends a wait of the turn, which is to look again.
  public void nudge() {
    lock.lock();
    try {
      nudged = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  // --- for the queue

  /// There may be more to do.
  void raise() {
    lock.lock();
    try {
      raised = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// What the agent is doing now is to be broken off.
  void interrupt() {
    lock.lock();
    try {
      interrupted = true;
      nudged = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Another lane wants the slot, or does not any more.
  void yieldIf(boolean wanted) {
    lock.lock();
    try {
      Order was = order;
      if (order == Order.GO_ON || order == Order.YIELD) {
        order = wanted ? Order.YIELD : Order.GO_ON;
      }
      nudged |= was != order;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// The turn is to end as soon as nothing is open in it.
  void finish() {
    lock.lock();
    try {
      order = order == Order.LEAVE ? order : Order.FINISH;
      nudged = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// The host stops.
  void leave() {
    lock.lock();
    try {
      order = Order.LEAVE;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  Activity activity() {
    lock.lock();
    try {
      return activity;
    } finally {
      lock.unlock();
    }
  }

  Order order() {
    lock.lock();
    try {
      return order;
    } finally {
      lock.unlock();
    }
  }

  boolean isRaised() {
    lock.lock();
    try {
      return raised;
    } finally {
      lock.unlock();
    }
  }
}
