package dev.nanoclaw.db;

import static dev.nanoclaw.db.generated.Tables.AGENT_INPUTS;
import static dev.nanoclaw.db.generated.Tables.AGENT_RUNS;
import static dev.nanoclaw.db.generated.Tables.DEAD_LETTERS;
import static dev.nanoclaw.db.generated.Tables.MESSAGES;
import static dev.nanoclaw.db.generated.Tables.OUTBOX;
import static dev.nanoclaw.db.generated.Tables.REGISTERED_GROUPS;
import static dev.nanoclaw.db.generated.Tables.SCHEDULED_TASKS;
import static dev.nanoclaw.db.generated.Tables.TASK_RUN_LOGS;
import static org.jooq.impl.DSL.coalesce;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.max;
import static org.jooq.impl.DSL.min;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.noCondition;
import static org.jooq.impl.DSL.rowNumber;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.selectOne;

import dev.nanoclaw.domain.ScheduledTask;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.Result;
import org.jooq.Table;
import org.jspecify.annotations.Nullable;

/// Rows about work that is over: the newest of each group and chat stay, the others go.
///
/// Messages and chats are not among them: they are what the assistant remembers.
public final class FinishedWork {

  /// So many inputs of a group stay. The newest of all must: its end is how far the group has come.
  static final int INPUTS = 200;

  /// So many runs of a group stay, and those of the inputs that stay.
  static final int RUNS = 200;

  /// So many runs of a task stay, and those of the inputs that stay.
  static final int TASK_RUNS = 100;

  /// So many tasks of a group stay that are completed.
  static final int COMPLETED_TASKS = 50;

  /// So many runs stay of tasks that do not.
  static final int ORPHANED_RUNS = 1000;

  /// So many messages of ours stay for each chat: the channel may still tell us of them, and we
  /// know them by their ids.
  static final int OUTBOX_ROWS = 500;

  /// So many rows go in one transaction, so that nobody waits long for the only writer.
  private static final int BATCH = 100;

  /// So many rows of a table are looked at before the next look: there is memory for them.
  private static final int AT_ONCE = 5000;

  private final Database database;

  public FinishedWork(Database database) {
    this.database = database;
  }

  /// Removes what is too much, until the thread is interrupted. Work that is not over, dead letters
  /// and what belongs to them are left alone.
  ///
  /// @return how many rows went
  public int clean() {
    int removed = 0;
    int now;
    do {
      now =
          remove(database.read(FinishedWork::oldInputs), FinishedWork::removeInputs)
              + remove(database.read(FinishedWork::oldRuns), FinishedWork::removeRuns)
              + remove(database.read(FinishedWork::oldTasks), FinishedWork::removeTasks)
              + remove(database.read(FinishedWork::oldTaskRuns), FinishedWork::removeTaskRuns)
              + remove(database.read(FinishedWork::orphanedRuns), FinishedWork::removeTaskRuns)
              + remove(database.read(FinishedWork::oldOutbox), FinishedWork::removeOutbox);
      removed += now;
    } while (now >= AT_ONCE);
    return removed;
  }

  /// A number that grows by one with each input and each message of ours.
  public long made() {
    return database.read(
        sql -> newest(sql, AGENT_INPUTS, AGENT_INPUTS.ID) + newest(sql, OUTBOX, OUTBOX.ID));
  }

  private static long newest(DSLContext sql, Table<?> table, Field<Long> id) {
    return sql.select(coalesce(max(id), inline(0L))).from(table).fetchSingle().value1();
  }

  /// What changed since it was found is left alone: `what` looks again.
  private <T> int remove(List<T> found, BiFunction<DSLContext, List<T>, Integer> what) {
    int removed = 0;
    for (int i = 0; i < found.size() && !Thread.currentThread().isInterrupted(); i += BATCH) {
      List<T> some = found.subList(i, Math.min(i + BATCH, found.size()));
      removed += database.write(sql -> what.apply(sql, some));
    }
    return removed;
  }

