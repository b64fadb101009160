package dev.nanoclaw.protocol;

/// A file `input/<sortable id>.json`: something more for an agent that is already running.
///
/// @param type always `message`
/// @param id the input's id, which comes back in `acked` or `failed` of a frame
public record FollowUp(String type, String id, String text) {

  /// The name of the file that asks the agent to finish.
  public static final String CLOSE = "_close";

  /// The name of the file that asks the agent to break off the turn that runs. Its inputs count as
  /// done, in a success frame without result; without a turn nothing happens.
  public static final String INTERRUPT = "_interrupt";

  public static FollowUp message(String id, String text) {
    return new FollowUp("message", id, text);
  }
}
