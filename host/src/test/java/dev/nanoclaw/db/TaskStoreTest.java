package dev.nanoclaw.db;

import static dev.nanoclaw.testing.Samples.NOW;
import static dev.nanoclaw.testing.Samples.TASK_RULES;
import static dev.nanoclaw.testing.Samples.message;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.db.InputStore.LaneWork;
import dev.nanoclaw.db.InputStore.Next;
import dev.nanoclaw.db.InputStore.Which;
import dev.nanoclaw.db.RunStore.Effect;
import dev.nanoclaw.db.RunStore.Fate;
import dev.nanoclaw.db.RunStore.Session;
import dev.nanoclaw.domain.AgentInput;
import dev.nanoclaw.domain.AgentInput.Content;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.AgentRun.EndReason;
import dev.nanoclaw.domain.ContextMode;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.domain.ScheduledTask;
import dev.nanoclaw.domain.ScheduledTask.Status;
import dev.nanoclaw.domain.TaskRun;
import dev.nanoclaw.testing.Samples;
import dev.nanoclaw.testing.Sql;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init")
class TaskStoreTest {

  private static final Group FAMILY = Samples.group("family");
  private static final InputStore.Limits MANY = new InputStore.Limits(50, 100_000);
  private static final Duration HOUR = Duration.ofHours(1);

  @TempDir private Path dir;
  private Database database;
  private TaskStore tasks;
  private RunStore runs;
  private InputStore inputs;

  @BeforeEach
  void open() {
    database = Database.open(dir);
    tasks = new TaskStore(database, (_, text) -> List.of(text), TASK_RULES);
    runs = new RunStore(database, (_, text) -> List.of(text), TASK_RULES);
    inputs = new InputStore(database);
    new GroupStore(database).add(FAMILY, "whatsapp");
  }

  @AfterEach
  void close() {
    database.close();
  }

  private ScheduledTask add(String id, String type, String value, ContextMode mode, Instant next) {
    ScheduledTask task =
        new ScheduledTask(
            id,
            FAMILY.folder(),
            FAMILY.jid(),
            "water the plants",
            type,
            value,
            mode,
            Optional.of(next),
            Optional.empty(),
            Optional.empty(),
            Status.ACTIVE,
            0,
            Optional.empty(),
            NOW);
    tasks.add(task);
    return task;
  }

  private ScheduledTask hourly(String id, ContextMode mode) {
    return add(id, "interval", Long.toString(HOUR.toMillis()), mode, NOW);
  }

  private AgentRun begin(String id, Lane lane, Instant now) {
    AgentRun run = Samples.run(lane, id);
    assertThat(runs.begin(run, FAMILY, MANY, now)).isInstanceOf(Next.Claimed.class);
    return run;
  }

  private void frame(AgentRun run, long end, List<Long> acked, Map<Long, Fate> failed, Instant at) {
    Effect effect =
        new Effect(
            end,
            Optional.of("done"),
            new Session.Set("s-" + run.runId()),
            acked,
            failed,
            "no",
            Optional.empty(),
            false);
    runs.takeFrame(run, FAMILY, effect, at);
  }

  private ScheduledTask task(String id) {
    return tasks.find(id).orElseThrow();
  }

  private TaskRun newest(String id) {
    return tasks.runs(id, 1).getFirst();
  }

  private List<String> said() {
    return Sql.rows(dir.resolve("messages.db"), "SELECT text FROM outbox ORDER BY id");
  }

  @Test
  void anOccurrenceIsClaimedOnceAndItsTaskIsAheadOfIt() {
    hourly("t1", ContextMode.ISOLATED);
    assertThat(tasks.nextDue()).contains(NOW);

    Instant late = NOW.plus(HOUR.multipliedBy(3)).plusSeconds(1);
    assertThat(tasks.claimDue(late).lanes()).containsExactly(Lane.isolated(FAMILY.folder()));
    assertThat(tasks.claimDue(late).lanes()).isEmpty();

    assertThat(task("t1").nextRun()).contains(NOW.plus(HOUR.multipliedBy(4)));
    assertThat(tasks.nextDue()).contains(NOW.plus(HOUR.multipliedBy(4)));
    assertThat(tasks.runs("t1", 10))
        .singleElement()
        .satisfies(it -> assertThat(it.due()).isEqualTo(NOW))
        .satisfies(it -> assertThat(it.runAt()).isEqualTo(late))
        .satisfies(it -> assertThat(it.status()).isEqualTo(TaskRun.Status.RUNNING));
    assertThat(inputs.lanesWithWork())
        .containsExactly(new LaneWork(Lane.isolated(FAMILY.folder()), Optional.empty()));
  }

