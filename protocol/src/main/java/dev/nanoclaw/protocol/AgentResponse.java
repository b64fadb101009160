package dev.nanoclaw.protocol;

import java.util.Optional;

/// The host's answer to an agent's request: what it did, or why it did nothing.
///
/// @param text for the model, when `ok`
/// @param taskId the task that it is about
/// @param error for the model, when not `ok`
public record AgentResponse(
    boolean ok, Optional<String> text, Optional<String> taskId, Optional<String> error) {

  public static AgentResponse done(String text) {
    return new AgentResponse(true, Optional.of(text), Optional.empty(), Optional.empty());
  }

  public static AgentResponse done(String text, String taskId) {
    return new AgentResponse(true, Optional.of(text), Optional.of(taskId), Optional.empty());
  }

  public static AgentResponse refused(String error) {
    return new AgentResponse(false, Optional.empty(), Optional.empty(), Optional.of(error));
  }
}
