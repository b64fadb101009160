package dev.nanoclaw.domain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.domain.ScheduledTask.Status;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScheduledTaskTest {

  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final TaskRules RULES = new TaskRules(ZoneId.of("Europe/Paris"), MINUTE, 3);
  private static final List<TaskRun.Status> ENDS =
      List.of(
          TaskRun.Status.SUCCESS,
          TaskRun.Status.ERROR,
          TaskRun.Status.TIMEOUT,
          TaskRun.Status.INTERRUPTED);

  private static ScheduledTask task(String type, String value, Optional<Instant> nextRun) {
    return new ScheduledTask(
        "t1",
        new GroupFolder("family"),
        new ChatJid("family@g.us"),
        "water the plants",
        type,
        value,
        ContextMode.GROUP,
        nextRun,
        Optional.empty(),
        Optional.empty(),
        Status.ACTIVE,
        0,
        Optional.empty(),
        NOW);
  }

  /// Each zone some days before its clocks change.
  @ParameterizedTest
  @CsvSource({
    "Europe/Paris, 2026-03-27",
    "Europe/Paris, 2026-10-23",
    "America/New_York, 2026-03-06",
    "America/New_York, 2026-10-30",
    "Australia/Lord_Howe, 2026-04-03",
    "Australia/Lord_Howe, 2026-10-02",
    "Africa/Cairo, 2026-04-22",
    "Africa/Cairo, 2026-10-28",
    "Asia/Kolkata, 2028-02-27",
    "Pacific/Apia, 2011-12-28"
  })
  void howeverItGoesATaskHasItsNextTimeOrIsOverOrIsPausedWithAReason(ZoneId zone, String date) {
    TaskRules rules = new TaskRules(zone, MINUTE, 3);
    Random random = new Random(20_261_129);
    Instant start = LocalDateTime.parse(date + "T00:00").atZone(zone).toInstant();
    String[] crons = {
      "* * * * *",
      "*/7 2 * * *",
      "30 2 * * *",
      "0 0 * * *",
      "0 */5 * * *",
      "15 1,2,3 * * SUN-MON",
      "0 0 29 2 *"
    };
    for (String cron : crons) {
      live(task("cron", cron, Optional.empty()), start, rules, random);
    }
    for (String interval : List.of("60000", "61s", "5h", "1d")) {
      live(task("interval", interval, Optional.empty()), start, rules, random);
    }
    for (int i = 0; i < 30; i++) {
      LocalDateTime when =
          LocalDateTime.parse(date + "T00:01").plusMinutes(random.nextInt(6 * 24 * 60));
      live(task("once", when.toString(), Optional.empty()), start, rules, random);
    }
  }

  private static void live(ScheduledTask task, Instant start, TaskRules rules, Random random) {
    Schedule schedule = Schedule.parse(task.scheduleType(), task.scheduleValue(), rules.zone());
    boolean once = task.scheduleType().equals("once");
    ScheduledTask now = begun(task, schedule, start);
    for (int i = 0; i < 60 && now.status() == Status.ACTIVE; i++) {
      Instant claim = later(now.nextRun().orElseThrow(), random);
      ScheduledTask claimed = now.claimed(claim, rules);
      if (once) {
        assertThat(claimed.nextRun()).isEmpty();
      } else {
        assertThat(claimed.nextRun().orElseThrow()).as("%s at %s", claimed, claim).isAfter(claim);
      }
      Instant end = later(claim, random);
      TaskRun.Status how = ENDS.get(random.nextInt(ENDS.size()));
      now = claimed.ended(how, Optional.empty(), end, rules);
      assertEnded(now, claimed, how, end, schedule);
      if (now.status() == Status.PAUSED && !once) {
        now = begun(now, schedule, later(end, random));
      }
    }
    assertThat(once && now.status() == Status.ACTIVE).as("once is not for ever").isFalse();
  }

  private static void assertEnded(
      ScheduledTask task,
      ScheduledTask claimed,
      TaskRun.Status how,
      Instant end,
      Schedule schedule) {
    boolean failed = how == TaskRun.Status.ERROR || how == TaskRun.Status.TIMEOUT;
    String what = "%s by %s at %s".formatted(task, how, end);
    if (!failed) {
      assertThat(task.nextRun()).as(what).isEqualTo(claimed.nextRun());
      assertThat(task.status())
          .as(what)
          .isEqualTo(task.nextRun().isPresent() ? Status.ACTIVE : Status.COMPLETED);
      assertThat(task.failures())
          .as(what)
          .isEqualTo(how == TaskRun.Status.SUCCESS ? 0 : claimed.failures());
    } else if (task.status() == Status.PAUSED) {
      assertThat(task.failures()).as(what).isEqualTo(3);
      assertThat(task.pauseReason()).as(what).contains("it failed 3 times in a row");
    } else {
      assertThat(task.status()).as(what).isEqualTo(Status.ACTIVE);
      assertThat(task.failures()).as(what).isEqualTo(claimed.failures() + 1).isLessThan(3);
      Instant next = task.nextRun().orElseThrow();
      assertThat(next).as(what).isAfterOrEqualTo(end.plus(MINUTE));
      if (task.scheduleType().equals("cron")) {
        assertThat(schedule.first(next.minusMillis(1))).as(what).contains(next);
      }
    }
  }

  /// As it is added or resumed.
  private static ScheduledTask begun(ScheduledTask task, Schedule schedule, Instant now) {
    return task.with(schedule.first(now), Status.ACTIVE, 0, Optional.empty());
  }

  /// At once, soon, or when several occurrences were missed.
  private static Instant later(Instant when, Random random) {
    long most = List.of(1L, 90_000L, 4_000_000L, 200_000_000L).get(random.nextInt(4));
    return when.plusMillis(random.nextLong(most));
  }

  @Test
  void aTaskOfOnceThatWasPausedWhileItRanIsCompletedByItsSuccess() {
    ScheduledTask running = task("once", "2026-03-01T12:00", Optional.of(NOW)).claimed(NOW, RULES);
    ScheduledTask paused =
        running.with(running.nextRun(), Status.PAUSED, running.failures(), Optional.empty());

    ScheduledTask ended =
        paused.ended(TaskRun.Status.SUCCESS, Optional.of("done"), NOW.plus(MINUTE), RULES);
    assertThat(ended.status()).isEqualTo(Status.COMPLETED);
    assertThat(ended.nextRun()).isEmpty();
    assertThat(ended.lastResult()).contains("done");
  }

  @Test
  void aTaskThatComesAgainAndWasPausedWhileItRanStaysPaused() {
    ScheduledTask running = task("interval", "1h", Optional.of(NOW)).claimed(NOW, RULES);
    ScheduledTask paused =
        running.with(running.nextRun(), Status.PAUSED, running.failures(), Optional.empty());

    for (TaskRun.Status how : ENDS) {
      ScheduledTask ended = paused.ended(how, Optional.empty(), NOW.plus(MINUTE), RULES);
      assertThat(ended.status()).as(how.name()).isEqualTo(Status.PAUSED);
      assertThat(ended.pauseReason()).as("nothing the host did").isEmpty();
    }
  }

  @Test
  void aFailedTaskWhoseScheduleCannotBeReadAnyMoreIsPausedWithTheReason() {
    ScheduledTask broken = task("cron", "0 14 * *", Optional.of(NOW.plusSeconds(1)));

    ScheduledTask ended = broken.ended(TaskRun.Status.ERROR, Optional.empty(), NOW, RULES);
    assertThat(ended.status()).isEqualTo(Status.PAUSED);
    assertThat(ended.failures()).isOne();
    assertThat(ended.pauseReason().orElseThrow())
        .contains("cannot be read", "has 4 fields and not five");
  }
}
