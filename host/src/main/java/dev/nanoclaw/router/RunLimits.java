package dev.nanoclaw.router;

import dev.nanoclaw.domain.AgentRun.EndReason;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// The time limits of one run: how long a turn may be silent, how long the container may wait for
/// more, and how it is ended then, step by step. Used by one thread.
final class RunLimits {

  static final Duration CLOSE_GRACE = Duration.ofSeconds(10);
  static final Duration STOP_GRACE = Duration.ofSeconds(5);
  private static final Duration STOP_DEADLINE = Duration.ofSeconds(15);
  private static final Duration KILL_DEADLINE = Duration.ofSeconds(10);

  private final Duration timeout;
  private final Duration idleTimeout;
  private Phase phase = Phase.OPEN;
  private Instant since;
  private boolean turnOpen;
  private Optional<EndReason> reason = Optional.empty();

  private enum Phase {
    OPEN,
    CLOSING,
    STOPPING,
    KILLING
  }

  /// What is to be done to the container now.
  enum Step {
    NOTHING,
    ASK_TO_CLOSE,
    STOP,
    KILL,
    REMOVE
  }

  /// @param timeout for a turn without a word
  /// @param idleTimeout between turns
  RunLimits(Duration timeout, Duration idleTimeout, boolean turnOpen, Instant since) {
    this.timeout = timeout;
    this.idleTimeout = idleTimeout;
    this.turnOpen = turnOpen;
    this.since = since;
  }

  /// Whether the container takes more input.
  boolean isOpen() {
    return phase == Phase.OPEN;
  }

  boolean isTurnOpen() {
    return turnOpen;
  }

  /// Why the container was asked to end.
  Optional<EndReason> reason() {
    return reason;
  }

  /// The agent got something to do.
  ///
  /// @return whether that opened a turn
  boolean gave(Instant now) {
    boolean opens = isOpen() && !turnOpen;
    if (opens) {
      turnOpen = true;
      since = now;
    }
    return opens;
  }

  /// The clock went by that much more than time, or back.
  void clockJumped(Duration by) {
    since = since.plus(by);
  }

  /// The agent said something.
  void heard(boolean turnStillOpen, Instant now) {
    if (isOpen()) {
      turnOpen = turnStillOpen;
      since = now;
    }
  }

  /// Begins to end the container.
  Step close(EndReason why, Instant now) {
    if (!isOpen()) {
      return Step.NOTHING;
    }
    reason = Optional.of(why);
    return enter(Phase.CLOSING, Step.ASK_TO_CLOSE, now);
  }

  /// Ends the container without asking it.
  Step kill(EndReason why, Instant now) {
    if (phase == Phase.KILLING) {
      return Step.NOTHING;
    }
    reason = reason.or(() -> Optional.of(why));
    return enter(Phase.KILLING, Step.KILL, now);
  }

  /// The step that is due; each is returned once, but the last again and again.
  Step due(Instant now) {
    if (!untilDue(now).isZero()) {
      return Step.NOTHING;
    }
    return switch (phase) {
      case OPEN -> close(turnOpen ? EndReason.TIMEOUT : EndReason.IDLE, now);
      case CLOSING -> enter(Phase.STOPPING, Step.STOP, now);
      case STOPPING -> enter(Phase.KILLING, Step.KILL, now);
      case KILLING -> enter(Phase.KILLING, Step.REMOVE, now);
    };
  }

  /// How long no step will be due, if nothing happens meanwhile.
  Duration untilDue(Instant now) {
    Duration limit =
        switch (phase) {
          case OPEN -> turnOpen ? timeout : idleTimeout;
          case CLOSING -> CLOSE_GRACE;
          case STOPPING -> STOP_DEADLINE;
          case KILLING -> KILL_DEADLINE;
        };
    Duration left = Duration.between(now, since.plus(limit));
    return left.isNegative() ? Duration.ZERO : left;
  }

  private Step enter(Phase next, Step step, Instant now) {
    phase = next;
    since = now;
    return step;
  }
}
