package dev.nanoclaw.db;

import static dev.nanoclaw.db.generated.Tables.REGISTERED_GROUPS;
import static dev.nanoclaw.db.generated.Tables.SCHEDULED_TASKS;
import static dev.nanoclaw.db.generated.Tables.TASK_RUN_LOGS;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.min;
import static org.jooq.impl.DSL.noCondition;

import dev.nanoclaw.domain.ChatFormat;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.domain.Schedule;
import dev.nanoclaw.domain.ScheduledTask;
import dev.nanoclaw.domain.TaskRules;
import dev.nanoclaw.domain.TaskRun;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jooq.exception.DataAccessException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tasks, and the runs that were claimed for them. How a run ends is in [RunStore], with what ends
/// it.
public final class TaskStore {

  private static final String ACTIVE = TaskRuns.text(ScheduledTask.Status.ACTIVE);

  private static final Logger log = LoggerFactory.getLogger(TaskStore.class);
  private static final int AT_ONCE = 50;

  private final Database database;
  private final TaskRules rules;
  private final TaskRuns runs;
  private final Supplier<Optional<Instant>> nextDue;

  /// @param format of what the host says of a task in its chat
  public TaskStore(Database database, ChatFormat format, TaskRules rules) {
    this.database = database;
    this.rules = rules;
    this.runs = new TaskRuns(new Notices(format), rules);
    this.nextDue = database.remembering(this::findNextDue);
  }

  /// Adds a task with an id that none has.
  public void add(ScheduledTask task) {
    database.write(sql -> {
      sql.insertInto(SCHEDULED_TASKS)
          .set(SCHEDULED_TASKS.ID, task.id())
          .set(SCHEDULED_TASKS.GROUP_FOLDER, task.group().value())
          .set(SCHEDULED_TASKS.CHAT_JID, task.chat().value())
          .set(SCHEDULED_TASKS.PROMPT, task.prompt())
          .set(SCHEDULED_TASKS.SCHEDULE_TYPE, task.scheduleType())
          .set(SCHEDULED_TASKS.SCHEDULE_VALUE, task.scheduleValue())
          .set(SCHEDULED_TASKS.CONTEXT_MODE, TaskRuns.text(task.contextMode()))
          .set(SCHEDULED_TASKS.STATUS, TaskRuns.text(task.status()))
          .set(SCHEDULED_TASKS.CREATED_AT, Times.text(task.createdAt()))
          .execute();
      return TaskRuns.store(sql, task);
    });
  }

  public Optional<ScheduledTask> find(String id) {
    return database.read(sql -> TaskRuns.find(sql, id));
  }

  /// All tasks in the order of their creation.
  public List<ScheduledTask> all() {
    return tasks(noCondition());
  }

  /// The tasks of a group in the order of their creation.
  public List<ScheduledTask> of(GroupFolder group) {
    return tasks(SCHEDULED_TASKS.GROUP_FOLDER.eq(group.value()));
  }

  private List<ScheduledTask> tasks(Condition which) {
    return database.read(sql ->
        sql.selectFrom(SCHEDULED_TASKS)
            .where(which)
            .orderBy(SCHEDULED_TASKS.CREATED_AT, SCHEDULED_TASKS.ID)
            .fetch(TaskRuns::task));
  }

  /// How many tasks of a group are not completed.
  public int count(GroupFolder group) {
    return database.read(sql ->
        sql.fetchCount(
            SCHEDULED_TASKS,
            SCHEDULED_TASKS.GROUP_FOLDER.eq(group.value()),
            SCHEDULED_TASKS.STATUS.ne(inline(TaskRuns.text(ScheduledTask.Status.COMPLETED)))));
  }

  /// What a change makes of a task as it is now.
  @FunctionalInterface
  public interface Change {
    ScheduledTask of(ScheduledTask task);
  }

  /// Changes a task; an exception of the change is passed on, and nothing is changed.
  ///
  /// @return the task as it is then; empty when there is none
  public Optional<ScheduledTask> change(String id, Change change) {
    return database.write(sql -> {
      Optional<ScheduledTask> changed = TaskRuns.find(sql, id).map(change::of);
      changed.ifPresent(it -> TaskRuns.store(sql, it));
      return changed;
    });
  }

  /// Removes a task. A run of it that no agent has yet is interrupted; one that is at work goes to
  /// its end, and its row stays.
  ///
  /// @return the task as it was; empty when there is none
  public Optional<ScheduledTask> remove(String id, Instant now) {
    return database.write(sql -> {
      Optional<ScheduledTask> task = TaskRuns.find(sql, id);
      sql.deleteFrom(SCHEDULED_TASKS).where(SCHEDULED_TASKS.ID.eq(id)).execute();
      runs.cancelWaiting(sql, id, now);
      return task;
    });
  }