  private static List<Long> oldInputs(DSLContext sql) {
    Field<?>[] newest = {AGENT_INPUTS.TO_SEQ, AGENT_INPUTS.ID};
    return allButTheNewest(
            sql,
            INPUTS,
            AGENT_INPUTS,
            isFinishedInput(),
            noCondition(),
            AGENT_INPUTS.GROUP_FOLDER,
            newest)
        .getValues(AGENT_INPUTS.ID);
  }

  private static int removeInputs(DSLContext sql, List<Long> ids) {
    return sql.deleteFrom(AGENT_INPUTS).where(AGENT_INPUTS.ID.in(ids), isFinishedInput()).execute();
  }

  private static Condition isFinishedInput() {
    return AGENT_INPUTS
        .STATE
        .in(inline(Inputs.ACKED), inline(Inputs.DEAD))
        .andNotExists(
            selectOne().from(DEAD_LETTERS).where(DEAD_LETTERS.INPUT_ID.eq(AGENT_INPUTS.ID)));
  }

  private static List<String> oldRuns(DSLContext sql) {
    Field<?>[] newest = {AGENT_RUNS.STARTED_AT, AGENT_RUNS.RUN_ID};
    return allButTheNewest(
            sql,
            RUNS,
            AGENT_RUNS,
            AGENT_RUNS.STATE.eq(inline(RunStore.ENDED)),
            field(name("run_id"), String.class)
                .notIn(
                    select(AGENT_INPUTS.RUN_ID)
                        .from(AGENT_INPUTS)
                        .where(AGENT_INPUTS.RUN_ID.isNotNull())),
            AGENT_RUNS.GROUP_FOLDER,
            newest)
        .getValues(AGENT_RUNS.RUN_ID);
  }

  private static int removeRuns(DSLContext sql, List<String> ids) {
    return sql.deleteFrom(AGENT_RUNS)
        .where(AGENT_RUNS.RUN_ID.in(ids), AGENT_RUNS.STATE.eq(inline(RunStore.ENDED)))
        .andNotExists(
            selectOne().from(AGENT_INPUTS).where(AGENT_INPUTS.RUN_ID.eq(AGENT_RUNS.RUN_ID)))
        .execute();
  }

  private static List<Long> oldTaskRuns(DSLContext sql) {
    return allButTheNewest(
            sql,
            TASK_RUNS,
            TASK_RUN_LOGS,
            isFinishedTaskRun(),
            hasNoInput(),
            TASK_RUN_LOGS.TASK_ID,
            TASK_RUN_LOGS.ID)
        .getValues(TASK_RUN_LOGS.ID);
  }

  /// Those of all tasks that are not there any more.
  private static List<Long> orphanedRuns(DSLContext sql) {
    return allButTheNewest(
            sql,
            ORPHANED_RUNS,
            TASK_RUN_LOGS,
            isFinishedTaskRun()
                .and(TASK_RUN_LOGS.TASK_ID.notIn(select(SCHEDULED_TASKS.ID).from(SCHEDULED_TASKS))),
            hasNoInput(),
            inline(""),
            TASK_RUN_LOGS.ID)
        .getValues(TASK_RUN_LOGS.ID);
  }

  private static Condition hasNoInput() {
    return field(name("id"), Long.class)
        .notIn(
            select(AGENT_INPUTS.TASK_RUN_ID)
                .from(AGENT_INPUTS)
                .where(AGENT_INPUTS.TASK_RUN_ID.isNotNull()));
  }

  private static int removeTaskRuns(DSLContext sql, List<Long> ids) {
    return sql.deleteFrom(TASK_RUN_LOGS)
        .where(TASK_RUN_LOGS.ID.in(ids), isFinishedTaskRun())
        .execute();
  }

  private static Condition isFinishedTaskRun() {
    return TASK_RUN_LOGS.STATUS.ne(inline(TaskRuns.RUNNING));
  }

  private static List<String> oldTasks(DSLContext sql) {
    return allButTheNewest(
            sql,
            COMPLETED_TASKS,
            SCHEDULED_TASKS,
            isCompletedTask(),
            noCondition(),
            SCHEDULED_TASKS.GROUP_FOLDER,
            SCHEDULED_TASKS.CREATED_AT,
            SCHEDULED_TASKS.ID)
        .getValues(SCHEDULED_TASKS.ID);
  }

