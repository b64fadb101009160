package dev.nanoclaw.agent;

import dev.nanoclaw.protocol.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The hook before each Bash command: takes the credential's variables out of the command's
/// environment. They hold placeholders only; this is the second layer.
final class BashGuard {

  private static final String PREFIX =
      "unset " + Credential.API_KEY + " " + Credential.OAUTH_TOKEN + "; ";

  private BashGuard() {}

  /// Answers the hook. Never fails: with an error as answer the command could run as it is.
  static ObjectNode answer(JsonNode request) {
    try {
      return request.path("input").path("tool_input") instanceof ObjectNode input
              && input.path("command").isString()
          ? allow(input)
          : deny("The command could not be read.");
    } catch (RuntimeException e) {
      return deny("The command could not be checked: " + e);
    }
  }

  private static ObjectNode allow(ObjectNode input) {
    String command = PREFIX + input.path("command").asString("");
    ObjectNode answer = Json.object();
    output(answer, "allow").set("updatedInput", input.deepCopy().put("command", command));
    return answer;
  }

  static ObjectNode deny(String reason) {
    ObjectNode answer = Json.object();
    output(answer, "deny").put("permissionDecisionReason", reason);
    return answer;
  }

  private static ObjectNode output(ObjectNode answer, String decision) {
    return answer
        .putObject("hookSpecificOutput")
        .put("hookEventName", "PreToolUse")
        .put("permissionDecision", decision);
  }
}
