package dev.nanoclaw.db;

import static dev.nanoclaw.db.generated.Tables.AGENT_RUNS;
import static dev.nanoclaw.db.generated.Tables.SESSIONS;

import dev.nanoclaw.db.InputStore.Which;
import dev.nanoclaw.db.OutboxStore.Source;
import dev.nanoclaw.domain.AgentInput;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.AgentRun.EndReason;
import dev.nanoclaw.domain.ChatFormat;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.domain.TaskRules;
import dev.nanoclaw.domain.TaskRun;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jooq.DSLContext;
import org.jooq.Record;

/// Runs of agents: their start, the frames taken from each, their end. Every method is one
/// transaction.
public final class RunStore {

  private static final String RUNNING = "running";
  static final String ENDED = "ended";

  private final Database database;
  private final ChatFormat format;
  private final Notices notices;
  private final TaskRuns taskRuns;

  /// @param format how what is said becomes messages, before the first try to send them
  /// @param rules for tasks whose runs end here
  public RunStore(Database database, ChatFormat format, TaskRules rules) {
    this.database = database;
    this.format = format;
    this.notices = new Notices(format);
    this.taskRuns = new TaskRuns(notices, rules);
  }

  /// What becomes of an input that came back.
  public sealed interface Fate {

    /// Whether runs of tasks are over among these.
    static boolean endsTasks(Map<Long, Fate> fates) {
      return fates.values().stream().anyMatch(it -> it instanceof Over);
    }

    /// It is given out again, not before that time.
    record Again(int attempts, Instant when) implements Fate {}

    /// It is given up, and the chat is told.
    record Dead(String notice) implements Fate {}

    /// It was a run of a task, which is over without success.
    record Over(TaskRun.Status how, String error) implements Fate {}
  }

  /// What a frame changes, already decided.
  ///
  /// @param end position in the output behind the frame
  /// @param answer what the chat is to read, formatted
  /// @param acked inputs that are done
  /// @param failed inputs that come back, with their fate
  /// @param error why they failed
  /// @param notice one sentence from the host, told once for the same id
  public record Effect(
      long end,
      Optional<String> answer,
      Session session,
      List<Long> acked,
      Map<Long, Fate> failed,
      String error,
      Optional<Notice> notice,
      boolean turnOpen) {}

  /// What a frame does to the group's session.
  public sealed interface Session {
    record Keep() implements Session {}

    record Set(String id) implements Session {}

    record Forget() implements Session {}
  }

  /// A sentence of the host itself; of several with the same id the chat gets the first.
  public record Notice(String id, String text) {}

  /// Writes the run's row and gives it its first input; without an input no row is written.
  public InputStore.Next begin(AgentRun run, Group group, InputStore.Limits limits, Instant now) {
    return database.write(sql -> {
      insert(sql, run);
      InputStore.Next next =
          InputStore.claim(sql, group, Which.of(run.lane()), run.runId(), limits, now);
      if (!(next instanceof InputStore.Next.Claimed)) {
        sql.deleteFrom(AGENT_RUNS).where(AGENT_RUNS.RUN_ID.eq(run.runId())).execute();
      }
      return next;
    });
  }

  /// Runs that have not ended: those of this host, or those that an earlier one left behind.
  public List<AgentRun> open() {
    return database.read(sql ->
        sql.selectFrom(AGENT_RUNS)
            .where(AGENT_RUNS.STATE.ne(ENDED))
            .orderBy(AGENT_RUNS.STARTED_AT)
            .fetch(RunStore::run));
  }

  /// Takes a frame: answer, acknowledgements, session and position together, or nothing of it.
  /// Taking the same frame again changes nothing.
  ///
  /// @return the inputs that are still inside the run
  public List<AgentInput> takeFrame(AgentRun run, Group group, Effect effect, Instant now) {
    // before the transaction: a long answer takes its time
    List<String> answer =
        effect.answer().map(it -> format.parts(group.jid(), it)).orElseGet(List::of);
    return database.write(sql -> {
      int taken =
          sql.update(AGENT_RUNS)
              .set(AGENT_RUNS.OUTPUT_READ, effect.end())
              .set(AGENT_RUNS.TURN_SINCE, effect.turnOpen() ? Times.text(now) : null)
              .set(AGENT_RUNS.WAITING_SINCE, effect.turnOpen() ? null : Times.text(now))
              .where(AGENT_RUNS.RUN_ID.eq(run.runId()), AGENT_RUNS.OUTPUT_READ.lt(effect.end()))
              .execute();
      if (taken == 1) {
        apply(sql, run, group, effect, answer, now);
      }
      return Inputs.inside(sql, run.runId());
    });
  }