  @Test
  void whileARunIsOpenTheNextOccurrenceIsSkipped() {
    hourly("t1", ContextMode.GROUP);
    tasks.claimDue(NOW);

    assertThat(tasks.claimDue(NOW.plus(HOUR)).lanes()).isEmpty();
    assertThat(tasks.claimNow("t1", NOW.plus(HOUR))).isEmpty();
    assertThat(task("t1").nextRun()).contains(NOW.plus(HOUR.multipliedBy(2)));

    AgentRun run = begin("r1", Lane.chat(FAMILY.folder()), NOW);
    frame(run, 10, List.of(runs.inside(run).getFirst().id()), Map.of(), NOW.plus(HOUR));
    assertThat(tasks.claimNow("t1", NOW.plus(HOUR))).isPresent();
    assertThat(tasks.runs("t1", 10)).hasSize(2);
  }

  @Test
  void eachLaneGetsItsOwn() {
    hourly("alone", ContextMode.ISOLATED);
    hourly("chat", ContextMode.GROUP);
    tasks.claimDue(NOW);
    new MessageStore(database).add(message(FAMILY, "m1", "hi"), true);

    AgentRun isolated = begin("r1", Lane.isolated(FAMILY.folder()), NOW);
    AgentRun chat = begin("r2", Lane.chat(FAMILY.folder()), NOW);
    assertThat(runs.inside(isolated))
        .extracting(AgentInput::content)
        .containsExactly(new Content.Task(newest("alone").id()));
    assertThat(runs.inside(chat))
        .extracting(AgentInput::content)
        .containsExactly(new Content.Task(newest("chat").id()));
    assertThat(inputs.nextWork(FAMILY, Which.ISOLATED_TASKS, NOW)).isEmpty();
    assertThat(inputs.nextWork(FAMILY, Which.MESSAGES, NOW)).isPresent();
    assertThat(runs.open(Lane.isolated(FAMILY.folder())).orElseThrow().lane().isIsolated())
        .isTrue();

    frame(isolated, 10, List.of(runs.inside(isolated).getFirst().id()), Map.of(), NOW);
    assertThat(new GroupStore(database).session(FAMILY.folder()))
        .as("an isolated run leaves the chat's session alone")
        .isEmpty();
    frame(chat, 10, List.of(runs.inside(chat).getFirst().id()), Map.of(), NOW);
    assertThat(new GroupStore(database).session(FAMILY.folder())).contains("s-r2");
  }

  @Test
  void aTaskThatWaitsForItsTimeHoldsUpNoMessage() {
    hourly("t1", ContextMode.GROUP);
    tasks.claimDue(NOW);
    AgentRun run = begin("r1", Lane.chat(FAMILY.folder()), NOW);
    long input = runs.inside(run).getFirst().id();
    Instant later = NOW.plusSeconds(15);
    frame(run, 10, List.of(), Map.of(input, new Fate.Again(0, later)), NOW);

    assertThat(inputs.nextWork(FAMILY, Which.CHAT, NOW).orElseThrow().when()).isEqualTo(later);
    new MessageStore(database).add(message(FAMILY, "m1", "hi"), true);
    assertThat(inputs.nextWork(FAMILY, Which.CHAT, NOW).orElseThrow().when()).isEqualTo(NOW);
    assertThat(inputs.nextWork(FAMILY, Which.CHAT, later).orElseThrow().matter())
        .startsWith("task-");
    assertThat(newest("t1").status()).isEqualTo(TaskRun.Status.RUNNING);
  }

  @Test
  void aRunThatSucceedsIsWrittenOnceAndOnceIsDone() {
    add("t1", "once", "2026-01-01T00:00", ContextMode.ISOLATED, NOW);
    tasks.claimDue(NOW);
    assertThat(task("t1").nextRun()).isEmpty();
    assertThat(task("t1").status()).isEqualTo(Status.ACTIVE);
    AgentRun run = begin("r1", Lane.isolated(FAMILY.folder()), NOW);
    long input = runs.inside(run).getFirst().id();
    frame(run, 10, List.of(input), Map.of(), NOW.plusSeconds(7));
    frame(run, 10, List.of(input), Map.of(), NOW.plusSeconds(9));
    end(run, Map.of(input, new Fate.Over(TaskRun.Status.INTERRUPTED, "lost")));

    assertThat(newest("t1").status()).isEqualTo(TaskRun.Status.SUCCESS);
    assertThat(newest("t1").duration()).contains(Duration.ofSeconds(7));
    assertThat(newest("t1").result()).contains("done");
    assertThat(task("t1").status()).isEqualTo(Status.COMPLETED);
    assertThat(task("t1").lastResult()).contains("done");
    assertThat(said()).containsExactly("done");
  }

  private void end(AgentRun run, Map<Long, Fate> fates) {
    runs.end(run, FAMILY, EndReason.LOST, Optional.empty(), fates, "lost", Optional.empty(), NOW);
  }

  @Test
  void whatHadBegunIsInterruptedAndWhatIsNotRepeatedIsTold() {
    add("t1", "once", "2026-01-01T00:00", ContextMode.ISOLATED, NOW);
    tasks.claimDue(NOW);
    AgentRun run = begin("r1", Lane.isolated(FAMILY.folder()), NOW);
    end(
        run,
        Map.of(
            runs.inside(run).getFirst().id(),
            new Fate.Over(TaskRun.Status.INTERRUPTED, "the engine went away")));

    assertThat(newest("t1").status()).isEqualTo(TaskRun.Status.INTERRUPTED);
    assertThat(newest("t1").error()).contains("the engine went away");
    assertThat(task("t1").status()).isEqualTo(Status.COMPLETED);
    assertThat(task("t1").failures()).isZero();
    assertThat(said()).singleElement().asString().contains("t1", "I do not repeat it");
    assertThat(inputs.lanesWithWork()).isEmpty();
  }

