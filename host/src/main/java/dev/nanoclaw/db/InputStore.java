package dev.nanoclaw.db;

import static dev.nanoclaw.db.generated.Tables.AGENT_INPUTS;
import static dev.nanoclaw.db.generated.Tables.MESSAGES;
import static dev.nanoclaw.db.generated.Tables.REGISTERED_GROUPS;
import static org.jooq.impl.DSL.coalesce;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.max;
import static org.jooq.impl.DSL.min;
import static org.jooq.impl.DSL.octetLength;

import dev.nanoclaw.domain.AgentInput;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.domain.Lane.Context;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.Record2;
import org.jooq.impl.DSL;

/// Inputs: which messages and which runs of tasks were given to which run of an agent, and what
/// became of them.
///
/// A message is in at most one input. Inputs of messages are given out in their order, and none
/// before a failed one. A run of a task waits for no message, and no message for it.
public final class InputStore {

  /// With so many failures a batch of several messages is taken apart, so that one of them cannot
  /// take the others with it.
  public static final int TAKEN_APART_AT = 2;

  /// No input waits longer for its next attempt. What seems to was put back before the clock was.
  public static final Duration LONGEST_WAIT = Duration.ofMinutes(5);

  private final Database database;

  public InputStore(Database database) {
    this.database = database;
  }

  /// Which of a group's work.
  public enum Which {
    /// Messages, and tasks in their context.
    CHAT,
    MESSAGES,
    ISOLATED_TASKS;

    /// What a lane's containers do.
    public static Which of(Lane lane) {
      return lane.isIsolated() ? ISOLATED_TASKS : CHAT;
    }

    private Context context() {
      return this == ISOLATED_TASKS ? Context.ISOLATED : Context.CHAT;
    }
  }

  /// What there is to do for a group.
  public sealed interface Next {

    /// An input that now belongs to the run.
    record Claimed(AgentInput input) implements Next {}

    /// A failed input waits for its time, and everything newer behind it.
    record Later(Instant when) implements Next {}

    /// No message asks for an answer.
    record Nothing() implements Next {}
  }

  /// How much may go into one input.
  ///
  /// @param messages triggered messages
  /// @param bytes their text together; a single message may be longer
  public record Limits(int messages, int bytes) {}

  /// Gives the next input of the group to a run that goes on.
  public Next claimNext(Group group, Which which, String runId, Limits limits, Instant now) {
    return database.write(sql -> claim(sql, group, which, runId, limits, now));
  }

  /// Work that waits for a group.
  ///
  /// @param matter what it is about, to tell it from other work
  /// @param attempts how often it failed before
  public record Work(Instant when, String matter, int attempts) {}

  /// What `claimNext` would give, and when.
  public Optional<Work> nextWork(Group group, Which which, Instant now) {
    return database.read(sql -> next(sql, group, which, now).map(Candidate::work));
  }

  /// What may be given out next.
  private sealed interface Candidate {
    Work work();

    /// An input that is there: it came back, or is of a task.
    record Pending(Record input, Work work) implements Candidate {}

    /// Messages that nobody was given.
    record Fresh(Work work) implements Candidate {}
  }

  /// What is due first; of what is due now, a task.
  private static Optional<Candidate> next(DSLContext sql, Group group, Which which, Instant now) {
    Optional<Candidate> task =
        which == Which.MESSAGES
            ? Optional.empty()
            : nextTask(sql, group.folder(), which.context())
                .map(it -> pending(it, "task-" + it.get(AGENT_INPUTS.TASK_RUN_ID), now));
    Optional<Candidate> messages =
        which == Which.ISOLATED_TASKS ? Optional.empty() : nextMessages(sql, group, now);
    return Stream.of(task, messages)
        .flatMap(Optional::stream)
        .min(Comparator.comparing(it -> it.work().when()));
  }

  private static Optional<Candidate> nextMessages(DSLContext sql, Group group, Instant now) {
    return oldestPending(sql, group.folder())
        .map(it -> pending(it, it.get(AGENT_INPUTS.FROM_SEQ).toString(), now))
        .or(() ->
            firstToAnswer(sql, group.jid(), lastGivenOut(sql, group.folder()))
                .map(it -> new Candidate.Fresh(new Work(now, Long.toString(it), 0))));
  }

  private static Candidate pending(Record input, String matter, Instant now) {
    return new Candidate.Pending(
        input, new Work(nextAttempt(input, now), matter, input.get(AGENT_INPUTS.ATTEMPTS)));
  }

  /// A lane that is owed something.
  ///
  /// @param notBefore when what waits may be tried again; empty when there is no such time
  public record LaneWork(Lane lane, Optional<Instant> notBefore) {

    public boolean isDue(Instant now) {
      return notBefore.filter(it -> isAhead(it, now)).isEmpty();
    }
  }

