package dev.nanoclaw.domain;

import java.time.Instant;
import java.util.Optional;

/// The life of one container, as the database remembers it.
///
/// @param engine the name of the engine that runs it
/// @param nonce what its frames must hold
/// @param outputRead position in its output behind the last frame that was taken, in bytes
/// @param turnSince since when a turn is open without a word from the agent; empty while it waits
/// @param waitingSince since when it waits; empty while a turn is open
public record AgentRun(
    String runId,
    Lane lane,
    String container,
    String engine,
    String nonce,
    long outputRead,
    Optional<Instant> turnSince,
    Optional<Instant> waitingSince,
    Instant startedAt) {

  public GroupFolder group() {
    return lane.group();
  }

  /// Why a run is over.
  public enum EndReason {
    /// The agent finished by itself.
    COMPLETED,
    /// Closed after it had waited long enough.
    IDLE,
    /// Closed to make room for another group.
    PREEMPTED,
    /// No sign of the agent within its time limit.
    TIMEOUT,
    /// Ended from outside.
    KILLED,
    /// The container ended with an error.
    CRASHED,
    /// The container vanished, with its engine or machine.
    LOST
  }
}
