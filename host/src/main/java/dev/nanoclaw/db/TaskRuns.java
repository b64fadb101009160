package dev.nanoclaw.db;

import static dev.nanoclaw.db.generated.Tables.AGENT_INPUTS;
import static dev.nanoclaw.db.generated.Tables.SCHEDULED_TASKS;
import static dev.nanoclaw.db.generated.Tables.TASK_RUN_LOGS;
import static org.jooq.impl.DSL.inline;

import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.ContextMode;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.domain.ScheduledTask;
import dev.nanoclaw.domain.TaskRules;
import dev.nanoclaw.domain.TaskRun;
import dev.nanoclaw.domain.TaskRun.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/// The runs of tasks: each has one row from its claim on, and an input in its lane. How it ended is
/// written once, together with what ended it.
final class TaskRuns {

  static final String RUNNING = text(Status.RUNNING);
  static final String CANCELLED = "the task was cancelled before it was done";
  private static final int MAX_TEXT = 10_000;

  private final Notices notices;
  private final TaskRules rules;

  TaskRuns(Notices notices, TaskRules rules) {
    this.notices = notices;
    this.rules = rules;
  }

  /// Begins a run: its row, and its input, which waits for its lane.
  static void begin(DSLContext sql, ScheduledTask task, String schedule, Instant due, Instant now) {
    @Nullable Long run =
        sql.insertInto(TASK_RUN_LOGS)
            .set(TASK_RUN_LOGS.TASK_ID, task.id())
            .set(TASK_RUN_LOGS.PROMPT, task.prompt())
            .set(TASK_RUN_LOGS.SCHEDULE, schedule)
            .set(TASK_RUN_LOGS.DUE, Times.text(due))
            .set(TASK_RUN_LOGS.RUN_AT, Times.text(now))
            .set(TASK_RUN_LOGS.STATUS, RUNNING)
            .returning(TASK_RUN_LOGS.ID)
            .fetchSingle(TASK_RUN_LOGS.ID);
    sql.insertInto(AGENT_INPUTS)
        .set(AGENT_INPUTS.GROUP_FOLDER, task.group().value())
        .set(AGENT_INPUTS.CONTEXT, text(task.lane().context()))
        .set(AGENT_INPUTS.TASK_RUN_ID, run)
        .set(AGENT_INPUTS.STATE, Inputs.PENDING)
        .set(AGENT_INPUTS.CREATED_AT, Times.text(now))
        .execute();
  }

  /// Whether a run of the task has not ended.
  static boolean isOpen(DSLContext sql, String task) {
    return sql.fetchExists(
        TASK_RUN_LOGS, TASK_RUN_LOGS.TASK_ID.eq(task), TASK_RUN_LOGS.STATUS.eq(inline(RUNNING)));
  }

  /// Ends the runs of a task that no agent has yet.
  void cancelWaiting(DSLContext sql, String task, Instant now) {
    sql.select(AGENT_INPUTS.ID, TASK_RUN_LOGS.ID)
        .from(AGENT_INPUTS)
        .join(TASK_RUN_LOGS)
        .on(TASK_RUN_LOGS.ID.eq(AGENT_INPUTS.TASK_RUN_ID))
        .where(TASK_RUN_LOGS.TASK_ID.eq(task), AGENT_INPUTS.STATE.eq(inline(Inputs.PENDING)))
        .fetch()
        .forEach(it -> {
          sql.deleteFrom(AGENT_INPUTS).where(AGENT_INPUTS.ID.eq(it.value1())).execute();
          end(sql, it.value2(), Status.INTERRUPTED, Optional.of(CANCELLED), now);
        });
  }

  /// Whether the task of a run is not there any more.
  static boolean isCancelled(DSLContext sql, long run) {
    return find(sql, run).filter(it -> find(sql, it.taskId()).isPresent()).isEmpty();
  }

  /// Ends a run that has not ended, and moves its task on; the chat is told when that pauses it, or
  /// when what was to run once was interrupted.
  ///
  /// @param result the agent's words, or why there are none
  void end(DSLContext sql, long run, Status how, Optional<String> result, Instant now) {
    Optional<Record> open =
        sql.selectFrom(TASK_RUN_LOGS)
            .where(TASK_RUN_LOGS.ID.eq(run), TASK_RUN_LOGS.STATUS.eq(inline(RUNNING)))
            .fetchOptional();
    if (open.isEmpty()) {
      return;
    }
    Optional<String> text = result.map(TaskRuns::shortened);
    Instant began = Times.instant(open.get().get(TASK_RUN_LOGS.RUN_AT));
    sql.update(TASK_RUN_LOGS)
        .set(TASK_RUN_LOGS.STATUS, text(how))
        .set(TASK_RUN_LOGS.DURATION_MS, Math.max(0, Duration.between(began, now).toMillis()))
        .set(how == Status.SUCCESS ? TASK_RUN_LOGS.RESULT : TASK_RUN_LOGS.ERROR, text.orElse(null))
        .where(TASK_RUN_LOGS.ID.eq(run))
        .execute();
    find(sql, open.get().get(TASK_RUN_LOGS.TASK_ID))
        .ifPresent(it -> moveOn(sql, it, run, it.ended(how, text, now, rules), how, now));
  }

  private void moveOn(
      DSLContext sql, ScheduledTask was, long run, ScheduledTask is, Status how, Instant now) {
    store(sql, is);
    boolean paused = is.status() != was.status() && is.status() == ScheduledTask.Status.PAUSED;
    if (paused) {
      tellPaused(sql, is, now);
    } else if (how == Status.INTERRUPTED && is.status() == ScheduledTask.Status.COMPLETED) {
      notices.tell(
          sql,
          is.group(),
          is.chat(),
          "interrupted:run-" + run,
          "The task %s (%s) was at work when its container was lost. It was to run once, so I do not repeat it by myself."
              .formatted(is.id(), beginning(is.prompt())),
          now);
    }
  }

