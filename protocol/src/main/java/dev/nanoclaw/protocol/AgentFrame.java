package dev.nanoclaw.protocol;

import java.util.List;
import java.util.Optional;

/// What the runner says at the end of each turn.
///
/// @param result what the chat is to read; empty when the turn ended without words
/// @param newSessionId the session that the next run goes on with
/// @param error one sentence for a person, when `status` is `error`
/// @param acked inputs that this turn dealt with
/// @param failed inputs that were in this turn and have to be given again
/// @param idle nothing is pending inside: the container waits for more
/// @param usage tokens and cost as Claude Code reported them
public record AgentFrame(
    String nonce,
    Status status,
    Optional<String> result,
    Optional<String> newSessionId,
    Optional<String> error,
    Optional<ErrorKind> errorKind,
    List<String> acked,
    List<String> failed,
    boolean idle,
    Optional<Usage> usage) {

  public AgentFrame {
    acked = List.copyOf(acked);
    failed = List.copyOf(failed);
  }

  /// How a turn ended.
  public enum Status {
    SUCCESS,
    ERROR
  }

  /// Why a turn failed: who has to act, and whether the input is to blame.
  public enum ErrorKind {
    /// 401, 403, no key, no credit.
    AUTH,
    /// 429.
    RATE_LIMIT,
    /// 5xx and 529.
    OVERLOADED,
    /// No connection to the API.
    NETWORK,
    /// A model that does not exist or may not be used.
    MODEL,
    /// The session to resume is gone.
    SESSION_LOST,
    OTHER;

    /// Trouble that no message caused: the group waits, nothing is counted against the input.
    public boolean parksTheGroup() {
      return switch (this) {
        case AUTH, RATE_LIMIT, OVERLOADED, NETWORK, MODEL -> true;
        case SESSION_LOST, OTHER -> false;
      };
    }
  }

  /// Tokens of the turn and cost of the session in US dollars.
  public record Usage(long inputTokens, long outputTokens, double totalCostUsd) {}
}
