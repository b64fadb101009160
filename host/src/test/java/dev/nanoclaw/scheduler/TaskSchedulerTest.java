package dev.nanoclaw.scheduler;

import static dev.nanoclaw.testing.Samples.NOW;
import static dev.nanoclaw.testing.Samples.TASK_RULES;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.db.Database;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.db.HandledFiles;
import dev.nanoclaw.db.InputStore;
import dev.nanoclaw.db.MessageStore;
import dev.nanoclaw.db.RunStore;
import dev.nanoclaw.db.TaskStore;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.domain.ScheduledTask;
import dev.nanoclaw.domain.ScheduledTask.Status;
import dev.nanoclaw.scheduler.Tasks.Wish;
import dev.nanoclaw.testing.ManualClock;
import dev.nanoclaw.testing.Samples;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init")
class TaskSchedulerTest {

  private static final Group FAMILY = Samples.group("family");
  private static final Lane CHAT = Lane.chat(FAMILY.folder());
  private static final Lane ISOLATED = Lane.isolated(FAMILY.folder());
  private static final Duration POLL = Duration.ofMinutes(10);

  @TempDir private Path dir;
  private Database database;
  private TaskStore store;
  private Tasks tasks;
  private TaskScheduler scheduler;
  private final ManualClock clock = new ManualClock();
  private final BlockingQueue<Lane> woken = new LinkedBlockingQueue<>();
  private final AtomicInteger told = new AtomicInteger();

  @BeforeEach
  void open() {
    database = Database.open(dir);
    store = new TaskStore(database, (_, text) -> List.of(text), TASK_RULES);
    new GroupStore(database).add(FAMILY, "whatsapp");
    scheduler = new TaskScheduler(store, POLL, clock, woken::add, told::incrementAndGet);
    tasks = new Tasks(store, TASK_RULES, clock, scheduler::changed, woken::add);
  }

  @AfterEach
  void close() {
    scheduler.close();
    database.close();
  }

  private ScheduledTask add(String type, String value, String mode) {
    return tasks.add(FAMILY, new Wish("water the plants", type, value, Optional.of(mode)));
  }

  @Test
  void itWaitsForTheEarliestTimeAndStartsWhatIsDue() {
    assertThat(scheduler.look()).isEqualTo(POLL);
    add("interval", "5m", "group");
    add("once", "2026-03-01T13:02", "isolated");

    assertThat(scheduler.look()).isEqualTo(Duration.ofMinutes(2).plusMillis(1));
    assertThat(woken).isEmpty();
    clock.advance(Duration.ofMinutes(2).minusMillis(1));
    assertThat(scheduler.look()).isEqualTo(Duration.ofMillis(2));
    assertThat(woken).isEmpty();
    clock.advance(Duration.ofMillis(1));
    assertThat(scheduler.look()).isEqualTo(Duration.ofMinutes(3).plusMillis(1));
    assertThat(woken).containsExactly(ISOLATED);
    clock.advance(Duration.ofMinutes(3));
    assertThat(scheduler.look()).isEqualTo(Duration.ofMinutes(5).plusMillis(1));
    assertThat(woken).containsExactly(ISOLATED, CHAT);
  }

  @Test
  void itWaitsNoLongerThanThePollInterval() {
    add("interval", "1d", "group");

    assertThat(scheduler.look()).isEqualTo(POLL);
    clock.advance(Duration.ofDays(-3));
    assertThat(scheduler.look()).isEqualTo(POLL);
    assertThat(woken).isEmpty();
  }

  @Test
  void whatWasMissedRunsOnceAndWhatIsAtWorkIsSkipped() {
    ScheduledTask task = add("interval", "5m", "group");
    clock.advance(Duration.ofMinutes(52));

    assertThat(scheduler.look()).isEqualTo(Duration.ofMinutes(3).plusMillis(1));
    assertThat(woken).containsExactly(CHAT);
    clock.advance(Duration.ofMinutes(3));
    assertThat(scheduler.look()).isEqualTo(Duration.ofMinutes(5).plusMillis(1));
    assertThat(woken).hasSize(1);
    assertThat(tasks.runs(task.id(), 10)).hasSize(1);
  }

  @Test
  void aBrokenScheduleIsPausedAndToldAndTheOthersRun() {
    ScheduledTask broken = add("cron", "0 14 * * *", "group");
    store.change(broken.id(), it -> it.with(it.prompt(), "cron", "0 14 * *", it.contextMode()));
    add("once", "2026-03-01T14:00", "isolated");
    clock.advance(Duration.ofHours(1));

    assertThat(scheduler.look()).isEqualTo(POLL);
    assertThat(woken).containsExactly(ISOLATED);
    assertThat(told).hasValue(1);
    ScheduledTask paused = tasks.find(broken.id()).orElseThrow();
    assertThat(paused.status()).isEqualTo(Status.PAUSED);
    assertThat(paused.pauseReason().orElseThrow()).contains("has 4 fields and not five");
  }

  @Test
  void afterALookThatFailedThereIsAPause() {
    database.close();

    assertThat(scheduler.look()).isEqualTo(Duration.ofSeconds(5));
    database = Database.open(dir);
  }

  @Test
  void afterAnyLookTheNextRunIsInTheFutureHoweverTheClockGoes() {
    Random random = new Random(20_261_129);
    String[] schedules = {"* * * * *", "*/7 2 * * *", "30 2 * * *", "0 0 29 2 *", "0 */5 * * SUN"};
    for (String schedule : schedules) {
      add("cron", schedule, "group");
    }
    add("interval", "61s", "isolated");
    add("interval", "7d", "group");

    for (int i = 0; i < 300; i++) {
      clock.advance(Duration.ofSeconds(random.nextInt(-86_400, 400_000)));
      assertThat(scheduler.look()).isBetween(Duration.ofMillis(1), POLL);
      Instant now = clock.instant();
      assertThat(tasks.all()).allSatisfy(it -> assertThat(it.nextRun().orElseThrow()).isAfter(now));
    }
  }

  @Test
  @Timeout(60)
  void theThreadStartsWhatIsDueAtTheStartAndWhatBecomesDueByAChange() throws InterruptedException {
    add("interval", "5m", "group");
    clock.advance(Duration.ofMinutes(5));
    scheduler.start();
    assertThat(woken.poll(30, TimeUnit.SECONDS)).isEqualTo(CHAT);

    add("once", "2026-03-01T13:06", "isolated");
    clock.advance(Duration.ofMinutes(1));
    scheduler.changed();
    assertThat(woken.poll(30, TimeUnit.SECONDS)).isEqualTo(ISOLATED);
  }

  @Test
  @Timeout(60)
  void aChangeThatIsToldWithinItsTransactionIsSeen() throws InterruptedException {
    var run = Samples.run(FAMILY, "r1");
    new MessageStore(database).add(Samples.message(FAMILY, "m1", "hi"), true);
    var runs = new RunStore(database, (_, text) -> List.of(text), TASK_RULES);
    runs.begin(run, FAMILY, new InputStore.Limits(50, 100_000), NOW);
    scheduler.start();

    new HandledFiles(database)
        .once(
            "r1",
            "f1",
            () -> {
              ScheduledTask task = add("once", "2026-03-01T13:01", "isolated");
              clock.advance(Duration.ofMinutes(1)); // due before it is committed
              return task.id();
            });
    assertThat(woken.poll(30, TimeUnit.SECONDS)).isEqualTo(ISOLATED);
  }
}
