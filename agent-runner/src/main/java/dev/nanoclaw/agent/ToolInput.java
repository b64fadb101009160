package dev.nanoclaw.agent;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// What is wrong with a tool's arguments, in words after which a model can do it right. Knows as
/// much of JSON Schema as the tools' schemas use.
final class ToolInput {

  /// Arguments that may name a file where the rest stands.
  private static final Set<String> PROSE = Set.of("text", "prompt");

  private final List<String> problems = new ArrayList<>();

  private ToolInput() {}

  /// @return empty when nothing is wrong
  static List<String> problems(JsonNode schema, JsonNode arguments) {
    ToolInput input = new ToolInput();
    input.check(schema, arguments, "");
    return List.copyOf(input.problems);
  }

  private void check(JsonNode schema, JsonNode value, String name) {
    switch (schema.path("type").asString("")) {
      case "object" -> object(schema, value, name);
      case "boolean" -> require(value.isBoolean(), name, "true or false, without quotes");
      case "integer" ->
          require(
              value.isIntegralNumber() && value.canConvertToLong(),
              name,
              "a whole number, without quotes");
      default -> {
        if (require(value.isString(), name, "a text in quotes")) {
          text(schema, value.stringValue(), name);
        }
      }
    }
  }

  private void object(JsonNode schema, JsonNode value, String name) {
    if (!require(value.isObject(), name.isEmpty() ? "the input" : name, "an object")) {
      return;
    }
    String prefix = name.isEmpty() ? "" : name + ".";
    JsonNode properties = schema.path("properties");
    for (JsonNode required : schema.path("required")) {
      if (value.path(required.stringValue()).isMissingNode()) {
        problems.add(prefix + required.stringValue() + " is missing");
      }
    }
    value.forEachEntry((key, it) -> {
      if (properties.has(key)) {
        check(properties.path(key), it, prefix + key);
      } else {
        problems.add(
            prefix + key + " is not known here, only " + List.copyOf(properties.propertyNames()));
      }
    });
    if (value.size() < schema.path("minProperties").asInt(0)) {
      List<String> required =
          schema.path("required").valueStream().map(JsonNode::stringValue).toList();
      problems.add(
          "say what is to be changed: one of "
              + properties.propertyNames().stream().filter(it -> !required.contains(it)).toList());
    }
  }

  private void text(JsonNode schema, String text, String name) {
    int most = schema.path("maxLength").asInt(Integer.MAX_VALUE);
    List<String> known = schema.path("enum").valueStream().map(JsonNode::stringValue).toList();
    if (text.isBlank()) {
      problems.add(name + " is empty");
    } else if (!known.isEmpty() && !known.contains(text)) {
      problems.add(name + " must be one of " + known);
    } else if (text.length() > most) {
      problems.add(
          "%s has %d characters, and at most %d are allowed%s"
              .formatted(
                  name,
                  text.length(),
                  most,
                  PROSE.contains(name) ? ": put the long part into a file" : ""));
    }
  }

  private boolean require(boolean right, String name, String what) {
    if (!right) {
      problems.add(name + " must be " + what);
    }
    return right;
  }
}
