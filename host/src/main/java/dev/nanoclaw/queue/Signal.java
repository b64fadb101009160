package dev.nanoclaw.queue;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// How a turn hears that there is more to do, or that the host stops.
public final class Signal {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock") private boolean raised;

  @GuardedBy("lock") private boolean leaving;

  @GuardedBy("lock") private boolean finishing;

  @GuardedBy("lock") private boolean interrupted;

  /// There may be more to do.
  public void raise() {
    lock.lock();
    try {
      raised = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// The host stops: the turn is to end and leave its container running.
  void leave() {
    lock.lock();
    try {
      leaving = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// The turn is to end as soon as nothing is open in it.
  void finish() {
    lock.lock();
    try {
      finishing = true;
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
      raised = true;
      changed.signalAll();
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

  /// Whether the turn is to end as soon as nothing is open in it.
  public boolean isFinishing() {
    lock.lock();
    try {
      return finishing;
    } finally {
      lock.unlock();
    }
  }

  /// Whether the host stops.
  public boolean isLeaving() {
    lock.lock();
    try {
      return leaving;
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

  /// Waits until the signal is raised, the host stops or the time is over, and lowers the signal.
  ///
  /// @return whether it was raised
  public boolean await(Duration time) {
    long left = time.toNanos();
    lock.lock();
    try {
      while (!raised && !leaving && left > 0) {
        left = changed.awaitNanos(left);
      }
      boolean was = raised;
      raised = false;
      return was;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      leaving = true;
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
      while (!leaving && left > 0) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      leaving = true;
    } finally {
      lock.unlock();
    }
  }
}
