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

  /// Answers a `hook_callback`. Never fails: an error as answer could let the command run as it is.
  static ObjectNode answer(JsonNode request) {
    ObjectNode answer = Json.mapper().createObjectNode();
    ObjectNode output = answer.putObject("hookSpecificOutput").put("hookEventName", "PreToolUse");
    JsonNode input = request.path("input").path("tool_input");
    JsonNode command = input.path("command");
    if (request.path("callback_id").asString("").equals(CALLBACK)
        && input instanceof ObjectNode object
        && command.isString()) {
      output.put("permissionDecision", "allow");
      output.set("updatedInput", object.deepCopy().put("command", PREFIX + command.asString("")));
    } else {
      output.put("permissionDecision", "deny");
      output.put("permissionDecisionReason", "The command could not be read.");
    }
    return answer;
  }
}