  /// Tells the chat that the host paused a task.
  void tellPaused(DSLContext sql, ScheduledTask task, Instant now) {
    notices.tell(
        sql,
        task.group(),
        task.chat(),
        "paused:" + task.id() + ":" + now,
        "I have paused the task %s (%s): %s.%s Ask me to change or resume it, or use ./nanoclaw tasks resume %s."
            .formatted(
                task.id(),
                beginning(task.prompt()),
                task.pauseReason().orElse("-"),
                task.lastResult().map(it -> " The last run said: " + it + ".").orElse(""),
                task.id()),
        now);
  }

  private static String beginning(String prompt) {
    String line = prompt.strip().lines().findFirst().orElse("");
    return line.length() <= 60 ? line : line.substring(0, 60) + "…";
  }

  private static String shortened(String text) {
    return text.substring(0, Math.min(text.length(), MAX_TEXT));
  }

  static Optional<TaskRun> find(DSLContext sql, long id) {
    return sql.selectFrom(TASK_RUN_LOGS)
        .where(TASK_RUN_LOGS.ID.eq(id))
        .fetchOptional(TaskRuns::run);
  }

  static Optional<ScheduledTask> find(DSLContext sql, String id) {
    return sql.selectFrom(SCHEDULED_TASKS)
        .where(SCHEDULED_TASKS.ID.eq(id))
        .fetchOptional(TaskRuns::task);
  }

  /// Writes everything of a task that can change.
  static int store(DSLContext sql, ScheduledTask task) {
    return sql.update(SCHEDULED_TASKS)
        .set(SCHEDULED_TASKS.PROMPT, task.prompt())
        .set(SCHEDULED_TASKS.SCHEDULE_TYPE, task.scheduleType())
        .set(SCHEDULED_TASKS.SCHEDULE_VALUE, task.scheduleValue())
        .set(SCHEDULED_TASKS.CONTEXT_MODE, text(task.contextMode()))
        .set(SCHEDULED_TASKS.NEXT_RUN, task.nextRun().map(Times::text).orElse(null))
        .set(SCHEDULED_TASKS.LAST_RUN, task.lastRun().map(Times::text).orElse(null))
        .set(SCHEDULED_TASKS.LAST_RESULT, task.lastResult().orElse(null))
        .set(SCHEDULED_TASKS.STATUS, text(task.status()))
        .set(SCHEDULED_TASKS.FAILURES, task.failures())
        .set(SCHEDULED_TASKS.PAUSE_REASON, task.pauseReason().orElse(null))
        .where(SCHEDULED_TASKS.ID.eq(task.id()))
        .execute();
  }

  static ScheduledTask task(Record row) {
    return new ScheduledTask(
        row.get(SCHEDULED_TASKS.ID),
        new GroupFolder(row.get(SCHEDULED_TASKS.GROUP_FOLDER)),
        new ChatJid(row.get(SCHEDULED_TASKS.CHAT_JID)),
        row.get(SCHEDULED_TASKS.PROMPT),
        row.get(SCHEDULED_TASKS.SCHEDULE_TYPE),
        row.get(SCHEDULED_TASKS.SCHEDULE_VALUE),
        value(ContextMode.GROUP, row.get(SCHEDULED_TASKS.CONTEXT_MODE)),
        Optional.ofNullable(row.get(SCHEDULED_TASKS.NEXT_RUN)).map(Times::instant),
        Optional.ofNullable(row.get(SCHEDULED_TASKS.LAST_RUN)).map(Times::instant),
        Optional.ofNullable(row.get(SCHEDULED_TASKS.LAST_RESULT)),
        value(ScheduledTask.Status.PAUSED, row.get(SCHEDULED_TASKS.STATUS)),
        row.get(SCHEDULED_TASKS.FAILURES),
        Optional.ofNullable(row.get(SCHEDULED_TASKS.PAUSE_REASON)),
        Times.instant(row.get(SCHEDULED_TASKS.CREATED_AT)));
  }

  static TaskRun run(Record row) {
    Instant runAt = Times.instant(row.get(TASK_RUN_LOGS.RUN_AT));
    return new TaskRun(
        row.get(TASK_RUN_LOGS.ID),
        row.get(TASK_RUN_LOGS.TASK_ID),
        row.get(TASK_RUN_LOGS.PROMPT),
        row.get(TASK_RUN_LOGS.SCHEDULE),
        Optional.ofNullable(row.get(TASK_RUN_LOGS.DUE)).map(Times::instant).orElse(runAt),
        runAt,
        Optional.ofNullable(row.get(TASK_RUN_LOGS.DURATION_MS)).map(Duration::ofMillis),
        value(Status.ERROR, row.get(TASK_RUN_LOGS.STATUS)),
        Optional.ofNullable(row.get(TASK_RUN_LOGS.RESULT)),
        Optional.ofNullable(row.get(TASK_RUN_LOGS.ERROR)));
  }

  static String text(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  static Lane.Context context(String text) {
    return value(Lane.Context.CHAT, text);
  }

  /// @param other for what an earlier system or a person wrote and we do not know
  private static <T extends Enum<T>> T value(T other, String text) {
    return Arrays.stream(other.getDeclaringClass().getEnumConstants())
        .filter(it -> text(it).equals(text))
        .findFirst()
        .orElse(other);
  }
}
