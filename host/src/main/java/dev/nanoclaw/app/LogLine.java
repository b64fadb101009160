package dev.nanoclaw.app;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A line of a log, for a person at a terminal.
public final class LogLine {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS", Locale.ROOT);

  private LogLine() {}

  /// What [JsonLines] wrote as time, level, class, message and stack trace; anything else as it is.
  public static String readable(String line, ZoneId zone) {
    try {
      JsonNode event = JsonMapper.shared().readTree(line);
      if (event.isObject() && event.has("message")) {
        String logger = text(event, "logger");
        String trace = text(event, "error").stripTrailing();
        return harmless(
            "%s %-5s %s: %s%s"
                .formatted(
                    time(text(event, "time"), zone),
                    text(event, "level"),
                    logger.substring(logger.lastIndexOf('.') + 1),
                    text(event, "message"),
                    trace.isEmpty() ? "" : "\n" + trace));
      }
    } catch (JacksonException _) {
      // not JSON: shown as it is
    }
    return harmless(line);
  }

  /// Without control characters, which could do something to a terminal.
  public static String harmless(String text) {
    return text.replaceAll("[\\p{Cc}&&[^\n\t]]", "\uFFFD");
  }

  private static String text(JsonNode event, String key) {
    return event.path(key).asString("");
  }

  private static String time(String text, ZoneId zone) {
    try {
      return TIME.withZone(zone).format(Instant.parse(text));
    } catch (DateTimeParseException _) {
      return text;
    }
  }
}
