package dev.nanoclaw.scheduler;

import static dev.nanoclaw.testing.Samples.NOW;
import static dev.nanoclaw.testing.Samples.TASK_RULES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.nanoclaw.db.Database;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.db.TaskStore;
import dev.nanoclaw.domain.ContextMode;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.domain.ScheduledTask;
import dev.nanoclaw.domain.ScheduledTask.Status;
import dev.nanoclaw.domain.TaskRun;
import dev.nanoclaw.scheduler.Tasks.Change;
import dev.nanoclaw.scheduler.Tasks.RefusedException;
import dev.nanoclaw.scheduler.Tasks.Wish;
import dev.nanoclaw.testing.ManualClock;
import dev.nanoclaw.testing.Samples;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Rules: Europe/Paris, a minute at least, three failures. It is Sun 2026-03-01 13:00 there.
@SuppressWarnings("NullAway.Init")
class TasksTest {

  private static final Group FAMILY = Samples.group("family");

  @TempDir private Path dir;
  private Database database;
  private TaskStore store;
  private Tasks tasks;
  private final ManualClock clock = new ManualClock();
  private final List<Lane> woken = new ArrayList<>();
  private int changes;

  @BeforeEach
  void open() {
    database = Database.open(dir);
    store = new TaskStore(database, (_, text) -> List.of(text), TASK_RULES);
    new GroupStore(database).add(FAMILY, "whatsapp");
    tasks = new Tasks(store, TASK_RULES, clock, () -> changes++, woken::add);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private ScheduledTask add(String type, String value) {
    return tasks.add(FAMILY, new Wish("water the plants", type, value, Optional.empty()));
  }

  private static Change schedule(String type, String value) {
    return new Change(Optional.empty(), Optional.of(type), Optional.of(value), Optional.empty());
  }

  private static void refused(ThrowingCallable what, String text) {
    assertThatExceptionOfType(RefusedException.class).isThrownBy(what).withMessageContaining(text);
  }

  private ScheduledTask stored(ScheduledTask task) {
    return tasks.find(task.id()).orElseThrow();
  }

  @Test
  void aTaskIsAddedWithItsFirstRun() {
    ScheduledTask task =
        tasks.add(
            FAMILY,
            new Wish(" water the plants ", " Cron", " 0 9 * * 1-5 ", Optional.of("isolated")));

    assertThat(stored(task)).isEqualTo(task);
    assertThat(task.id()).matches("task-[0-9a-f]{8}");
    assertThat(task.group()).isEqualTo(FAMILY.folder());
    assertThat(task.chat()).isEqualTo(FAMILY.jid());
    assertThat(task.prompt()).isEqualTo("water the plants");
    assertThat(task.contextMode()).isEqualTo(ContextMode.ISOLATED);
    assertThat(task.nextRun()).contains(Instant.parse("2026-03-02T08:00:00Z"));
    assertThat(task.status()).isEqualTo(Status.ACTIVE);
    assertThat(changes).isEqualTo(1);

    assertThat(add("interval", "30m").contextMode()).isEqualTo(ContextMode.GROUP);
    assertThat(tasks.all()).hasSize(2);
    assertThat(tasks.of(FAMILY.folder())).hasSize(2);
    assertThat(tasks.of(new GroupFolder("work"))).isEmpty();
  }

  @Test
  void whatCannotBeDoneIsRefusedAndLeavesNothing() {
    refused(() -> add("cron", "0 9 * *"), "has 4 fields and not five");
    refused(() -> add("interval", "59s"), "at least 1 min must lie between two runs");
    refused(() -> add("interval", "5"), "digits alone are milliseconds");
    refused(
        () -> add("once", "2026-03-01T12:59"),
        "Sun 2026-03-01 12:59 is in the past: it is now Sun 2026-03-01 13:00 (Europe/Paris)");
    refused(
        () -> tasks.add(FAMILY, new Wish(" ", "interval", "1h", Optional.empty())),
        "a prompt says what is to be done");
    refused(
        () -> tasks.add(FAMILY, new Wish("x", "interval", "1h", Optional.of("alone"))),
        "unknown context mode 'alone': it is group");
    refused(() -> tasks.update("task-0", schedule("interval", "1h")), "there is no task task-0");
    refused(() -> tasks.pause("task-0"), "there is no task task-0");
    refused(() -> tasks.resume("task-0"), "there is no task task-0");
    refused(() -> tasks.cancel("task-0"), "there is no task task-0");
    refused(() -> tasks.run("task-0"), "there is no task task-0");

    assertThat(tasks.all()).isEmpty();
    assertThat(changes).isZero();
  }

  @Test
  void aChangeTouchesOnlyWhatItNames() {
    ScheduledTask task = add("interval", "30m");
    clock.advance(Duration.ofMinutes(10));
    Optional<String> nothing = Optional.empty();

    ScheduledTask changed =
        tasks.update(task.id(), new Change(Optional.of("feed the cat"), nothing, nothing, nothing));
    assertThat(changed.prompt()).isEqualTo("feed the cat");
    assertThat(changed.nextRun()).isEqualTo(task.nextRun());

    changed =
        tasks.update(
            task.id(), new Change(nothing, nothing, Optional.of("1h"), Optional.of("isolated")));
    assertThat(changed.nextRun()).contains(NOW.plus(Duration.ofMinutes(70)));
    assertThat(changed.contextMode()).isEqualTo(ContextMode.ISOLATED);
    assertThat(changed.prompt()).isEqualTo("feed the cat");
    assertThat(stored(task)).isEqualTo(changed);

    refused(
        () -> tasks.update(task.id(), new Change(nothing, Optional.of("cron"), nothing, nothing)),
        "cron '1h' has 1 fields");
    refused(
        () -> tasks.update(task.id(), new Change(nothing, nothing, nothing, nothing)),
        "nothing to change");
    assertThat(stored(task)).isEqualTo(changed);
  }

  @Test
  void aPausedTaskResumesInStepAndSkipsWhatItMissed() {
    ScheduledTask task = add("interval", "30m");
    assertThat(tasks.pause(task.id()).status()).isEqualTo(Status.PAUSED);
    assertThat(store.nextDue()).isEmpty();
    refused(() -> tasks.pause(task.id()), "is paused already");
    assertThat(tasks.update(task.id(), schedule("interval", "20m")).status())
        .isEqualTo(Status.PAUSED);

    clock.advance(Duration.ofMinutes(50));
    ScheduledTask resumed = tasks.resume(task.id());
    assertThat(resumed.status()).isEqualTo(Status.ACTIVE);
    assertThat(resumed.nextRun()).contains(NOW.plus(Duration.ofMinutes(60)));
    refused(() -> tasks.resume(task.id()), "is not paused");
  }

  @Test
  void aTimeThatIsOverIsNotResumedButOneThatFailedIsTriedAgain() {
    ScheduledTask task = add("once", "2026-03-01T13:05");
    tasks.pause(task.id());
    clock.advance(Duration.ofMinutes(5));
    refused(
        () -> tasks.resume(task.id()),
        "is over (once, Sun 2026-03-01 13:05); change its schedule, then resume it");
    tasks.update(task.id(), schedule("once", "2026-03-01T14:00"));
    assertThat(tasks.resume(task.id()).nextRun()).contains(NOW.plus(Duration.ofHours(1)));

    store.change(task.id(), it -> it.paused("it failed 3 times in a row"));
    clock.advance(Duration.ofHours(2));
    ScheduledTask resumed = tasks.resume(task.id());
    assertThat(resumed.nextRun()).contains(clock.instant());
    assertThat(resumed.pauseReason()).isEmpty();
    assertThat(store.claimDue(clock.instant()).lanes()).hasSize(1);
  }

  @Test
  void aCompletedTaskIsActiveAgainWithAnotherTime() {
    ScheduledTask task = add("once", "2026-03-01T13:05");
    store.change(task.id(), it -> it.with(Optional.empty(), Status.COMPLETED, 0, Optional.empty()));
    refused(() -> tasks.pause(task.id()), "nothing to pause");
    refused(() -> tasks.resume(task.id()), "change its schedule to run it again");
    refused(() -> tasks.update(task.id(), schedule("once", "2026-03-01T13:00")), "in the past");

    ScheduledTask again = tasks.update(task.id(), schedule("once", "2026-03-01T13:10"));
    assertThat(again.status()).isEqualTo(Status.ACTIVE);
    assertThat(again.nextRun()).contains(NOW.plus(Duration.ofMinutes(10)));
  }

  @Test
  void aRunNowLeavesTheScheduleAlone() {
    ScheduledTask task = add("interval", "30m");

    tasks.run(task.id());
    assertThat(woken).containsExactly(Lane.chat(FAMILY.folder()));
    assertThat(tasks.runs(task.id(), 10))
        .singleElement()
        .extracting(TaskRun::status)
        .isEqualTo(TaskRun.Status.RUNNING);
    assertThat(stored(task).nextRun()).isEqualTo(task.nextRun());
    refused(() -> tasks.run(task.id()), "is at work already");
  }

  @Test
  void whatIsCancelledIsGone() {
    ScheduledTask task = add("interval", "30m");

    assertThat(tasks.cancel(task.id())).isEqualTo(task);
    assertThat(tasks.find(task.id())).isEmpty();
    assertThat(store.nextDue()).isEmpty();
  }

  @Test
  void aTaskIsOneLine() {
    ScheduledTask task =
        tasks.add(
            FAMILY,
            new Wish("water\nthe plants " + "🌱".repeat(60), "interval", "90m", Optional.empty()));
    assertThat(tasks.inWords(task))
        .isEqualTo(
            task.id()
                + ": every 1 h 30 min; group; next Sun 2026-03-01 14:30 Europe/Paris: water the"
                + " plants "
                + "🌱".repeat(43)
                + "…");
    assertThat(tasks.inWords(add("cron", "0 9 * * *")))
        .contains(": cron 0 9 * * *; group; next Mon 2026-03-02 09:00 Europe/Paris: water");

    ScheduledTask broken = task.with("x", "cron", "whenever", ContextMode.ISOLATED);
    assertThat(tasks.inWords(broken.paused("it failed 3 times in a row")))
        .isEqualTo(task.id() + ": cron whenever; isolated; paused (it failed 3 times in a row): x");
  }

  @Test
  void aGroupHasSoManyTasksAndNoMore() {
    for (int i = 0; i < 200; i++) {
      add("interval", "1h");
    }
    refused(() -> add("interval", "1h"), "200 tasks already");
  }

  @Test
  void aScheduleThatIsLongOrFarAwayIsRefusedUnread() {
    refused(() -> add("cron", "0 0 " + "29,".repeat(300_000) + "29 2 *"), "at most 200 characters");
    refused(() -> add("once", "9999-12-31T23:59:59"), "more than ten years away");
  }
}
