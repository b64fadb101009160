package dev.nanoclaw.jsonrpc;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// JSON-RPC 2.0, one message a line.
public final class JsonRpc {

  public static final int PARSE_ERROR = -32700;
  public static final int INVALID_REQUEST = -32600;
  public static final int UNKNOWN_METHOD = -32601;
  public static final int INVALID_PARAMS = -32602;
  public static final int INTERNAL_ERROR = -32603;

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private JsonRpc() {}

  /// An error that the other side is told.
  public static final class RpcException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int code;

    public RpcException(int code, String message) {
      super(message);
      this.code = code;
    }

    public int code() {
      return code;
    }
  }

  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  public static JsonNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  public static <T> T value(JsonNode tree, Class<T> type) {
    return MAPPER.treeToValue(tree, type);
  }

  public static String line(JsonNode message) {
    return MAPPER.writeValueAsString(message) + "\n";
  }

  /// @throws RpcException when the line is not a JSON object
  public static ObjectNode parse(String line) {
    try {
      if (MAPPER.readTree(line) instanceof ObjectNode object) {
        return object;
      }
    } catch (JacksonException e) {
      throw new RpcException(PARSE_ERROR, "not JSON: " + e.getOriginalMessage());
    }
    throw new RpcException(INVALID_REQUEST, "not a JSON object");
  }

  public static ObjectNode request(long id, String method, JsonNode params) {
    return notification(method, params).put("id", id);
  }

  public static ObjectNode notification(String method, JsonNode params) {
    ObjectNode message = object().put("jsonrpc", "2.0").put("method", method);
    message.set("params", params);
    return message;
  }

  public static ObjectNode result(JsonNode id, JsonNode result) {
    ObjectNode message = object().put("jsonrpc", "2.0");
    message.set("id", id);
    message.set("result", result);
    return message;
  }

  public static ObjectNode error(JsonNode id, RpcException error) {
    ObjectNode message = object().put("jsonrpc", "2.0");
    message.set("id", id);
    message.putObject("error").put("code", error.code()).put("message", error.getMessage());
    return message;
  }
}
