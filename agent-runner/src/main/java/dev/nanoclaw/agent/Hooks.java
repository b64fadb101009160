package dev.nanoclaw.agent;

import dev.nanoclaw.protocol.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The points at which the CLI asks us: before each Bash command and before each compaction.
final class Hooks {

  private static final String BASH = "bash-guard";
  private static final String COMPACTION = "archive";

  private final TranscriptArchive archive;

  Hooks(TranscriptArchive archive) {
    this.archive = archive;
  }

  /// What `initialize` says about them. An error before Bash blocks the command.
  static ObjectNode all() {
    ObjectNode hooks = Json.object();
    hook(hooks, "PreToolUse", BASH).put("matcher", "Bash").put("onFailure", "block");
    hook(hooks, "PreCompact", COMPACTION);
    return hooks;
  }

  private static ObjectNode hook(ObjectNode hooks, String event, String callback) {
    ObjectNode hook = hooks.putArray(event).addObject().put("timeout", 60);
    hook.putArray("hookCallbackIds").add(callback);
    return hook;
  }

  /// Answers a `hook_callback`.
  ObjectNode answer(JsonNode request) {
    return switch (request.path("callback_id").asString("")) {
      case BASH -> BashGuard.answer(request);
      case COMPACTION -> {
        archive.keep(request.path("input").path("transcript_path").asString(""));
        yield Json.object();
      }
      default -> BashGuard.deny("Nobody knows this hook.");
    };
  }
}