  /// The lanes with an input that waits, or with messages that ask for an answer and were not given
  /// out.
  public List<LaneWork> lanesWithWork() {
    return database.read(sql -> {
      Map<Lane, LaneWork> lanes = new LinkedHashMap<>();
      groupsWithMessages(sql).forEach(it -> lanes.put(it.lane(), it));
      lanesWithTasks(sql).forEach(it -> lanes.merge(it.lane(), it, InputStore::earlier));
      return List.copyOf(lanes.values());
    });
  }

  private static LaneWork earlier(LaneWork one, LaneWork other) {
    if (one.notBefore().isEmpty() || other.notBefore().isEmpty()) {
      return one.notBefore().isEmpty() ? one : other;
    }
    return one.notBefore().get().isBefore(other.notBefore().get()) ? one : other;
  }

  private static List<LaneWork> lanesWithTasks(DSLContext sql) {
    Field<String> next = min(coalesce(AGENT_INPUTS.NEXT_ATTEMPT, inline("")));
    return sql.select(AGENT_INPUTS.GROUP_FOLDER, AGENT_INPUTS.CONTEXT, next)
        .from(AGENT_INPUTS)
        .where(AGENT_INPUTS.STATE.eq(inline(Inputs.PENDING)), AGENT_INPUTS.TASK_RUN_ID.isNotNull())
        .groupBy(AGENT_INPUTS.GROUP_FOLDER, AGENT_INPUTS.CONTEXT)
        .fetch(it ->
            new LaneWork(
                new Lane(new GroupFolder(it.value1()), TaskRuns.context(it.value2())),
                Optional.of(it.value3()).filter(at -> !at.isEmpty()).map(Times::instant)));
  }

  private static List<LaneWork> groupsWithMessages(DSLContext sql) {
    Condition pending =
        AGENT_INPUTS
            .GROUP_FOLDER
            .eq(REGISTERED_GROUPS.FOLDER)
            .and(AGENT_INPUTS.STATE.eq(inline(Inputs.PENDING)))
            .and(AGENT_INPUTS.TASK_RUN_ID.isNull());
    Field<String> next =
        DSL.field(
            DSL.select(AGENT_INPUTS.NEXT_ATTEMPT)
                .from(AGENT_INPUTS)
                .where(pending)
                .orderBy(AGENT_INPUTS.FROM_SEQ)
                .limit(inline(1)));
    Field<Long> givenOut =
        DSL.field(
            DSL.select(max(AGENT_INPUTS.TO_SEQ))
                .from(AGENT_INPUTS)
                .where(AGENT_INPUTS.GROUP_FOLDER.eq(REGISTERED_GROUPS.FOLDER)));
    Condition unread =
        MESSAGES
            .CHAT_JID
            .eq(REGISTERED_GROUPS.JID)
            .and(MESSAGES.TRIGGERED.eq(inline(true)))
            .and(MESSAGES.SEQ.gt(coalesce(givenOut, inline(0L))));
    return sql.select(REGISTERED_GROUPS.FOLDER, next)
        .from(REGISTERED_GROUPS)
        .where(
            DSL.exists(DSL.selectOne().from(AGENT_INPUTS).where(pending))
                .or(DSL.exists(DSL.selectOne().from(MESSAGES).where(unread))))
        .fetch(it ->
            new LaneWork(
                Lane.chat(new GroupFolder(it.value1())),
                Optional.ofNullable(it.value2()).map(Times::instant)));
  }

  /// Whether everything up to that message has been dealt with: answered or given up.
  public boolean settled(Group group, long seq) {
    return database.read(sql -> {
      boolean open =
          sql.fetchExists(
              AGENT_INPUTS,
              AGENT_INPUTS.GROUP_FOLDER.eq(group.folder().value()),
              AGENT_INPUTS.STATE.in(Inputs.PENDING, Inputs.CLAIMED),
              AGENT_INPUTS.FROM_SEQ.le(seq));
      Optional<Long> waiting = firstToAnswer(sql, group.jid(), lastGivenOut(sql, group.folder()));
      return !open && waiting.filter(it -> it <= seq).isEmpty();
    });
  }

  static Next claim(
      DSLContext sql, Group group, Which which, String runId, Limits limits, Instant now) {
    Optional<Candidate> next = next(sql, group, which, now);
    if (next.isEmpty()) {
      return new Next.Nothing();
    }
    Instant when = next.get().work().when();
    if (when.isAfter(now)) {
      return new Next.Later(when);
    }
    return new Next.Claimed(
        switch (next.get()) {
          case Candidate.Pending(Record input, Work _) -> claimPending(sql, input, runId, now);
          case Candidate.Fresh _ -> claimMessages(sql, group, runId, limits, now);
        });
  }

