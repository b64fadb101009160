package dev.nanoclaw.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Random cron expressions against a model that looks at the clock on the wall, minute by minute.
class CronModelTest {

  private static final int EXPRESSIONS = 30;
  private static final int DAYS = 4;

  private record Field(String text, Set<Integer> values) {

    static Field random(Random random, int from, int to) {
      return switch (random.nextInt(5)) {
        case 0, 1 -> all(from, to);
        case 2 -> {
          int step = 2 + random.nextInt(5);
          yield new Field("*/" + step, values(from, to, step));
        }
        case 3 -> {
          int low = from + random.nextInt(to - from + 1);
          int high = low + random.nextInt(to - low + 1);
          yield new Field(low + "-" + high, values(low, high, 1));
        }
        default -> {
          Set<Integer> some =
              random.ints(1L + random.nextInt(3), from, to + 1).boxed().collect(Collectors.toSet());
          yield new Field(
              some.stream().map(String::valueOf).collect(Collectors.joining(",")), some);
        }
      };
    }

    static Field all(int from, int to) {
      return new Field("*", values(from, to, 1));
    }

    private static Set<Integer> values(int from, int to, int step) {
      return IntStream.rangeClosed(from, to)
          .filter(it -> (it - from) % step == 0)
          .boxed()
          .collect(Collectors.toSet());
    }

    boolean isAll() {
      return text.equals("*");
    }
  }

  private record Cron(Field minute, Field hour, Field day, Field month, Field weekday) {

    static Cron random(Random random, int aroundMonth) {
      boolean nearTheChange = random.nextInt(3) != 0;
      Field hour = Field.random(random, 0, nearTheChange ? 3 : 23);
      return new Cron(
          Field.random(random, 0, 59),
          nearTheChange && hour.text().startsWith("*") ? Field.all(0, 23) : hour,
          Field.random(random, 1, 31),
          random.nextBoolean()
              ? Field.all(1, 12)
              : new Field(Integer.toString(aroundMonth), Set.of(aroundMonth)),
          Field.random(random, 0, 7));
    }

    String text() {
      return String.join(" ", minute.text(), hour.text(), day.text(), month.text(), weekday.text());
    }

    boolean matches(LocalDateTime time) {
      int number = time.getDayOfWeek().getValue();
      boolean inWeek =
          weekday.values().contains(number) || (number == 7 && weekday.values().contains(0));
      boolean inMonth = day.values().contains(time.getDayOfMonth());
      return minute.values().contains(time.getMinute())
          && hour.values().contains(time.getHour())
          && month.values().contains(time.getMonthValue())
          && ((day.isAll() || weekday.isAll()) ? (inMonth && inWeek) : (inMonth || inWeek));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "Europe/Paris, 2026-03-29",
    "Europe/Paris, 2026-10-25",
    "America/New_York, 2026-03-08",
    "America/New_York, 2026-11-01",
    "Australia/Lord_Howe, 2026-04-05",
    "Australia/Lord_Howe, 2026-10-04",
    "Africa/Cairo, 2026-04-24",
    "Africa/Cairo, 2026-10-30",
    "America/Santiago, 2026-04-05",
    "America/Santiago, 2026-09-06",
    "Asia/Kolkata, 2028-02-29",
    "Pacific/Apia, 2011-12-30",
    "Europe/London, 2027-12-31"
  })
  void runsWhenTheClockOnTheWallShowsIt(ZoneId zone, String date) {
    LocalDateTime day = LocalDateTime.parse(date + "T00:00");
    Instant from = day.minusDays(DAYS / 2).atZone(zone).toInstant();
    Instant to = from.plus(Duration.ofDays(DAYS));
    Random random = new Random(20_261_129);
    int compared = 0;

    for (int i = 0; i < EXPRESSIONS; i++) {
      Cron cron = Cron.random(random, day.getMonthValue());
      Optional<Schedule> schedule = schedule(cron, zone);
      if (schedule.isPresent()) {
        List<Instant> expected = model(cron, zone, from, to);
        assertThat(occurrences(schedule.get(), from, to))
            .as("%s in %s around %s", cron.text(), zone, date)
            .isEqualTo(expected);
        compared += expected.isEmpty() ? 0 : 1;
      }
    }
    assertThat(compared).as("expressions that ran at all").isGreaterThan(EXPRESSIONS / 3);
  }

  /// Empty when it never runs.
  private static Optional<Schedule> schedule(Cron cron, ZoneId zone) {
    try {
      return Optional.of(Schedule.parse("cron", cron.text(), zone));
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageContaining("never runs");
      return Optional.empty();
    }
  }

  private static List<Instant> occurrences(Schedule schedule, Instant from, Instant to) {
    List<Instant> found = new ArrayList<>();
    Instant next = schedule.first(from).orElseThrow();
    while (next.isBefore(to)) {
      found.add(next);
      Instant after = schedule.next(next, next).orElseThrow();
      assertThat(after).isAfter(next);
      next = after;
    }
    return found;
  }

  private static List<Instant> model(Cron cron, ZoneId zone, Instant from, Instant to) {
    List<Instant> found = new ArrayList<>();
    LocalDateTime shown = LocalDateTime.ofInstant(from, zone); // the latest time that clocks showed
    for (Instant now = from.plusSeconds(60); now.isBefore(to); now = now.plusSeconds(60)) {
      LocalDateTime time = LocalDateTime.ofInstant(now, zone);
      boolean runs = cron.hour().isAll() && cron.matches(time);
      while (shown.isBefore(time)) {
        shown = shown.plusMinutes(1);
        runs |= !cron.hour().isAll() && cron.matches(shown);
      }
      if (runs) {
        found.add(now);
      }
    }
    return found;
  }
}
