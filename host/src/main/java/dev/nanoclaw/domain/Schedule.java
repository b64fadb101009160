package dev.nanoclaw.domain;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;

/// When a task runs.
public sealed interface Schedule {

  /// A longer one would take long to read, and says nothing that a shorter one cannot.
  int LONGEST = 200;

  /// At the times that a cron expression of five fields names.
  ///
  /// @param zone whose clocks it means
  record Cron(String expression, ZoneId zone) implements Schedule {

    private static final int COMPARED = 100;

    /// @throws IllegalArgumentException when there are no such times, with a text that says why
    public Cron {
      CronTimes.check(expression);
    }

    @Override
    public Optional<Instant> next(Instant due, Instant now) {
      return CronTimes.of(expression, zone).after(now);
    }

    @Override
    public Instant begin(Instant now, Duration minInterval) {
      Duration shortest = shortestInterval(now);
      if (shortest.compareTo(minInterval) < 0) {
        throw new IllegalArgumentException(
            "cron '%s' runs again after %s, which is too soon: at least %s must lie between two runs"
                .formatted(expression, Words.of(shortest), Words.of(minInterval)));
      }
      return CronTimes.of(expression, zone).after(now).orElseThrow();
    }

    /// Clock changes apart.
    private Duration shortestInterval(Instant now) {
      CronTimes times = CronTimes.of(expression, ZoneOffset.UTC);
      Instant run = times.after(now).orElseThrow();
      Duration shortest = Duration.ofDays(366);
      for (int i = 0; i < COMPARED && shortest.compareTo(CronTimes.SHORTEST) > 0; i++) {
        Instant next = times.after(run).orElseThrow();
        Duration between = Duration.between(run, next);
        shortest = between.compareTo(shortest) < 0 ? between : shortest;
        run = next;
      }
      return shortest;
    }

    @Override
    public String inWords() {
      return "cron " + expression;
    }
  }

  /// Again and again, counted from when it should have run and not from when it did.
  record Interval(Duration every) implements Schedule {

    @Override
    public Optional<Instant> next(Instant due, Instant now) {
      long missed = Math.floorDiv(Duration.between(due, now).toMillis(), every.toMillis());
      Instant next = due.plus(every.multipliedBy(Math.max(0, missed)));
      return Optional.of(next.isAfter(now) ? next : next.plus(every));
    }

    @Override
    public Instant begin(Instant now, Duration minInterval) {
      if (every.compareTo(minInterval) < 0) {
        throw new IllegalArgumentException(
            "an interval of %s is too short: at least %s must lie between two runs"
                .formatted(Words.of(every), Words.of(minInterval)));
      }
      return now.plus(every);
    }

    @Override
    public String inWords() {
      return "every " + Words.of(every);
    }
  }

  /// At one point in time.
  ///
  /// @param zone in which people read it
  record Once(Instant at, ZoneId zone) implements Schedule {

    @Override
    public Optional<Instant> next(Instant due, Instant now) {
      return Optional.of(at).filter(it -> it.isAfter(now));
    }

    /// Further away a year may have five digits, and no text sorts it right.
    private static final Duration FURTHEST = Duration.ofDays(10 * 366);

    @Override
    public Instant begin(Instant now, Duration minInterval) {
      if (at.isAfter(now.plus(FURTHEST))) {
        throw new IllegalArgumentException(
            "%s is more than ten years away".formatted(Words.of(at, zone)));
      }
      if (!at.isAfter(now)) {
        throw new IllegalArgumentException(
            "%s is in the past: it is now %s (%s)"
                .formatted(Words.of(at, zone), Words.of(now, zone), zone));
      }
      return at;
    }

    @Override
    public String inWords() {
      return "once, " + Words.of(at, zone);
    }
  }

  /// Reads a schedule as it was written by a person, a model or an earlier system.
  ///
  /// @param zone of times without one
  /// @throws IllegalArgumentException with a text that says what is wrong and how a right one looks
  static Schedule parse(String type, String value, ZoneId zone) {
    if (type.length() + value.length() > LONGEST) {
      throw new IllegalArgumentException(
          "a schedule has at most %d characters, not %d"
              .formatted(LONGEST, type.length() + value.length()));
    }
    return switch (type.strip().toLowerCase(Locale.ROOT)) {
      case "cron" -> new Cron(String.join(" ", value.strip().split("\\s+", -1)), zone);
      case "interval" -> new Interval(ScheduleText.interval(value.strip()));
      case "once" -> new Once(ScheduleText.pointInTime(value.strip(), zone), zone);
      default ->
          throw new IllegalArgumentException(
              "unknown schedule type '%s': it is cron (with a value such as 0 9 * * 1-5), interval (such as 30m) or once (such as 2026-12-01T09:00)"
                  .formatted(type));
    };
  }

  /// The first occurrence after now.
  default Optional<Instant> first(Instant now) {
    return next(now, now);
  }

  /// The first occurrence after now, once that of `due` has been taken care of.
  Optional<Instant> next(Instant due, Instant now);

  /// The first occurrence after now of a schedule that is new.
  ///
  /// @throws IllegalArgumentException when it would run too often, or never
  Instant begin(Instant now, Duration minInterval);

  /// For people and models.
  String inWords();

  /// Times and durations as people read them.
  final class Words {

    private static final DateTimeFormatter MINUTES =
        DateTimeFormatter.ofPattern("EEE yyyy-MM-dd HH:mm", Locale.ENGLISH);

    private Words() {}

    /// Such as `Mon 2026-11-30 09:00`.
    public static String of(Instant when, ZoneId zone) {
      return MINUTES.format(when.atZone(zone));
    }

    static String of(Duration duration) {
      StringBuilder words = new StringBuilder();
      add(words, duration.toDaysPart(), "d");
      add(words, duration.toHoursPart(), "h");
      add(words, duration.toMinutesPart(), "min");
      add(words, duration.toSecondsPart(), "s");
      add(words, duration.toMillisPart(), "ms");
      return words.toString().strip();
    }

    private static void add(StringBuilder words, long count, String unit) {
      if (count != 0) {
        words.append(count).append(' ').append(unit).append(' ');
      }
    }
  }
}
