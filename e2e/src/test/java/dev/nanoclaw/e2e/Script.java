package dev.nanoclaw.e2e;

import dev.nanoclaw.protocol.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What the stand-in's model does: `<<SCRIPT [step, …] SCRIPT>>` in the newest prompt, one step for
/// each of its answers since.
///
/// - `{"text": "hello"}`
/// - `{"tool": "Bash", "input": {"command": "…", "description": "…"}}` where `{soon}` is a time
///   some seconds from now
/// - `{"tools": [{"tool": …, "input": …}, …]}`: several at once
/// - `{"echo_tool_result": true}`: says what the tool gave back
/// - `{"text": "long ", "repeat": 1000}`
/// - `{"text": "half", "ending": "silence"}`, or `"cut"`: a stream without its end
/// - `{"status": 429, "type": "rate_limit_error", "message": "…", "headers": {"retry-after":
///   "400"}}`
///
/// Each with `"delay_ms": 500` if wanted. The script may be XML-escaped, as the host escapes
/// messages. Without a script, and after its last step, the model says `ECHO: ` and the prompt's
/// end.
final class Script {

  private static final Pattern MARKED =
      Pattern.compile("<<SCRIPT\\s*(\\[.*?\\])\\s*SCRIPT>>", Pattern.DOTALL);
  private static final int TAIL = 500;
  private static final Duration SOON = Duration.ofSeconds(3);

  private Script() {}

  /// What the model answers, after a delay and with headers of its own.
  record Reply(Content content, long delayMs, Map<String, String> headers, Ending ending) {

    static Reply plain(Content content) {
      return new Reply(content, 0, Map.of(), Ending.WHOLE);
    }
  }

  /// How a stream ends.
  enum Ending {
    WHOLE,
    SILENCE,
    CUT
  }

  sealed interface Content {
    record Blocks(List<ObjectNode> blocks, String stopReason) implements Content {}

    record Failure(int status, String type, String message) implements Content {}
  }

  static Reply reply(JsonNode request) {
    List<JsonNode> messages = new ArrayList<>();
    request.path("messages").forEach(messages::add);
    int prompt = messages.size() - 1;
    while (prompt > 0 && !isPrompt(messages.get(prompt))) {
      prompt--;
    }
    if (prompt < 0) {
      return Reply.plain(text("ECHO: "));
    }
    int step = 0;
    for (JsonNode message : messages.subList(prompt, messages.size())) {
      step += message.path("role").asString("").equals("assistant") ? 1 : 0;
    }
    String promptText = allText(messages.get(prompt));
    JsonNode script = script(promptText);
    if (step < script.size()) {
      return reply(script.get(step), messages, request);
    }
    return Reply.plain(text("ECHO: " + tail(messages.get(prompt))));
  }

  /// The text of a message, of its tool results too.
  static String allText(JsonNode message) {
    JsonNode content = message.path("content");
    if (content.isString()) {
      return content.asString("");
    }
    StringBuilder text = new StringBuilder();
    for (JsonNode block : content) {
      text.append(block.path("text").asString("")).append('\n');
      if (isToolResult(block)) {
        text.append(allText(block));
      }
    }
    return text.toString();
  }

  /// A step that stands outside the prompt.
  static Reply step(String step, JsonNode request) {
    List<JsonNode> messages = request.path("messages").valueStream().toList();
    return reply(Json.tree(step), messages, request);
  }

  private static Reply reply(JsonNode step, List<JsonNode> messages, JsonNode request) {
    Map<String, String> headers = new HashMap<>();
    step.path("headers")
        .properties()
        .forEach(it -> headers.put(it.getKey(), it.getValue().asString("")));
    return new Reply(
        content(step, messages, request),
        step.path("delay_ms").asLong(0),
        headers,
        Ending.valueOf(step.path("ending").asString("whole").toUpperCase(Locale.ROOT)));
  }

  private static Content content(JsonNode step, List<JsonNode> messages, JsonNode request) {
    if (step.has("status")) {
      int status = step.path("status").asInt(500);
      return new Content.Failure(
          status,
          step.path("type").asString(errorType(status)),
          step.path("message").asString("scripted " + status));
    }
    if (step.has("tool")) {
      return new Content.Blocks(List.of(toolUse(step, 0)), "tool_use");
    }
    if (step.has("tools")) {
      List<ObjectNode> blocks = new ArrayList<>();
      step.path("tools").forEach(it -> blocks.add(toolUse(it, blocks.size())));
      return new Content.Blocks(List.copyOf(blocks), "tool_use");
    }
    if (step.path("echo_tool_result").asBoolean(false)) {
      return text("TOOL: " + newestToolResult(messages));
    }
    String text = step.path("text").asString("no such step: " + request.path("model"));
    return text(text.repeat(step.path("repeat").asInt(1)));
  }

  private static ObjectNode toolUse(JsonNode step, int index) {
    ObjectNode block = Json.object().put("type", "tool_use");
    block.put("id", "toolu_" + System.nanoTime() + "_" + index);
    String input = Json.line(step.path("input")).replace("{soon}", "" + Instant.now().plus(SOON));
    block.put("name", step.path("tool").asString("")).set("input", Json.tree(input));
    return block;
  }

  private static String errorType(int status) {
    return switch (status) {
      case 401 -> "authentication_error";
      case 403 -> "permission_error";
      case 404 -> "not_found_error";
      case 429 -> "rate_limit_error";
      case 529 -> "overloaded_error";
      default -> status < 500 ? "invalid_request_error" : "api_error";
    };
  }

  private static JsonNode script(String text) {
    for (String candidate : List.of(text, unescaped(text))) {
      Matcher matcher = MARKED.matcher(candidate);
      if (matcher.find()) {
        try {
          return Json.tree(matcher.group(1));
        } catch (JacksonException e) {
          return Json.array().add(problem(e.getOriginalMessage()));
        }
      }
    }
    return Json.array();
  }

  private static ObjectNode problem(String message) {
    return Json.object().put("text", "BROKEN SCRIPT: " + message);
  }

  private static String unescaped(String text) {
    return text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
  }

  /// A message of a person, not the result of a tool; what the CLI adds to one is beside it.
  private static boolean isPrompt(JsonNode message) {
    if (!message.path("role").asString("").equals("user")) {
      return false;
    }
    for (JsonNode block : message.path("content")) {
      if (isToolResult(block)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isToolResult(JsonNode block) {
    return block.path("type").asString("").equals("tool_result");
  }

  /// Behind it there may be a message that joined the turn.
  private static String newestToolResult(List<JsonNode> messages) {
    for (JsonNode message : messages.reversed()) {
      for (JsonNode block : message.path("content")) {
        if (isToolResult(block)) {
          return allText(block);
        }
      }
    }
    return "";
  }

  private static String tail(JsonNode prompt) {
    String last = prompt.path("content").asString("");
    for (JsonNode block : prompt.path("content")) {
      String text = block.path("text").asString("");
      if (!text.isBlank() && !text.startsWith("<system-reminder>")) {
        last = text;
      }
    }
    return last.substring(Math.max(0, last.length() - TAIL));
  }

  private static Content text(String text) {
    ObjectNode block = Json.object().put("type", "text").put("text", text);
    return new Content.Blocks(List.of(block), "end_turn");
  }
}
