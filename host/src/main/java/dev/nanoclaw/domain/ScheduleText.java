package dev.nanoclaw.domain;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads how intervals and points in time are written.
final class ScheduleText {

  private static final Pattern MILLISECONDS = Pattern.compile("[0-9]{1,15}");
  private static final Pattern UNITS =
      Pattern.compile(
          "(?:([0-9]{1,9})d)? ?(?:([0-9]{1,9})h)? ?(?:([0-9]{1,9})m)? ?(?:([0-9]{1,9})s)?");
  private static final Duration SHORTEST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofDays(3650);

  private static final DateTimeFormatter POINT =
      new DateTimeFormatterBuilder()
          .parseCaseInsensitive()
          .appendValue(ChronoField.YEAR, 4)
          .appendPattern("-MM-dd'T'HH:mm")
          .optionalStart()
          .appendPattern(":ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
          .optionalEnd()
          .appendPattern("[ ][XXX][XX][X]")
          .toFormatter(Locale.ROOT)
          .withResolverStyle(ResolverStyle.STRICT);

  private ScheduleText() {}

  /// Digits alone are milliseconds, as earlier systems store them.
  static Duration interval(String text) {
    Duration interval = duration(text);
    if (interval.compareTo(SHORTEST) < 0) {
      throw new IllegalArgumentException(
          "the interval '%s' is shorter than a second (digits alone are milliseconds): write 90s, 30m, 2h or 1d"
              .formatted(text));
    }
    if (interval.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "the interval '%s' is longer than ten years: write 90s, 30m, 2h or 1d".formatted(text));
    }
    return interval;
  }

  private static Duration duration(String text) {
    if (MILLISECONDS.matcher(text).matches()) {
      return Duration.ofMillis(Long.parseLong(text));
    }
    Matcher units = UNITS.matcher(text.toLowerCase(Locale.ROOT));
    if (text.isEmpty() || !units.matches()) {
      throw new IllegalArgumentException(
          "cannot read the interval '%s': write a number with its unit, such as 90s, 30m, 2h or 1d, or milliseconds in digits alone"
              .formatted(text));
    }
    return Duration.ofDays(number(units.group(1)))
        .plusHours(number(units.group(2)))
        .plusMinutes(number(units.group(3)))
        .plusSeconds(number(units.group(4)));
  }

  private static long number(@Nullable String digits) {
    return digits == null ? 0 : Long.parseLong(digits);
  }

  /// A local time that clocks skip moves on by what they skip; of one that comes twice it is the
  /// first.
  static Instant pointInTime(String text, ZoneId zone) {
    try {
      String iso = text.replaceFirst("^([0-9-]{10}) +", "$1T");
      return switch (POINT.parseBest(iso, ZonedDateTime::from, LocalDateTime::from)) {
        case ZonedDateTime zoned -> zoned.toInstant();
        case LocalDateTime local -> local.atZone(zone).toInstant();
        default -> throw new IllegalStateException("neither with a zone nor without: " + iso);
      };
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          "cannot read the time '%s': write 2026-12-01T09:00 for local time (%s), or add Z or an offset such as +01:00"
              .formatted(text, zone),
          e);
    }
  }
}
