package dev.nanoclaw.e2e;

import dev.nanoclaw.protocol.Json;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// One answer of the model as the Messages API sends it: whole, or as the events of a stream.
record Messages(String id, String model, List<ObjectNode> blocks, String stopReason) {

  ObjectNode whole() {
    ObjectNode message = head();
    message.putArray("content").addAll(blocks);
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
    List<JsonNode> events = new ArrayList<>(List.of(start));
    for (int i = 0; i < blocks.size(); i++) {
      events.addAll(events(blocks.get(i), i));
    }
    ObjectNode end = event("message_delta");
    end.putObject("delta").put("stop_reason", stopReason).putNull("stop_sequence");
    end.putObject("usage").put("output_tokens", 20);
    events.addAll(List.of(end, event("message_stop")));
    return List.copyOf(events);
  }

  private static List<JsonNode> events(ObjectNode block, int index) {
    ObjectNode opened = event("content_block_start").put("index", index);
    ObjectNode delta = event("content_block_delta").put("index", index);
    if (block.path("type").asString("").equals("tool_use")) {
      opened.set("content_block", withoutInput(block));
      String input = Json.line(block.path("input"));
      delta.putObject("delta").put("type", "input_json_delta").put("partial_json", input);
    } else {
      opened.putObject("content_block").put("type", "text").put("text", "");
      String text = block.path("text").asString("");
      delta.putObject("delta").put("type", "text_delta").put("text", text);
    }
    return List.of(opened, delta, event("content_block_stop").put("index", index));
  }

  private static ObjectNode withoutInput(ObjectNode block) {
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