  private static int removeTasks(DSLContext sql, List<String> ids) {
    return sql.deleteFrom(SCHEDULED_TASKS)
        .where(SCHEDULED_TASKS.ID.in(ids), isCompletedTask())
        .execute();
  }

  private static Condition isCompletedTask() {
    return SCHEDULED_TASKS.STATUS.eq(inline(TaskRuns.text(ScheduledTask.Status.COMPLETED)));
  }

  private static List<Long> oldOutbox(DSLContext sql) {
    Set<String> open = openMatters(sql);
    return allButTheNewest(
            sql, OUTBOX_ROWS, OUTBOX, isFinishedOutput(), noCondition(), OUTBOX.CHAT_JID, OUTBOX.ID)
        .stream()
        .filter(it -> !open.contains(matter(it.get(OUTBOX.SOURCE), it.get(OUTBOX.SOURCE_ID))))
        .map(it -> it.get(OUTBOX.ID))
        .toList();
  }

  private static int removeOutbox(DSLContext sql, List<Long> ids) {
    return sql.deleteFrom(OUTBOX).where(OUTBOX.ID.in(ids), isFinishedOutput()).execute();
  }

  private static Condition isFinishedOutput() {
    return OUTBOX.STATE.in(inline(OutboxStore.SENT), inline(OutboxStore.DROPPED));
  }

  /// A sentence of the host about an input or a message that is not done stays, for otherwise it
  /// would be told again.
  private static Set<String> openMatters(DSLContext sql) {
    Set<String> open = new HashSet<>();
    sql.selectFrom(AGENT_INPUTS)
        .where(AGENT_INPUTS.STATE.in(inline(Inputs.PENDING), inline(Inputs.CLAIMED)))
        .forEach(it -> {
          open.add(matter(it.get(AGENT_INPUTS.GROUP_FOLDER), it.get(AGENT_INPUTS.ID)));
          open.add(matter(it.get(AGENT_INPUTS.GROUP_FOLDER), it.get(AGENT_INPUTS.FROM_SEQ)));
          open.add(
              matter(
                  it.get(AGENT_INPUTS.GROUP_FOLDER), "task-" + it.get(AGENT_INPUTS.TASK_RUN_ID)));
        });
    sql.select(REGISTERED_GROUPS.FOLDER, min(MESSAGES.SEQ))
        .from(REGISTERED_GROUPS)
        .join(MESSAGES)
        .on(
            MESSAGES.CHAT_JID.eq(REGISTERED_GROUPS.JID),
            MESSAGES.TRIGGERED.eq(inline(true)),
            MESSAGES.SEQ.gt(
                field(
                    select(coalesce(max(AGENT_INPUTS.TO_SEQ), inline(0L)))
                        .from(AGENT_INPUTS)
                        .where(AGENT_INPUTS.GROUP_FOLDER.eq(REGISTERED_GROUPS.FOLDER)))))
        .groupBy(REGISTERED_GROUPS.FOLDER)
        .forEach(it -> open.add(matter(it.value1(), it.value2())));
    return open;
  }

  private static String matter(String folder, @Nullable Object number) {
    return "host:" + folder + ":" + number;
  }

  /// The ids of such sentences are `kind:number`, or `kind:task-number`.
  private static String matter(String source, String sourceId) {
    return source + sourceId.substring(Math.max(0, sourceId.lastIndexOf(':')));
  }

  /// The rows of a table, except the newest of each group.
  ///
  /// @param removable of those that are too many, what may go
  private static Result<Record> allButTheNewest(
      DSLContext sql,
      int count,
      Table<?> table,
      Condition which,
      Condition removable,
      Field<String> group,
      Field<?>... newest) {
    Field<Integer> age =
        rowNumber()
            .over()
            .partitionBy(group)
            .orderBy(Arrays.stream(newest).map(Field::desc).toList())
            .as("age");
    Table<?> ranked =
        select(table.asterisk()).select(age).from(table).where(which).asTable("ranked");
    return sql.select()
        .from(ranked)
        .where(field(name("age"), Integer.class).gt(inline(count)), removable)
        .limit(AT_ONCE)
        .fetch();
  }
}
