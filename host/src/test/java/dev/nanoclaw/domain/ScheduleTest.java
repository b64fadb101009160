package dev.nanoclaw.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScheduleTest {

  private static final ZoneId PARIS = ZoneId.of("Europe/Paris");
  private static final Duration MINUTE = Duration.ofMinutes(1);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # expression       | from (a Thursday in UTC) | the next three
          0 9 * * 1-5        | 2026-01-01T09:00         | 2026-01-02T09:00 2026-01-05T09:00 2026-01-06T09:00
          0 9 * * mon-fri    | 2026-01-01T08:59:59      | 2026-01-01T09:00 2026-01-02T09:00 2026-01-05T09:00
          5,10-12 8 * * *    | 2026-01-01T08:05         | 2026-01-01T08:10 2026-01-01T08:11 2026-01-01T08:12
          1-10/4 8-9 * * *   | 2026-01-01T08:05         | 2026-01-01T08:09 2026-01-01T09:01 2026-01-01T09:05
          */25 * * * *       | 2026-01-01T08:30         | 2026-01-01T08:50 2026-01-01T09:00 2026-01-01T09:25
          0 */9 * * *        | 2026-01-01T08:30         | 2026-01-01T09:00 2026-01-01T18:00 2026-01-02T00:00
          0 0 1 JAN,jul *    | 2026-01-01T00:00         | 2026-07-01T00:00 2027-01-01T00:00 2027-07-01T00:00
          0 0 * * 0          | 2026-01-01T00:00         | 2026-01-04T00:00 2026-01-11T00:00 2026-01-18T00:00
          0 0 * * 7          | 2026-01-01T00:00         | 2026-01-04T00:00 2026-01-11T00:00 2026-01-18T00:00
          0 0 * * SUN-MON    | 2026-01-01T00:00         | 2026-01-04T00:00 2026-01-05T00:00 2026-01-11T00:00
          0 0 * * SAT-SUN    | 2026-01-01T00:00         | 2026-01-03T00:00 2026-01-04T00:00 2026-01-10T00:00
          0 0 * * 3,SUN-MON  | 2026-01-01T00:00         | 2026-01-04T00:00 2026-01-05T00:00 2026-01-07T00:00
          0 0 13 * FRI       | 2026-01-01T00:00         | 2026-01-02T00:00 2026-01-09T00:00 2026-01-13T00:00
          0 0 30 2 MON       | 2026-01-01T00:00         | 2026-02-02T00:00 2026-02-09T00:00 2026-02-16T00:00
          0 0 29 2 *         | 2026-01-01T00:00         | 2028-02-29T00:00 2032-02-29T00:00 2036-02-29T00:00
          0 0 29 2 *         | 2096-03-01T00:00         | 2104-02-29T00:00 2108-02-29T00:00 2112-02-29T00:00
          0 12 31 * *        | 2026-01-31T12:00         | 2026-03-31T12:00 2026-05-31T12:00 2026-07-31T12:00
          59 23 28-31 * *    | 2026-02-27T00:00         | 2026-02-28T23:59 2026-03-28T23:59 2026-03-29T23:59
          0   9  *  *  *     | 2026-12-31T10:00         | 2027-01-01T09:00 2027-01-02T09:00 2027-01-03T09:00
          """)
  void cronNamesTimes(String expression, String from, String expected) {
    Schedule schedule = Schedule.parse("cron", expression, ZoneOffset.UTC);
    Instant start = LocalDateTime.parse(from).toInstant(ZoneOffset.UTC);

    assertThat(three(schedule, start, ZoneOffset.UTC).replace("Z", "")).isEqualTo(expected);
  }

  /// Between brackets: what the zone's clocks do then.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # [Paris: 2026-03-29 02:00 becomes 03:00]
          Europe/Paris        | 30 2 * * *    | 2026-03-28T00:59Z | 2026-03-28T02:30+01:00 2026-03-29T03:00+02:00 2026-03-30T02:30+02:00
          Europe/Paris        | 0 2,3 * * *   | 2026-03-28T23:00Z | 2026-03-29T03:00+02:00 2026-03-30T02:00+02:00 2026-03-30T03:00+02:00
          Europe/Paris        | */20 2 * * *  | 2026-03-28T23:00Z | 2026-03-29T03:00+02:00 2026-03-30T02:00+02:00 2026-03-30T02:20+02:00
          Europe/Paris        | 0 */2 * * *   | 2026-03-28T23:00Z | 2026-03-29T03:00+02:00 2026-03-29T04:00+02:00 2026-03-29T06:00+02:00
          Europe/Paris        | 30 * * * *    | 2026-03-29T00:00Z | 2026-03-29T01:30+01:00 2026-03-29T03:30+02:00 2026-03-29T04:30+02:00
          Europe/Paris        | 0 * * * *     | 2026-03-29T00:00Z | 2026-03-29T03:00+02:00 2026-03-29T04:00+02:00 2026-03-29T05:00+02:00
          Europe/Paris        | 0 3 * * *     | 2026-03-29T00:00Z | 2026-03-29T03:00+02:00 2026-03-30T03:00+02:00 2026-03-31T03:00+02:00
          # [Paris: 2026-10-25 03:00 becomes 02:00]
          Europe/Paris        | 30 2 * * *    | 2026-10-24T23:00Z | 2026-10-25T02:30+02:00 2026-10-26T02:30+01:00 2026-10-27T02:30+01:00
          Europe/Paris        | 30 2 * * *    | 2026-10-25T01:00Z | 2026-10-26T02:30+01:00 2026-10-27T02:30+01:00 2026-10-28T02:30+01:00
          Europe/Paris        | 0 2,3 * * *   | 2026-10-24T23:00Z | 2026-10-25T02:00+02:00 2026-10-25T03:00+01:00 2026-10-26T02:00+01:00
          Europe/Paris        | 0 */2 * * *   | 2026-10-24T23:00Z | 2026-10-25T02:00+02:00 2026-10-25T04:00+01:00 2026-10-25T06:00+01:00
          Europe/Paris        | 30 * * * *    | 2026-10-25T00:00Z | 2026-10-25T02:30+02:00 2026-10-25T02:30+01:00 2026-10-25T03:30+01:00
          Europe/Paris        | 0 0-23 * * *  | 2026-10-24T23:00Z | 2026-10-25T02:00+02:00 2026-10-25T02:00+01:00 2026-10-25T03:00+01:00
          # [New York: 2026-03-08 02:00 becomes 03:00; 2026-11-01 02:00 becomes 01:00]
          America/New_York    | 15 2 * * SUN  | 2026-03-08T00:00Z | 2026-03-08T03:00-04:00 2026-03-15T02:15-04:00 2026-03-22T02:15-04:00
          America/New_York    | 15 1 * * *    | 2026-11-01T00:00Z | 2026-11-01T01:15-04:00 2026-11-02T01:15-05:00 2026-11-03T01:15-05:00
          America/New_York    | */30 * * * *  | 2026-11-01T05:00Z | 2026-11-01T01:30-04:00 2026-11-01T01:00-05:00 2026-11-01T01:30-05:00
          # [Lord Howe: 2026-10-04 02:00 becomes 02:30; 2026-04-05 02:00 becomes 01:30]
          Australia/Lord_Howe | 15 2 * * *    | 2026-10-03T12:00Z | 2026-10-04T02:30+11:00 2026-10-05T02:15+11:00 2026-10-06T02:15+11:00
          Australia/Lord_Howe | 45 2 * * *    | 2026-10-03T12:00Z | 2026-10-04T02:45+11:00 2026-10-05T02:45+11:00 2026-10-06T02:45+11:00
          Australia/Lord_Howe | 40 1 * * *    | 2026-04-04T12:00Z | 2026-04-05T01:40+11:00 2026-04-06T01:40+10:30 2026-04-07T01:40+10:30
          Australia/Lord_Howe | 0,30 * * * *  | 2026-04-04T14:00Z | 2026-04-05T01:30+11:00 2026-04-05T01:30+10:30 2026-04-05T02:00+10:30
          Australia/Lord_Howe | 0 * * * *     | 2026-10-03T15:00Z | 2026-10-04T03:00+11:00 2026-10-04T04:00+11:00 2026-10-04T05:00+11:00
          # [Cairo: 2026-04-24 00:00 becomes 01:00; 2026-10-30 00:00 becomes 23:00 of the day before]
          Africa/Cairo        | 0 0 * * *     | 2026-04-23T12:00Z | 2026-04-24T01:00+03:00 2026-04-25T00:00+03:00 2026-04-26T00:00+03:00
          Africa/Cairo        | 30 23 * * *   | 2026-10-29T12:00Z | 2026-10-29T23:30+03:00 2026-10-30T23:30+02:00 2026-10-31T23:30+02:00
          Africa/Cairo        | 0 */12 * * *  | 2026-04-23T12:00Z | 2026-04-24T01:00+03:00 2026-04-24T12:00+03:00 2026-04-25T00:00+03:00
          # [Kolkata: nothing]
          Asia/Kolkata        | 30 2 * * *    | 2026-03-28T12:00Z | 2026-03-29T02:30+05:30 2026-03-30T02:30+05:30 2026-03-31T02:30+05:30
          # [Apia: 2011-12-30 is left out]
          Pacific/Apia        | 0 9 * * *     | 2011-12-29T12:00Z | 2011-12-29T09:00-10:00 2011-12-31T00:00+14:00 2011-12-31T09:00+14:00
          Pacific/Apia        | 0 * 30 * *    | 2011-12-29T12:00Z | 2012-01-30T00:00+14:00 2012-01-30T01:00+14:00 2012-01-30T02:00+14:00
          """)
  void cronKeepsItsMeaningWhenClocksChange(
      String zone, String expression, String from, String expected) {
    ZoneId id = ZoneId.of(zone);
    Schedule schedule = Schedule.parse("cron", expression, id);

    assertThat(three(schedule, OffsetDateTime.parse(from).toInstant(), id)).isEqualTo(expected);
  }

  private static String three(Schedule schedule, Instant from, ZoneId zone) {
    Instant first = schedule.first(from).orElseThrow();
    return Stream.iterate(first, it -> schedule.next(it, it).orElseThrow())
        .limit(3)
        .map(it -> it.atZone(zone).toOffsetDateTime().toString())
        .collect(Collectors.joining(" "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          300000  | 300    | every 5 min
          5m      | 300    | every 5 min
          90s     | 90     | every 1 min 30 s
          2h      | 7200   | every 2 h
          1d      | 86400  | every 1 d
          1h30m   | 5400   | every 1 h 30 min
          1D 2H   | 93600  | every 1 d 2 h
          36h     | 129600 | every 1 d 12 h
          """)
  void intervalsAreMillisecondsOrHaveAUnit(String value, long seconds, String inWords) {
    Schedule schedule = Schedule.parse("interval", value, PARIS);

    assertThat(schedule).isEqualTo(new Schedule.Interval(Duration.ofSeconds(seconds)));
    assertThat(schedule.inWords()).isEqualTo(inWords);
  }

  @Test
  void anIntervalDoesNotDriftAndLeavesOutWhatWasMissed() {
    Schedule schedule = Schedule.parse("interval", "30m", PARIS);
    Instant due = Instant.parse("2026-01-01T10:00:00.007Z");

    assertThat(schedule.first(due)).contains(due.plusSeconds(1800));
    assertThat(schedule.next(due, due)).contains(due.plusSeconds(1800));
    assertThat(schedule.next(due, due.plusMillis(1))).contains(due.plusSeconds(1800));
    assertThat(schedule.next(due, due.plusSeconds(1800).minusNanos(1)))
        .contains(due.plusSeconds(1800));
    assertThat(schedule.next(due, due.plusSeconds(1800))).contains(due.plusSeconds(3600));
    assertThat(schedule.next(due, due.plusSeconds(86400 + 5)))
        .contains(due.plusSeconds(86400 + 1800));
    assertThat(schedule.next(due, due.minusSeconds(5)))
        .as("what is not due yet stays where it is")
        .contains(due);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          2026-12-01T09:00          | 2026-12-01T08:00:00Z     | once, Tue 2026-12-01 09:00
          2026-12-01 09:00          | 2026-12-01T08:00:00Z     | once, Tue 2026-12-01 09:00
          2026-12-01t09:00:30       | 2026-12-01T08:00:30Z     | once, Tue 2026-12-01 09:00
          2026-12-01T09:00:30.123   | 2026-12-01T08:00:30.123Z | once, Tue 2026-12-01 09:00
          2026-12-01T09:00Z         | 2026-12-01T09:00:00Z     | once, Tue 2026-12-01 10:00
          2026-12-01T09:00:00.5Z    | 2026-12-01T09:00:00.5Z   | once, Tue 2026-12-01 10:00
          2026-12-01T09:00+05:30    | 2026-12-01T03:30:00Z     | once, Tue 2026-12-01 04:30
          2026-12-01 09:00:00 -0500 | 2026-12-01T14:00:00Z     | once, Tue 2026-12-01 15:00
          2026-03-29T02:30          | 2026-03-29T01:30:00Z     | once, Sun 2026-03-29 03:30
          2026-10-25T02:30          | 2026-10-25T00:30:00Z     | once, Sun 2026-10-25 02:30
          """)
  void onceIsALocalTimeOrHasAZone(String value, String at, String inWords) {
    Schedule schedule = Schedule.parse("once", value, PARIS);
    Instant when = Instant.parse(at);

    assertThat(schedule.first(when.minusSeconds(1))).contains(when);
    assertThat(schedule.next(when, when)).isEmpty();
    assertThat(schedule.inWords()).isEqualTo(inWords);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          daily    | 09:00               | unknown schedule type 'daily': it is cron (with a value such as 0 9 * * 1-5)
          cron     | * * * *             | has 4 fields and not five: minute, hour, day of the month, month, day of the week, such as 0 9 * * 1-5
          cron     | 0 0 9 * * *         | has 6 fields
          cron     | @daily              | has 1 fields
          cron     | ""                  | fields and not five
          cron     | 60 0 * * *          | the minute cannot be '60'; it goes from 0 to 59, as one value, * for all, a range such as 1-5
          cron     | -1 0 * * *          | the minute cannot be '-1'
          cron     | */0 0 * * *         | the minute cannot be '*/0'
          cron     | */90 0 * * *        | the minute cannot be '*/90'
          cron     | 1,,2 0 * * *        | the minute cannot be '1,,2'
          cron     | 1, 0 * * *          | the minute cannot be '1,'
          cron     | 99999999999 0 * * * | the minute cannot be '99999999999'
          cron     | 0 24 * * *          | the hour cannot be '24'
          cron     | 0 22-2 * * *        | the hour cannot be '22-2'
          cron     | "0 0|1 * * *"       | "the hour cannot be '0|1'"
          cron     | 0 0 0 * *           | the day of the month cannot be '0'
          cron     | 0 0 L * *           | the day of the month cannot be 'L'
          cron     | 0 0 1W * *          | the day of the month cannot be '1W'
          cron     | 0 0 ? * MON         | the day of the month cannot be '?'
          cron     | 0 0 * 13 *          | the month cannot be '13'; it goes from 1 to 12 or JAN to DEC
          cron     | 0 0 * FOO *         | the month cannot be 'FOO'
          cron     | 0 0 * * 8           | the day of the week cannot be '8'; it goes from 0 to 7 (0 and 7 are Sunday)
          cron     | 0 0 * * 1#2         | the day of the week cannot be '1#2'
          cron     | 0 0 * * MONDAY      | the day of the week cannot be 'MONDAY'
          cron     | 0 0 30 2 *          | never runs: none of its months has that day
          cron     | 0 0 31 4,JUN *      | never runs
          interval | soon                | cannot read the interval 'soon': write a number with its unit, such as 90s, 30m, 2h or 1d
          interval | 1.5h                | cannot read the interval '1.5h'
          interval | -5m                 | cannot read the interval '-5m'
          interval | ""                  | cannot read the interval ''
          interval | 30                  | '30' is shorter than a second (digits alone are milliseconds)
          interval | 0m                  | '0m' is shorter than a second
          interval | 9999d               | '9999d' is longer than ten years
          once     | tomorrow            | cannot read the time 'tomorrow': write 2026-12-01T09:00 for local time (Europe/Paris), or add Z or an offset
          once     | 2026-12-01          | cannot read the time '2026-12-01'
          once     | 2026-02-29T09:00    | cannot read the time '2026-02-29T09:00'
          once     | 2026-12-01T24:00    | cannot read the time
          once     | +12026-12-01T09:00  | cannot read the time
          """)
  void whatCannotBeReadIsRefusedWithAnExample(String type, String value, String expected) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Schedule.parse(type, value, PARIS))
        .withMessageContaining(expected);
  }

  @Test
  void aNewScheduleMustNotRunTooOftenOrNever() {
    Instant now = Instant.parse("2026-11-30T08:00:30Z");

    assertThat(begin("once", "2026-11-30T09:01", now, MINUTE)).isEqualTo("2026-11-30T08:01:00Z");
    assertThat(begin("interval", "1m", now, MINUTE)).isEqualTo("2026-11-30T08:01:30Z");
    assertThat(begin("cron", "* * * * *", now, MINUTE)).isEqualTo("2026-11-30T08:01:00Z");
    assertThat(begin("cron", "0,30 9 * * *", now, Duration.ofMinutes(30)))
        .isEqualTo("2026-11-30T08:30:00Z");

    assertThat(begin("cron", "0 9 * * *", now, Duration.ofDays(1)))
        .as("days on which clocks change do not count")
        .isEqualTo("2026-12-01T08:00:00Z");

    assertThat(begin("once", "2026-11-30T09:00:30", now, MINUTE))
        .isEqualTo(
            "Mon 2026-11-30 09:00 is in the past: it is now Mon 2026-11-30 09:00 (Europe/Paris)");
    assertThat(begin("interval", "59s", now, MINUTE))
        .isEqualTo("an interval of 59 s is too short: at least 1 min must lie between two runs");
    assertThat(begin("cron", "0,29 9 * * *", now, Duration.ofMinutes(30)))
        .isEqualTo(
            "cron '0,29 9 * * *' runs again after 29 min, which is too soon: at least 30 min"
                + " must lie between two runs");
  }

  private static String begin(String type, String value, Instant now, Duration min) {
    try {
      return Schedule.parse(type, value, PARIS).begin(now, min).toString();
    } catch (IllegalArgumentException e) {
      return Optional.ofNullable(e.getMessage()).orElseThrow();
    }
  }
}
