package dev.nanoclaw.protocol;

import java.io.StringWriter;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/// The one JSON dialect of host and agent: snake_case names, every key written, unknown keys
/// ignored so that an older side understands a newer one, duplicate keys and deep nesting refused,
/// values of another type not bent into shape. A key may be missing only if its type is `Optional`.
///
/// Jackson's parser and its tree, without its mapper, which took 7 MB and 40 ms in every container.
public final class Json {

  private static final int MAX_DEPTH = 64;
  private static final int MAX_STRING = 64 * 1024 * 1024;

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxStringLength(MAX_STRING)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private Json() {}

  public static ObjectNode object() {
    return NODES.objectNode();
  }

  public static ArrayNode array() {
    return NODES.arrayNode();
  }

  /// One line of JSON without a line end: JSON escapes every line feed inside a text.
  ///
  /// @param value a tree, a record, or what can be in one
  public static String line(Object value) {
    StringWriter line = new StringWriter(256);
    try (JsonGenerator out = FACTORY.createGenerator(ObjectWriteContext.empty(), line)) {
      write(out, value);
    }
    return line.toString();
  }

  /// @return a missing node when there is nothing but white space
  /// @throws JacksonException when the text is not JSON
  public static JsonNode tree(String json) {
    try (JsonParser in = FACTORY.createParser(ObjectReadContext.empty(), json)) {
      JsonToken first = in.nextToken();
      JsonNode tree = first == null ? MissingNode.getInstance() : node(in, first);
      if (in.nextToken() != null) {
        throw new StreamReadException(in, "something stands behind the value");
      }
      return tree;
    }
  }

  /// @throws MalformedJsonException when the text is not JSON of that type; the message has the
  ///   place, not the content
  public static <T> T read(String json, Class<T> type) {
    return read(read(json), type);
  }

  /// @throws MalformedJsonException when the tree is not of that type
  static <T> T read(JsonNode tree, Class<T> type) {
    try {
      return type.cast(Binding.read(tree, type, ""));
    } catch (MalformedJsonException e) {
      throw new MalformedJsonException(e.getMessage() + " in a " + type.getSimpleName());
    }
  }

  /// @throws MalformedJsonException when the text is not JSON; the message has the place, not the
  ///   content
  static JsonNode read(String json) {
    try {
      return tree(json);
    } catch (JacksonException e) {
      throw new MalformedJsonException("not JSON" + place(e)); // Jackson's words repeat the text
    }
  }

  private static String place(JacksonException e) {
    TokenStreamLocation location = e.getLocation();
    return location == null
        ? ""
        : " at line " + location.getLineNr() + ", column " + location.getColumnNr();
  }

  private static JsonNode node(JsonParser in, JsonToken token) {
    return switch (token) {
      case START_OBJECT -> {
        ObjectNode object = NODES.objectNode();
        while (in.nextToken() != JsonToken.END_OBJECT) {
          String name = in.currentName();
          object.set(name, node(in, in.nextToken()));
        }
        yield object;
      }
      case START_ARRAY -> {
        ArrayNode array = NODES.arrayNode();
        for (JsonToken next = in.nextToken(); next != JsonToken.END_ARRAY; next = in.nextToken()) {
          array.add(node(in, next));
        }
        yield array;
      }
      case VALUE_NUMBER_INT ->
          switch (in.getNumberType()) {
            case INT -> NODES.numberNode(in.getIntValue());
            case LONG -> NODES.numberNode(in.getLongValue());
            default -> NODES.numberNode(in.getBigIntegerValue());
          };
      case VALUE_NUMBER_FLOAT -> NODES.numberNode(in.getDoubleValue());
      case VALUE_TRUE, VALUE_FALSE -> NODES.booleanNode(token == JsonToken.VALUE_TRUE);
      case VALUE_NULL -> NODES.nullNode();
      default -> NODES.stringNode(in.getString());
    };
  }

  private static void write(JsonGenerator out, Object value) {
    switch (value) {
      case JsonNode node when node.isObject() -> {
        out.writeStartObject();
        node.forEachEntry((name, it) -> write(out.writeName(name), it));
        out.writeEndObject();
      }
      case JsonNode node when node.isString() -> out.writeString(node.stringValue());
      case JsonNode node when node.isNumber() -> write(out, node.numberValue());
      case JsonNode node when node.isBoolean() -> out.writeBoolean(node.booleanValue());
      case JsonNode node when !node.isArray() -> out.writeNull();
      case Record it -> write(out, Binding.components(it));
      case Map<?, ?> map -> {
        out.writeStartObject();
        map.forEach((name, it) -> write(out.writeName(String.valueOf(name)), it));
        out.writeEndObject();
      }
      case Iterable<?> values -> {
        out.writeStartArray();
        values.forEach(it -> write(out, it));
        out.writeEndArray();
      }
      case Optional<?> it -> it.ifPresentOrElse(some -> write(out, some), out::writeNull);
      case Boolean it -> out.writeBoolean(it);
      case Double it -> out.writeNumber(it);
      case Number it -> out.writeNumber(it.toString());
      case Enum<?> it -> out.writeString(Binding.name(it));
      case String it -> out.writeString(it);
      default -> throw new IllegalArgumentException("not for JSON: " + value.getClass());
    }
  }
}
