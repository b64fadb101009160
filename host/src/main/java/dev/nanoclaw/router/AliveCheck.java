package dev.nanoclaw.router;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.nanoclaw.container.ContainerEngine.EngineException;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks the engine whether a container runs, on a thread of its own: an engine may hang, and a
/// run's output, limits and commands must not wait for it.
final class AliveCheck {

  private static final Logger log = LoggerFactory.getLogger(AliveCheck.class);

  private final String runId;
  private final BooleanSupplier question;
  private final Runnable answered;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock") private boolean asking;

  @GuardedBy("lock") private boolean askAgain;

  @GuardedBy("lock") private Optional<Answer> answer = Optional.empty();

  /// What the engine said.
  enum Answer {
    RUNNING,
    GONE,
    /// The engine did not answer, which says nothing about the container.
    SILENCE
  }

  /// @param answered is called after each answer
  AliveCheck(String runId, BooleanSupplier question, Runnable answered) {
    this.runId = runId;
    this.question = question;
    this.answered = answered;
  }

  /// Asks, unless a question is open.
  void ask() {
    lock.lock();
    try {
      if (!asking) {
        asking = true;
        Thread.ofVirtual().name("alive-" + runId).start(this::run);
      }
    } finally {
      lock.unlock();
    }
  }

  /// Asks; what was answered before or is being asked does not count any more.
  void askAnew() {
    lock.lock();
    try {
      answer = Optional.empty();
      askAgain = asking;
      ask();
    } finally {
      lock.unlock();
    }
  }

  /// The newest answer, once.
  Optional<Answer> take() {
    lock.lock();
    try {
      Optional<Answer> taken = answer;
      answer = Optional.empty();
      return taken;
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    Answer found = Answer.SILENCE;
    try {
      found = question.getAsBoolean() ? Answer.RUNNING : Answer.GONE;
    } catch (EngineException e) {
      log.warn("Run {}: {}; asking again", runId, e.getMessage());
    }
    lock.lock();
    try {
      asking = false;
      if (askAgain) {
        askAgain = false;
        ask();
      } else {
        answer = Optional.of(found);
      }
    } finally {
      lock.unlock();
    }
    answered.run();
  }
}
