package dev.nanoclaw.db;

import dev.nanoclaw.domain.Group;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// What `registered_groups.container_config` holds: a JSON object in the form of earlier systems,
/// whose `timeout` is in milliseconds. Other members are left alone.
final class ContainerConfig {

  private static final Logger log = LoggerFactory.getLogger(ContainerConfig.class);
  private static final String TIMEOUT = "timeout";

  private ContainerConfig() {}

  static Optional<Duration> timeout(String json) {
    try {
      JsonNode timeout = JsonMapper.shared().readTree(json).path(TIMEOUT);
      if (timeout.isIntegralNumber() && timeout.asLong() > 0) {
        return Optional.of(Duration.ofMillis(timeout.asLong()));
      }
      if (!timeout.isMissingNode()) {
        log.warn("container_config '{}': timeout is not a number of milliseconds; ignored", json);
      }
    } catch (JacksonException e) {
      log.warn("container_config '{}' is not JSON; ignored: {}", json, e.getOriginalMessage());
    }
    return Optional.empty();
  }

  static String text(Duration timeout) {
    return "{\"%s\":%d}".formatted(TIMEOUT, timeout.toMillis());
  }

  /// The same with the group's timeout, or without one.
  static String changed(String json, Group group) {
    ObjectNode config = object(json);
    config.remove(TIMEOUT);
    group.timeout().ifPresent(it -> config.put(TIMEOUT, it.toMillis()));
    return JsonMapper.shared().writeValueAsString(config);
  }

  private static ObjectNode object(String json) {
    try {
      if (JsonMapper.shared().readTree(json) instanceof ObjectNode object) {
        return object;
      }
    } catch (JacksonException e) {
      log.warn("container_config '{}' is not JSON; replaced: {}", json, e.getOriginalMessage());
    }
    return JsonMapper.shared().createObjectNode();
  }
}