  private void apply(
      DSLContext sql, AgentRun run, Group group, Effect effect, List<String> answer, Instant now) {
    OutboxStore.insert(
        sql,
        Source.run(run.runId(), Long.toString(effect.end())),
        group.jid(),
        answer,
        Inputs.lastAsked(sql, group.jid(), effect.acked()),
        now);
    Inputs.tasks(sql, run.runId(), effect.acked())
        .forEach(it -> taskRuns.end(sql, it, TaskRun.Status.SUCCESS, effect.answer(), now));
    Inputs.acknowledge(sql, run.runId(), effect.acked());
    comeBack(sql, run, group, effect.failed(), effect.error(), now);
    effect.notice().ifPresent(it -> tell(sql, group, it, now));
    if (keepsSession(sql, run)) {
      apply(sql, group, effect.session());
    }
  }

  private static boolean keepsSession(DSLContext sql, AgentRun run) {
    return sql.fetchExists(
        AGENT_RUNS, AGENT_RUNS.RUN_ID.eq(run.runId()), AGENT_RUNS.KEEPS_SESSION.isTrue());
  }

  private static void apply(DSLContext sql, Group group, Session session) {
    switch (session) {
      case Session.Keep() -> {}
      case Session.Forget() -> forgetSession(sql, group.folder());
      case Session.Set(String id) ->
          sql.insertInto(SESSIONS)
              .set(SESSIONS.GROUP_FOLDER, group.folder().value())
              .set(SESSIONS.SESSION_ID, id)
              .onConflict(SESSIONS.GROUP_FOLDER)
              .doUpdate()
              .set(SESSIONS.SESSION_ID, id)
              .execute();
    }
  }

  /// Forgets the group's session. A run that is still open goes to its end, and its session is not
  /// the group's any more.
  public void startNewSession(Group group) {
    database.write(sql -> {
      forgetSession(sql, group.folder());
      return sql.update(AGENT_RUNS)
          .set(AGENT_RUNS.KEEPS_SESSION, false)
          .where(AGENT_RUNS.GROUP_FOLDER.eq(group.folder().value()), AGENT_RUNS.STATE.ne(ENDED))
          .execute();
    });
  }

  /// The run of a lane that has not ended.
  public Optional<AgentRun> open(Lane lane) {
    return open().stream().filter(it -> it.lane().equals(lane)).findFirst();
  }

  /// Says something for an agent in a chat while it is at work; once for the same id in a run.
  public void say(AgentRun run, Group target, String id, String text, Instant now) {
    List<String> parts = format.parts(target.jid(), text);
    database.write(sql -> {
      Source source = Source.run(run.runId(), id);
      OutboxStore.insert(sql, source, target.jid(), parts, Optional.empty(), now);
      return parts.size();
    });
  }

  /// A sign of life of the agent: its time limit begins anew, also for a host that comes after.
  public void alive(AgentRun run, Instant now) {
    database.write(sql ->
        sql.update(AGENT_RUNS)
            .set(AGENT_RUNS.TURN_SINCE, Times.text(now))
            .where(AGENT_RUNS.RUN_ID.eq(run.runId()), AGENT_RUNS.TURN_SINCE.isNotNull())
            .execute());
  }

  /// Remembers that a turn is open since then, so that its time limit outlives this process.
  public void turnOpened(AgentRun run, Instant now) {
    database.write(sql ->
        sql.update(AGENT_RUNS)
            .set(AGENT_RUNS.TURN_SINCE, Times.text(now))
            .setNull(AGENT_RUNS.WAITING_SINCE)
            .where(AGENT_RUNS.RUN_ID.eq(run.runId()))
            .execute());
  }

  /// Ends a run. What was inside comes back.
  ///
  /// @param fates for each input that is still inside, see [#inside]
  public void end(
      AgentRun run,
      Group group,
      EndReason reason,
      Optional<Integer> exitCode,
      Map<Long, Fate> fates,
      String error,
      Optional<Notice> notice,
      Instant now) {
    database.write(sql -> {
      comeBack(sql, run, group, fates, error, now);
      notice.ifPresent(it -> tell(sql, group, it, now));
      HandledFiles.forget(sql, run.runId());
      return sql.update(AGENT_RUNS)
          .set(AGENT_RUNS.STATE, ENDED)
          .set(AGENT_RUNS.END_REASON, reason.name().toLowerCase(Locale.ROOT))
          .set(AGENT_RUNS.EXIT_CODE, exitCode.orElse(null))
          .set(AGENT_RUNS.ENDED_AT, Times.text(now))
          .where(AGENT_RUNS.RUN_ID.eq(run.runId()))
          .execute();
    });
  }

  /// The inputs that are inside a run.
  public List<AgentInput> inside(AgentRun run) {
    return database.read(sql -> Inputs.inside(sql, run.runId()));
  }

