package dev.nanoclaw.protocol;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What the host tells a new agent: the one line of JSON on the standard input of its container.
///
/// @param prompt everything that the model is to read at first
/// @param sessionId the Claude session to go on with; empty for a new one
/// @param secrets the credential by the name of its environment variable: `ANTHROPIC_API_KEY` or
///   `CLAUDE_CODE_OAUTH_TOKEN`
/// @param nonce must be in every frame, so that nothing else in the container can speak for the
///   runner
/// @param inputs the ids of the inputs that `prompt` holds
/// @param model a model name of Claude Code, or `default`
/// @param baseUrl the origin of the API, without a path
public record AgentRequest(
    String prompt,
    Optional<String> sessionId,
    String groupFolder,
    String chatJid,
    boolean isMain,
    boolean isScheduledTask,
    Map<String, String> secrets,
    String runId,
    String nonce,
    List<String> inputs,
    String assistantName,
    String timezone,
    String model,
    String baseUrl) {

  public AgentRequest {
    secrets = Map.copyOf(secrets);
    inputs = List.copyOf(inputs);
  }

  /// Without secrets: this text may end in a log.
  @Override
  public String toString() {
    return "AgentRequest[run " + runId + ", group " + groupFolder + ", inputs " + inputs + "]";
  }
}
