package dev.nanoclaw.container;

import dev.nanoclaw.container.ContainerEngine.EngineException;
import dev.nanoclaw.protocol.Json;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// What Apple's `container` prints as JSON, in the shape of version 1.0 and in the one before.
final class AppleJson {

  private AppleJson() {}

  /// @param state `running`, `stopping`, `stopped` or `unknown`
  /// @param labels each as `key=value`
  record Listed(String name, String state, Set<String> labels) {}

  /// The answer to `ls --format json`.
  static List<Listed> containers(String json) {
    return array(json).valueStream().map(AppleJson::container).toList();
  }

  private static Listed container(JsonNode node) {
    JsonNode configuration = node.path("configuration");
    JsonNode status = node.path("status");
    return new Listed(
        configuration.path("id").asString(""),
        (status.isObject() ? status.path("state") : status).asString("unknown"),
        texts(configuration.path("labels")).entrySet().stream()
            .map(it -> it.getKey() + "=" + it.getValue())
            .collect(Collectors.toSet()));
  }

  /// The answer to `image inspect` about one image. Images are built here, so there is one variant,
  /// that of this machine; another's attestations have no configuration.
  static Optional<ImageInfo> image(String json) {
    return array(json)
        .valueStream()
        .findFirst()
        .map(image -> {
          JsonNode variant =
              image
                  .path("variants")
                  .valueStream()
                  .filter(it -> it.path("config").path("config").isObject())
                  .findFirst()
                  .orElse(image.path("variants").path(0));
          JsonNode config = variant.path("config");
          String digest = image.path("index").path("digest").asString("");
          return new ImageInfo(
              image.path("id").asString(digest),
              variant.path("size").asLong(0),
              time(config.path("created").asString("")),
              texts(config.path("config").path("Labels")));
        });
  }

  static Map<String, String> texts(JsonNode object) {
    Map<String, String> texts = new LinkedHashMap<>();
    object.propertyStream().forEach(it -> texts.put(it.getKey(), it.getValue().asString("")));
    return texts;
  }

  static Optional<Instant> time(String text) {
    try {
      return Optional.of(Instant.parse(text));
    } catch (DateTimeParseException _) {
      return Optional.empty();
    }
  }

  private static JsonNode array(String json) {
    try {
      JsonNode node = Json.tree(json);
      if (node.isArray()) {
        return node;
      }
    } catch (JacksonException _) {
      // told below
    }
    throw new EngineException(
        "container printed something that is not a JSON array: " + EngineCli.firstLine(json));
  }
}