  private static AgentInput claimPending(DSLContext sql, Record input, String runId, Instant now) {
    String firstGiven =
        input.get(AGENT_INPUTS.RUN_ID) == null
            ? Times.text(now) // a task has waited since it was due
            : input.get(AGENT_INPUTS.CREATED_AT);
    return sql.update(AGENT_INPUTS)
        .set(AGENT_INPUTS.STATE, Inputs.CLAIMED)
        .set(AGENT_INPUTS.RUN_ID, runId)
        .set(AGENT_INPUTS.CREATED_AT, firstGiven)
        .where(AGENT_INPUTS.ID.eq(input.get(AGENT_INPUTS.ID)))
        .returning()
        .fetchSingle(Inputs::input);
  }

  private static AgentInput claimMessages(
      DSLContext sql, Group group, String runId, Limits limits, Instant now) {
    long last = lastGivenOut(sql, group.folder());
    List<Record2<Long, Integer>> triggered =
        sql.select(MESSAGES.SEQ, octetLength(MESSAGES.CONTENT))
            .from(MESSAGES)
            .where(toAnswer(group.jid(), last))
            .orderBy(MESSAGES.SEQ)
            .limit(limits.messages())
            .fetch();
    return sql.insertInto(AGENT_INPUTS)
        .set(AGENT_INPUTS.GROUP_FOLDER, group.folder().value())
        .set(AGENT_INPUTS.FROM_SEQ, last + 1)
        .set(AGENT_INPUTS.TO_SEQ, lastWithin(triggered, limits.bytes()))
        .set(AGENT_INPUTS.RUN_ID, runId)
        .set(AGENT_INPUTS.STATE, Inputs.CLAIMED)
        .set(AGENT_INPUTS.CREATED_AT, Times.text(now))
        .returning()
        .fetchSingle(Inputs::input);
  }

  private static long lastWithin(List<Record2<Long, Integer>> triggered, int bytes) {
    long last = triggered.getFirst().value1();
    long sum = 0;
    for (var message : triggered) {
      sum += message.value2();
      if (sum > bytes) {
        break;
      }
      last = message.value1();
    }
    return last;
  }

  private static Optional<Record> oldestPending(DSLContext sql, GroupFolder folder) {
    return sql.selectFrom(AGENT_INPUTS)
        .where(
            AGENT_INPUTS.GROUP_FOLDER.eq(folder.value()),
            AGENT_INPUTS.STATE.eq(inline(Inputs.PENDING)),
            AGENT_INPUTS.TASK_RUN_ID.isNull())
        .orderBy(AGENT_INPUTS.FROM_SEQ)
        .limit(1)
        .fetchOptional();
  }

  /// No task waits for another: the first whose time has come.
  private static Optional<Record> nextTask(DSLContext sql, GroupFolder folder, Context context) {
    return sql.selectFrom(AGENT_INPUTS)
        .where(
            AGENT_INPUTS.GROUP_FOLDER.eq(folder.value()),
            AGENT_INPUTS.STATE.eq(inline(Inputs.PENDING)),
            AGENT_INPUTS.CONTEXT.eq(TaskRuns.text(context)),
            AGENT_INPUTS.TASK_RUN_ID.isNotNull())
        .orderBy(coalesce(AGENT_INPUTS.NEXT_ATTEMPT, inline("")), AGENT_INPUTS.ID)
        .limit(1)
        .fetchOptional();
  }

  private static Instant nextAttempt(Record pending, Instant now) {
    return Optional.ofNullable(pending.get(AGENT_INPUTS.NEXT_ATTEMPT))
        .map(Times::instant)
        .filter(it -> isAhead(it, now))
        .orElse(now);
  }

  private static boolean isAhead(Instant nextAttempt, Instant now) {
    return nextAttempt.isAfter(now) && !nextAttempt.isAfter(now.plus(LONGEST_WAIT));
  }

  private static long lastGivenOut(DSLContext sql, GroupFolder folder) {
    return sql.select(coalesce(max(AGENT_INPUTS.TO_SEQ), inline(0L)))
        .from(AGENT_INPUTS)
        .where(AGENT_INPUTS.GROUP_FOLDER.eq(folder.value()))
        .fetchSingle()
        .value1();
  }

  private static Optional<Long> firstToAnswer(DSLContext sql, ChatJid chat, long after) {
    return sql.select(DSL.min(MESSAGES.SEQ))
        .from(MESSAGES)
        .where(toAnswer(chat, after))
        .fetchOptional(0, Long.class);
  }

  static Condition toAnswer(ChatJid chat, long after) {
    return MESSAGES
        .CHAT_JID
        .eq(chat.value())
        .and(MESSAGES.SEQ.gt(after))
        .and(MESSAGES.TRIGGERED.eq(inline(true)));
  }
}