  /// The newest runs of a task, the newest first.
  public List<TaskRun> runs(String task, int newest) {
    return database.read(sql ->
        sql.selectFrom(TASK_RUN_LOGS)
            .where(TASK_RUN_LOGS.TASK_ID.eq(task))
            .orderBy(TASK_RUN_LOGS.ID.desc())
            .limit(newest)
            .fetch(TaskRuns::run));
  }

  /// When the next task is due.
  public Optional<Instant> nextDue() {
    return nextDue.get();
  }

  private Optional<Instant> findNextDue() {
    return database.read(sql ->
        sql.select(min(SCHEDULED_TASKS.NEXT_RUN))
            .from(SCHEDULED_TASKS)
            .where(SCHEDULED_TASKS.STATUS.eq(inline(ACTIVE)))
            .fetchOptional(0, String.class)
            .map(Times::instant));
  }

  /// What a look at the tasks that are due did.
  ///
  /// @param lanes that have something to do now
  /// @param told something is to be said in a chat
  /// @param more there may be others that are due
  public record Claims(List<Lane> lanes, boolean told, boolean more) {}

  /// Claims the tasks that are due: each gets its next time and a run in the same transaction, so
  /// that no occurrence runs twice. A task whose last run is still open gets no other, only its
  /// next time. One whose schedule cannot be read is paused, and its chat is told. At most 50 at
  /// once: others wait for the database too.
  public Claims claimDue(Instant now) {
    return database.write(sql -> {
      List<Lane> lanes = new ArrayList<>();
      boolean told = false;
      List<Record> due = due(sql, now);
      for (Record row : due) {
        try {
          claim(sql, TaskRuns.task(row), now).ifPresent(lanes::add);
        } catch (DataAccessException e) {
          throw e;
        } catch (RuntimeException e) {
          told |= pause(sql, row, "it cannot be read (%s)".formatted(e.getMessage()), now);
        }
      }
      return new Claims(lanes, told, due.size() == AT_ONCE);
    });
  }

  private static List<Record> due(DSLContext sql, Instant now) {
    return List.copyOf(
        sql.selectFrom(SCHEDULED_TASKS)
            .where(
                SCHEDULED_TASKS.STATUS.eq(inline(ACTIVE)),
                SCHEDULED_TASKS.NEXT_RUN.le(Times.text(now)))
            .orderBy(SCHEDULED_TASKS.NEXT_RUN, SCHEDULED_TASKS.ID)
            .limit(inline(AT_ONCE))
            .fetch());
  }

  /// Pauses a task of which perhaps not even the row can be read; then nobody can be told.
  ///
  /// @return whether its chat is told
  private boolean pause(DSLContext sql, Record row, String reason, Instant now) {
    log.warn("Task {} is paused: {}", row.get(SCHEDULED_TASKS.ID), reason);
    sql.update(SCHEDULED_TASKS)
        .set(SCHEDULED_TASKS.STATUS, TaskRuns.text(ScheduledTask.Status.PAUSED))
        .set(SCHEDULED_TASKS.PAUSE_REASON, reason)
        .where(SCHEDULED_TASKS.ID.eq(row.get(SCHEDULED_TASKS.ID)))
        .execute();
    try {
      runs.tellPaused(sql, TaskRuns.task(row).paused(reason), now);
      return true;
    } catch (IllegalArgumentException | DateTimeException _) {
      return false;
    }
  }

  private Optional<Lane> claim(DSLContext sql, ScheduledTask task, Instant now) {
    if (!isRegistered(sql, task)) {
      TaskRuns.store(sql, task.paused("its chat has no agent any more"));
      return Optional.empty();
    }
    ScheduledTask claimed = task.claimed(now, rules);
    if (!TaskRuns.isOpen(sql, task.id())) {
      TaskRuns.store(sql, claimed);
      TaskRuns.begin(sql, task, words(task), task.nextRun().orElse(now), now);
      return Optional.of(task.lane());
    }
    if (claimed.nextRun().isPresent()) { // what has no other occurrence waits for the open run
      TaskRuns.store(sql, claimed);
    }
    return Optional.empty();
  }

  private static boolean isRegistered(DSLContext sql, ScheduledTask task) {
    return sql.fetchExists(REGISTERED_GROUPS, REGISTERED_GROUPS.FOLDER.eq(task.group().value()));
  }

  private String words(ScheduledTask task) {
    return Schedule.parse(task.scheduleType(), task.scheduleValue(), rules.zone()).inWords();
  }

  /// Begins a run beside the schedule.
  ///
  /// @return the task; empty when there is none, or a run of it is open
  public Optional<ScheduledTask> claimNow(String id, Instant now) {
    return database.write(sql -> {
      Optional<ScheduledTask> task =
          TaskRuns.find(sql, id).filter(it -> !TaskRuns.isOpen(sql, it.id()));
      task.ifPresent(it -> TaskRuns.begin(sql, it, words(it), now, now));
      return task;
    });
  }
}
