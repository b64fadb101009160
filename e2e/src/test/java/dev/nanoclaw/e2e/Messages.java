package dev.nanoclaw.e2e;

import dev.nanoclaw.protocol.Json;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// One answer of the model with one content block, as the Messages API sends it: whole, or as the
/// events of a stream.
record Messages(String id, String model, ObjectNode block, String stopReason) {

  ObjectNode whole() {
    ObjectNode message = head();
    message.putArray("content").add(block);
    message.put("stop_reason", stopReason);
    ((ObjectNode) message.path("usage")).put("output_tokens", 20);
    return message;
  }

  List<JsonNode> events() {
    ObjectNode start = event("message_start");
    ObjectNode message = head();
    message.putArray("content");
    message.putNull("stop_reason");
    start.set("message", message);

    ObjectNode opened = event("content_block_start").put("index", 0);
    ObjectNode delta = event("content_block_delta").put("index", 0);
    if (block.path("type").asString("").equals("tool_use")) {
      opened.set("content_block", withoutInput());
      String input = Json.line(block.path("input"));
      delta.putObject("delta").put("type", "input_json_delta").put("partial_json", input);
    } else {
      opened.putObject("content_block").put("type", "text").put("text", "");
      String text = block.path("text").asString("");
      delta.putObject("delta").put("type", "text_delta").put("text", text);
    }

    ObjectNode end = event("message_delta");
    end.putObject("delta").put("stop_reason", stopReason).putNull("stop_sequence");
    end.putObject("usage").put("output_tokens", 20);
    ObjectNode closed = event("content_block_stop").put("index", 0);
    return List.of(start, opened, delta, closed, end, event("message_stop"));
  }

  private ObjectNode withoutInput() {
    ObjectNode copy = block.deepCopy();
    copy.putObject("input");
    return copy;
  }

  private ObjectNode head() {
    ObjectNode message = Json.object();
    message.put("id", id).put("type", "message").put("role", "assistant").put("model", model);
    message.putNull("stop_sequence");
    message
        .putObject("usage")
        .put("input_tokens", 100)
        .put("cache_creation_input_tokens", 0)
        .put("cache_read_input_tokens", 0)
        .put("output_tokens", 1);
    return message;
  }

  private static ObjectNode event(String type) {
    return Json.object().put("type", type);
  }
}