  @Test
  void failuresPutTheNextRunOffAndTooManyPauseTheTask() {
    add("t1", "interval", "1000", ContextMode.ISOLATED, NOW);
    Instant now = NOW;
    for (int failure = 1; failure <= TASK_RULES.maxFailures(); failure++) {
      now = task("t1").nextRun().orElseThrow();
      tasks.claimDue(now);
      AgentRun run = begin("r" + failure, Lane.isolated(FAMILY.folder()), now);
      long input = runs.inside(run).getFirst().id();
      frame(run, 10, List.of(), Map.of(input, new Fate.Over(TaskRun.Status.ERROR, "no luck")), now);
      assertThat(newest("t1").status()).isEqualTo(TaskRun.Status.ERROR);
      assertThat(task("t1").failures()).isEqualTo(failure);
      if (failure < TASK_RULES.maxFailures()) {
        assertThat(task("t1").nextRun().orElseThrow())
            .isBetween(now.plusSeconds(60L * failure), now.plusSeconds(60L * failure + 1));
      }
    }
    assertThat(task("t1").status()).isEqualTo(Status.PAUSED);
    assertThat(task("t1").pauseReason()).contains("it failed 3 times in a row");
    assertThat(said()).filteredOn(it -> it.contains("paused")).hasSize(1);
    assertThat(said().getLast()).contains("The last run said: no luck. Ask me");
    assertThat(tasks.nextDue()).isEmpty();
  }

  @Test
  void aScheduleThatCannotBeReadPausesItsTaskAlone() {
    add("broken", "cron", "every now and then", ContextMode.ISOLATED, NOW);
    hourly("whole", ContextMode.ISOLATED);

    TaskStore.Claims claims = tasks.claimDue(NOW);

    assertThat(claims.lanes()).hasSize(1);
    assertThat(claims.told()).isTrue();
    assertThat(task("broken").status()).isEqualTo(Status.PAUSED);
    assertThat(said())
        .singleElement()
        .asString()
        .contains("broken", "cannot be read")
        .doesNotContain("last run");
    assertThat(tasks.runs("broken", 10)).isEmpty();
  }

  @Test
  void cancellingInterruptsWhatNobodyBeganAndLetsTheRestEnd() {
    hourly("waits", ContextMode.ISOLATED);
    hourly("works", ContextMode.GROUP);
    tasks.claimDue(NOW);
    AgentRun run = begin("r1", Lane.chat(FAMILY.folder()), NOW);

    assertThat(tasks.remove("waits", NOW)).isPresent();
    assertThat(tasks.remove("works", NOW)).isPresent();
    assertThat(tasks.remove("unknown", NOW)).isEmpty();

    assertThat(newest("waits").status()).isEqualTo(TaskRun.Status.INTERRUPTED);
    assertThat(newest("works").status()).isEqualTo(TaskRun.Status.RUNNING);
    assertThat(inputs.lanesWithWork()).isEmpty();
    frame(run, 10, List.of(runs.inside(run).getFirst().id()), Map.of(), NOW);
    assertThat(newest("works").status()).isEqualTo(TaskRun.Status.SUCCESS);
    assertThat(tasks.all()).isEmpty();
  }

  @Test
  void theNewestRunsOfATaskStay() {
    Sql.execute(
        dir.resolve("messages.db"),
        """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)
        INSERT INTO task_run_logs (task_id, run_at, status)
        SELECT 't1', '2026-01-01T00:00:00.000Z', 'success' FROM n
        """);
    hourly("t1", ContextMode.GROUP);
    tasks.claimDue(NOW);

    assertThat(new FinishedWork(database).clean()).isEqualTo(50);
    assertThat(tasks.runs("t1", 1000)).hasSize(FinishedWork.TASK_RUNS + 1);
    assertThat(newest("t1").status()).isEqualTo(TaskRun.Status.RUNNING);
  }

  @Test
  void aFileHasItsEffectOnce() {
    AgentRun run = Samples.run(FAMILY, "r1");
    new MessageStore(database).add(message(FAMILY, "m1", "hi"), true);
    runs.begin(run, FAMILY, MANY, NOW);
    HandledFiles files = new HandledFiles(database);
    for (int i = 0; i < 2; i++) {
      assertThat(
              files.once(
                  "r1",
                  "f1",
                  () -> {
                    runs.say(run, FAMILY, "f1", "hello", NOW);
                    hourly("t1", ContextMode.GROUP);
                    return "answer";
                  }))
          .isEqualTo("answer");
    }
    assertThat(said()).containsExactly("hello");
    assertThat(tasks.all()).hasSize(1);
  }
}
