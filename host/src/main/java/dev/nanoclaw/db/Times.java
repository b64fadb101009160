package dev.nanoclaw.db;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/// Points in time as the database holds them: ISO-8601 UTC with milliseconds, so that text sorts as
/// time does.
final class Times {

  private static final DateTimeFormatter FORMAT =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

  private Times() {}

  static String text(Instant instant) {
    return FORMAT.format(instant);
  }

  static Instant instant(String text) {
    return Instant.parse(text);
  }
}
