package dev.nanoclaw.agent;

import dev.nanoclaw.protocol.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The hook before each Bash command: takes the credential's variables out of the command's
/// environment. They hold placeholders only; this is the second layer.
final class BashGuard {

  static final String CALLBACK = "bash-guard";

  private static final String PREFIX =
      "unset " + Credential.API_KEY + " " + Credential.OAUTH_TOKEN + "; ";

  private BashGuard() {}

  /// What `initialize` says about the hook. An error in it blocks the command.
  static ObjectNode hooks() {
    ObjectNode matcher = Json.mapper().createObjectNode();
    matcher.put("matcher", "Bash").put("timeout", 60).put("onFailure", "block");
    matcher.putArray("hookCallbackIds").add(CALLBACK);
    ObjectNode hooks = Json.mapper().createObjectNode();
    hooks.putArray("PreToolUse").add(matcher);
    return hooks;
  }

  /// Answers a `hook_callback`. Never fails: with an error as answer the command could run as it
  /// is.
  static ObjectNode answer(JsonNode request) {
    try {
      return request.path("callback_id").asString("").equals(CALLBACK)
              && request.path("input").path("tool_input") instanceof ObjectNode input
              && input.path("command").isString()
          ? allow(input)
          : deny("The command could not be read.");
    } catch (RuntimeException e) {
      return deny("The command could not be checked: " + e);
    }
  }

  private static ObjectNode allow(ObjectNode input) {
    String command = PREFIX + input.path("command").asString("");
    ObjectNode answer = Json.mapper().createObjectNode();
    output(answer, "allow").set("updatedInput", input.deepCopy().put("command", command));
    return answer;
  }

  private static ObjectNode deny(String reason) {
    ObjectNode answer = Json.mapper().createObjectNode();
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
