package dev.nanoclaw.control;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// JSON-RPC 2.0, one message a line, as the control socket speaks it.
final class JsonRpc {

  static final int PARSE_ERROR = -32700;
  static final int INVALID_REQUEST = -32600;
  static final int UNKNOWN_METHOD = -32601;
  static final int INVALID_PARAMS = -32602;
  static final int INTERNAL_ERROR = -32603;

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private JsonRpc() {}

  /// An error that the other side is told.
  static final class RpcException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int code;

    RpcException(int code, String message) {
      super(message);
      this.code = code;
    }

    int code() {
      return code;
    }
  }

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static JsonNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  static <T> T value(JsonNode tree, Class<T> type) {
    return MAPPER.treeToValue(tree, type);
  }

  static String line(JsonNode message) {
    return MAPPER.writeValueAsString(message) + "\n";
  }

  /// @throws RpcException when the line is not a JSON object
  static ObjectNode parse(String line) {
    try {
      if (MAPPER.readTree(line) instanceof ObjectNode object) {
        return object;
      }
    } catch (JacksonException e) {
      throw new RpcException(PARSE_ERROR, "not JSON: " + e.getOriginalMessage());
    }
    throw new RpcException(INVALID_REQUEST, "not a JSON object");
  }

  static ObjectNode request(long id, String method, JsonNode params) {
    return notification(method, params).put("id", id);
  }

  static ObjectNode notification(String method, JsonNode params) {
    ObjectNode message = object().put("jsonrpc", "2.0").put("method", method);
    message.set("params", params);
    return message;
  }

  static ObjectNode result(JsonNode id, JsonNode result) {
    ObjectNode message = object().put("jsonrpc", "2.0");
    message.set("id", id);
    message.set("result", result);
    return message;
  }

  static ObjectNode error(JsonNode id, RpcException error) {
    ObjectNode message = object().put("jsonrpc", "2.0");
    message.set("id", id);
    message.putObject("error").put("code", error.code()).put("message", error.getMessage());
    return message;
  }
}
