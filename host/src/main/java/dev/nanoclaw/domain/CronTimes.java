package dev.nanoclaw.domain;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// The times that a cron expression names in a zone.
///
/// The library knows fields and calendar, and is asked in a calendar without clock changes; what
/// happens at these is decided here, as in Vixie cron. With fixed hours, a time that clocks skip
/// comes right after the change, and one that they show twice comes the first time. An expression
/// for every hour follows real time. Nothing else loads the library, so a host without such tasks
/// does not.
final class CronTimes {

  /// No two times lie closer together.
  static final Duration SHORTEST = Duration.ofMinutes(1);

  private static final CronParser PARSER =
      new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));
  private static final Pattern KNOWN_SIGNS = Pattern.compile("[0-9A-Za-z*,/-]+");
  private static final Set<String> EVERY_HOUR = Set.of("*", "*/1", "0-23");
  private static final ZonedDateTime LONG_AGO =
      LocalDateTime.of(2000, 1, 1, 0, 0).atZone(ZoneOffset.UTC);
  private static final List<Field> FIELDS =
      List.of(
          new Field("minute", "0 to 59"),
          new Field("hour", "0 to 23"),
          new Field("day of the month", "1 to 31"),
          new Field("month", "1 to 12 or JAN to DEC"),
          new Field("day of the week", "0 to 7 (0 and 7 are Sunday) or SUN to SAT"));

  private record Field(String name, String range) {}

  private final ExecutionTime calendar;
  private final boolean everyHour;
  private final ZoneRules rules;

  private CronTimes(ExecutionTime calendar, boolean everyHour, ZoneRules rules) {
    this.calendar = calendar;
    this.everyHour = everyHour;
    this.rules = rules;
  }

  /// @throws IllegalArgumentException with a text that says what is wrong and how a right one looks
  static void check(String expression) {
    String[] fields = fields(expression);
    if (fields.length != FIELDS.size()) {
      throw new IllegalArgumentException(
          "cron '%s' has %d fields and not five: minute, hour, day of the month, month, day of the week, such as 0 9 * * 1-5"
              .formatted(expression, fields.length));
    }
    for (int i = 0; i < fields.length; i++) {
      check(expression, fields[i], i);
    }
    if (calendar(fields).nextExecution(LONG_AGO).isEmpty()) {
      throw new IllegalArgumentException(
          "cron '%s' never runs: none of its months has that day".formatted(expression));
    }
  }

  /// @param expression that was checked
  static CronTimes of(String expression, ZoneId zone) {
    String[] fields = fields(expression);
    return new CronTimes(calendar(fields), EVERY_HOUR.contains(fields[1]), zone.getRules());
  }

  /// For the library Sunday is the last day.
  private static String[] fields(String expression) {
    return expression.replaceAll("(?i)\\bSUN-", "0-").split(" ", -1);
  }

  private static ExecutionTime calendar(String[] fields) {
    return ExecutionTime.forCron(PARSER.parse(String.join(" ", fields)));
  }

  /// The library names the value and not the field, so it gets one at a time.
  private static void check(String expression, String text, int index) {
    try {
      if (!KNOWN_SIGNS.matcher(text).matches()) {
        throw new IllegalArgumentException("unknown sign");
      }
      String[] alone = new String[FIELDS.size()];
      Arrays.fill(alone, "*");
      alone[index] = text;
      var _ = PARSER.parse(String.join(" ", alone));
    } catch (IllegalArgumentException e) {
      Field field = FIELDS.get(index);
      throw new IllegalArgumentException(
          "cron '%s': the %s cannot be '%s'; it goes from %s, as one value, * for all, a range such as 1-5, a list such as 1,3 or a step such as */2"
              .formatted(expression, field.name(), text, field.range()),
          e);
    }
  }

  /// The first of them after that.
  Optional<Instant> after(Instant now) {
    return everyHour ? inRealTime(now) : byTheClock(now);
  }

  /// Goes from one clock change to the next; between two there is one offset.
  private Optional<Instant> inRealTime(Instant now) {
    Instant from = now;
    while (true) {
      ZoneOffset offset = rules.getOffset(from);
      Optional<Instant> next =
          localAfter(LocalDateTime.ofInstant(from, offset)).map(it -> it.toInstant(offset));
      ZoneOffsetTransition change = rules.nextTransition(from);
      if (next.isEmpty() || change == null || next.get().isBefore(change.getInstant())) {
        return next;
      }
      if (matches(change.getDateTimeAfter())) {
        return Optional.of(change.getInstant());
      }
      from = change.getInstant();
    }
  }

  private boolean matches(LocalDateTime time) {
    return localAfter(time.minusMinutes(1)).filter(time::equals).isPresent();
  }

  private Optional<Instant> byTheClock(Instant now) {
    LocalDateTime from = LocalDateTime.ofInstant(now, rules.getOffset(now));
    Optional<LocalDateTime> next = localAfter(from);
    while (next.isPresent() && !instant(next.get()).isAfter(now)) { // shown for the second time
      next = localAfter(next.get());
    }
    return next.map(this::instant);
  }

  private Instant instant(LocalDateTime time) {
    ZoneOffsetTransition change = rules.getTransition(time);
    return change != null && change.isGap()
        ? change.getInstant()
        : time.toInstant(change == null ? rules.getOffset(time) : change.getOffsetBefore());
  }

  private Optional<LocalDateTime> localAfter(LocalDateTime time) {
    return calendar
        .nextExecution(time.truncatedTo(ChronoUnit.MINUTES).atZone(ZoneOffset.UTC))
        .map(ZonedDateTime::toLocalDateTime);
  }
}