  /// What runs of the same lane other than that one have said in the group's chat since then, the
  /// newest few, oldest first.
  public List<String> saidByOthers(Group group, AgentRun run, Instant since) {
    return database.read(sql -> OutboxStore.saidByOtherRuns(sql, group.jid(), run, since));
  }

  /// A run of a task, by its number.
  public Optional<TaskRun> taskRun(long id) {
    return database.read(sql -> TaskRuns.find(sql, id));
  }

  /// Says a sentence of the host in the group's chat, unless the same id was said before.
  public void tell(Group group, Notice notice, Instant now) {
    database.write(sql -> {
      tell(sql, group, notice, now);
      return true;
    });
  }

  /// Whether that was said in the group's chat.
  public boolean wasTold(Group group, String noticeId) {
    return database.read(sql -> OutboxStore.wasSaid(sql, Source.host(group.folder(), noticeId)));
  }

  private void comeBack(
      DSLContext sql, AgentRun run, Group group, Map<Long, Fate> fates, String error, Instant now) {
    for (AgentInput input : Inputs.inside(sql, run.runId())) {
      switch (fates.get(input.id())) {
        case null -> {}
        case Fate.Again _ when isCancelled(sql, input) ->
            end(sql, input, new Fate.Over(TaskRun.Status.INTERRUPTED, TaskRuns.CANCELLED), now);
        case Fate.Again(int attempts, Instant when) ->
            Inputs.giveBack(sql, input, group.jid(), attempts, when, error);
        case Fate.Over over -> end(sql, input, over, now);
        case Fate.Dead _ when Inputs.isBatch(sql, input, group.jid()) ->
            Inputs.giveBack( // each message has a try of its own
                sql, input, group.jid(), InputStore.TAKEN_APART_AT, now, error);
        case Fate.Dead(String notice) -> {
          Inputs.bury(sql, input, group.jid(), error, now);
          tell(sql, group, new Notice("dead:" + input.id(), notice), now);
        }
      }
    }
  }

  private static boolean isCancelled(DSLContext sql, AgentInput input) {
    return input.content() instanceof AgentInput.Content.Task(long taskRun)
        && TaskRuns.isCancelled(sql, taskRun);
  }

  private void end(DSLContext sql, AgentInput input, Fate.Over over, Instant now) {
    Inputs.giveUp(sql, input, over.error());
    if (input.content() instanceof AgentInput.Content.Task(long taskRun)) {
      taskRuns.end(sql, taskRun, over.how(), Optional.of(over.error()), now);
    }
  }

  private void tell(DSLContext sql, Group group, Notice notice, Instant now) {
    notices.tell(sql, group.folder(), group.jid(), notice.id(), notice.text(), now);
  }

  private static void forgetSession(DSLContext sql, GroupFolder folder) {
    sql.deleteFrom(SESSIONS).where(SESSIONS.GROUP_FOLDER.eq(folder.value())).execute();
  }

  private static void insert(DSLContext sql, AgentRun run) {
    sql.insertInto(AGENT_RUNS)
        .set(AGENT_RUNS.RUN_ID, run.runId())
        .set(AGENT_RUNS.GROUP_FOLDER, run.group().value())
        .set(AGENT_RUNS.CONTEXT, TaskRuns.text(run.lane().context()))
        .set(AGENT_RUNS.KEEPS_SESSION, !run.lane().isIsolated())
        .set(AGENT_RUNS.CONTAINER, run.container())
        .set(AGENT_RUNS.ENGINE, run.engine())
        .set(AGENT_RUNS.NONCE, run.nonce())
        .set(AGENT_RUNS.STATE, RUNNING)
        .set(AGENT_RUNS.TURN_SINCE, run.turnSince().map(Times::text).orElse(null))
        .set(AGENT_RUNS.STARTED_AT, Times.text(run.startedAt()))
        .execute();
  }

  private static AgentRun run(Record row) {
    return new AgentRun(
        row.get(AGENT_RUNS.RUN_ID),
        new Lane(
            new GroupFolder(row.get(AGENT_RUNS.GROUP_FOLDER)),
            TaskRuns.context(row.get(AGENT_RUNS.CONTEXT))),
        row.get(AGENT_RUNS.CONTAINER),
        row.get(AGENT_RUNS.ENGINE),
        row.get(AGENT_RUNS.NONCE),
        row.get(AGENT_RUNS.OUTPUT_READ),
        Optional.ofNullable(row.get(AGENT_RUNS.TURN_SINCE)).map(Times::instant),
        Optional.ofNullable(row.get(AGENT_RUNS.WAITING_SINCE)).map(Times::instant),
        Times.instant(row.get(AGENT_RUNS.STARTED_AT)));
  }
}
