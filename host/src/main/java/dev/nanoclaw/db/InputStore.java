package dev.nanoclaw.db;

import static dev.nanoclaw.db.generated.Tables.AGENT_INPUTS;
import static dev.nanoclaw.db.generated.Tables.DEAD_LETTERS;
import static dev.nanoclaw.db.generated.Tables.MESSAGES;
import static dev.nanoclaw.db.generated.Tables.REGISTERED_GROUPS;
import static org.jooq.impl.DSL.coalesce;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.max;
import static org.jooq.impl.DSL.octetLength;

import dev.nanoclaw.domain.AgentInput;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.Record2;
import org.jooq.impl.DSL;

/// Inputs: which messages were given to which run, and what became of them.
///
/// A message is in at most one input. Inputs of a group are given out in their order, and none
/// before a failed one.
public final class InputStore {

  /// States of an input.
  static final String PENDING = "pending";

  static final String CLAIMED = "claimed";
  static final String ACKED = "acked";
  static final String DEAD = "dead";

  /// With so many failures a batch of several messages is taken apart, so that one of them cannot
  /// take the others with it.
  public static final int TAKEN_APART_AT = 2;

  /// No input waits longer for its next attempt. What seems to was put back before the clock was.
  public static final Duration LONGEST_WAIT = Duration.ofMinutes(5);

  private final Database database;

  public InputStore(Database database) {
    this.database = database;
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
  public Next claimNext(Group group, String runId, Limits limits, Instant now) {
    return database.write(sql -> claim(sql, group, runId, limits, now));
  }

  /// Work that waits for a group.
  ///
  /// @param firstSeq the first message of it
  /// @param attempts how often it failed before
  public record Work(Instant when, long firstSeq, int attempts) {}

  /// What `claimNext` would give, and when.
  public Optional<Work> nextWork(Group group, Instant now) {
    return database.read(sql -> {
      Optional<Record> failed = oldestPending(sql, group.folder());
      if (failed.isPresent()) {
        return Optional.of(
            new Work(
                nextAttempt(failed.get(), now),
                failed.get().get(AGENT_INPUTS.FROM_SEQ),
                failed.get().get(AGENT_INPUTS.ATTEMPTS)));
      }
      return firstToAnswer(sql, group.jid(), lastGivenOut(sql, group.folder()))
          .map(it -> new Work(now, it, 0));
    });
  }

  /// A group that is owed something.
  ///
  /// @param notBefore when a failed input may be tried again; empty when there is none
  public record GroupWork(GroupFolder group, Optional<Instant> notBefore) {

    public boolean isDue(Instant now) {
      return notBefore.filter(it -> isAhead(it, now)).isEmpty();
    }
  }

  /// The groups with an input that came back, or with messages that ask for an answer and were not
  /// given out.
  public List<GroupWork> groupsWithWork() {
    Condition pending =
        AGENT_INPUTS
            .GROUP_FOLDER
            .eq(REGISTERED_GROUPS.FOLDER)
            .and(AGENT_INPUTS.STATE.eq(inline(PENDING)));
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
    return database.read(sql ->
        sql.select(REGISTERED_GROUPS.FOLDER, next)
            .from(REGISTERED_GROUPS)
            .where(
                DSL.exists(DSL.selectOne().from(AGENT_INPUTS).where(pending))
                    .or(DSL.exists(DSL.selectOne().from(MESSAGES).where(unread))))
            .fetch(it ->
                new GroupWork(
                    new GroupFolder(it.value1()),
                    Optional.ofNullable(it.value2()).map(Times::instant))));
  }

  /// Whether everything up to that message has been dealt with: answered or given up.
  public boolean settled(Group group, long seq) {
    return database.read(sql -> {
      boolean open =
          sql.fetchExists(
              AGENT_INPUTS,
              AGENT_INPUTS.GROUP_FOLDER.eq(group.folder().value()),
              AGENT_INPUTS.STATE.in(PENDING, CLAIMED),
              AGENT_INPUTS.FROM_SEQ.le(seq));
      Optional<Long> waiting = firstToAnswer(sql, group.jid(), lastGivenOut(sql, group.folder()));
      return !open && waiting.filter(it -> it <= seq).isEmpty();
    });
  }

  static Next claim(DSLContext sql, Group group, String runId, Limits limits, Instant now) {
    Optional<Record> failed = oldestPending(sql, group.folder());
    if (failed.isPresent()) {
      Instant when = nextAttempt(failed.get(), now);
      if (when.isAfter(now)) {
        return new Next.Later(when);
      }
      sql.update(AGENT_INPUTS)
          .set(AGENT_INPUTS.STATE, CLAIMED)
          .set(AGENT_INPUTS.RUN_ID, runId)
          .where(AGENT_INPUTS.ID.eq(failed.get().get(AGENT_INPUTS.ID)))
          .execute();
      return new Next.Claimed(input(failed.get()));
    }
    long last = lastGivenOut(sql, group.folder());
    List<Record2<Long, Integer>> triggered =
        sql.select(MESSAGES.SEQ, octetLength(MESSAGES.CONTENT))
            .from(MESSAGES)
            .where(toAnswer(group.jid(), last))
            .orderBy(MESSAGES.SEQ)
            .limit(limits.messages())
            .fetch();
    if (triggered.isEmpty()) {
      return new Next.Nothing();
    }
    return new Next.Claimed(
        sql.insertInto(AGENT_INPUTS)
            .set(AGENT_INPUTS.GROUP_FOLDER, group.folder().value())
            .set(AGENT_INPUTS.FROM_SEQ, last + 1)
            .set(AGENT_INPUTS.TO_SEQ, lastWithin(triggered, limits.bytes()))
            .set(AGENT_INPUTS.RUN_ID, runId)
            .set(AGENT_INPUTS.STATE, CLAIMED)
            .set(AGENT_INPUTS.CREATED_AT, Times.text(now))
            .returning()
            .fetchSingle(InputStore::input));
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

  /// Marks those of the inputs that belong to the run and are still inside it.
  static void acknowledge(DSLContext sql, String runId, List<Long> ids) {
    sql.update(AGENT_INPUTS)
        .set(AGENT_INPUTS.STATE, ACKED)
        .setNull(AGENT_INPUTS.ERROR)
        .where(inside(runId), AGENT_INPUTS.ID.in(ids))
        .execute();
  }

  /// The inputs that were given to the run and have neither been acknowledged nor come back.
  static List<AgentInput> inside(DSLContext sql, String runId) {
    return sql.selectFrom(AGENT_INPUTS)
        .where(inside(runId))
        .orderBy(AGENT_INPUTS.FROM_SEQ)
        .fetch(InputStore::input);
  }

  /// The id of the newest message among these inputs that asked for an answer.
  static Optional<String> lastAsked(DSLContext sql, ChatJid chat, List<Long> inputs) {
    return sql.select(MESSAGES.ID)
        .from(MESSAGES)
        .join(AGENT_INPUTS)
        .on(MESSAGES.SEQ.between(AGENT_INPUTS.FROM_SEQ, AGENT_INPUTS.TO_SEQ))
        .where(
            AGENT_INPUTS.ID.in(inputs),
            MESSAGES.CHAT_JID.eq(chat.value()),
            MESSAGES.TRIGGERED.isTrue())
        .orderBy(MESSAGES.SEQ.desc())
        .limit(1)
        .fetchOptional(MESSAGES.ID);
  }

  /// Puts an input back, to be given out again not before that time; from [#TAKEN_APART_AT] on as
  /// one input for each message that asks for an answer.
  static void giveBack(
      DSLContext sql, AgentInput input, ChatJid chat, int attempts, Instant when, String error) {
    sql.update(AGENT_INPUTS)
        .set(AGENT_INPUTS.STATE, PENDING)
        .set(AGENT_INPUTS.ATTEMPTS, attempts)
        .set(AGENT_INPUTS.NEXT_ATTEMPT, Times.text(when))
        .set(AGENT_INPUTS.ERROR, error)
        .where(AGENT_INPUTS.ID.eq(input.id()))
        .execute();
    if (attempts >= TAKEN_APART_AT) {
      takeApart(sql, input, chat);
    }
  }

  /// Whether several messages in it ask for an answer.
  static boolean isBatch(DSLContext sql, AgentInput input, ChatJid chat) {
    return ends(sql, input, chat).size() > 1;
  }

  private static List<Long> ends(DSLContext sql, AgentInput input, ChatJid chat) {
    return sql.select(MESSAGES.SEQ)
        .from(MESSAGES)
        .where(toAnswer(chat, input.fromSeq() - 1), MESSAGES.SEQ.le(input.toSeq()))
        .orderBy(MESSAGES.SEQ)
        .fetch(MESSAGES.SEQ);
  }

  private static void takeApart(DSLContext sql, AgentInput input, ChatJid chat) {
    List<Long> ends = ends(sql, input, chat);
    for (int i = 1; i < ends.size(); i++) {
      copy(sql, input, ends.get(i - 1) + 1, ends.get(i));
    }
    if (ends.size() > 1) {
      sql.update(AGENT_INPUTS)
          .set(AGENT_INPUTS.TO_SEQ, ends.getFirst())
          .where(AGENT_INPUTS.ID.eq(input.id()))
          .execute();
    }
  }

  private static void copy(DSLContext sql, AgentInput input, long fromSeq, long toSeq) {
    sql.insertInto(
            AGENT_INPUTS,
            AGENT_INPUTS.FROM_SEQ,
            AGENT_INPUTS.TO_SEQ,
            AGENT_INPUTS.GROUP_FOLDER,
            AGENT_INPUTS.RUN_ID,
            AGENT_INPUTS.STATE,
            AGENT_INPUTS.ATTEMPTS,
            AGENT_INPUTS.NEXT_ATTEMPT,
            AGENT_INPUTS.ERROR,
            AGENT_INPUTS.CREATED_AT)
        .select(
            DSL.select(
                    DSL.val(fromSeq),
                    DSL.val(toSeq),
                    AGENT_INPUTS.GROUP_FOLDER,
                    AGENT_INPUTS.RUN_ID,
                    AGENT_INPUTS.STATE,
                    AGENT_INPUTS.ATTEMPTS,
                    AGENT_INPUTS.NEXT_ATTEMPT,
                    AGENT_INPUTS.ERROR,
                    AGENT_INPUTS.CREATED_AT)
                .from(AGENT_INPUTS)
                .where(AGENT_INPUTS.ID.eq(input.id())))
        .execute();
  }

  /// Gives an input up: what is behind it goes on.
  static void bury(DSLContext sql, AgentInput input, ChatJid chat, String reason, Instant now) {
    sql.update(AGENT_INPUTS)
        .set(AGENT_INPUTS.STATE, DEAD)
        .set(AGENT_INPUTS.ATTEMPTS, input.attempts() + 1)
        .set(AGENT_INPUTS.ERROR, reason)
        .where(AGENT_INPUTS.ID.eq(input.id()))
        .execute();
    sql.insertInto(DEAD_LETTERS)
        .set(DEAD_LETTERS.INPUT_ID, input.id())
        .set(DEAD_LETTERS.GROUP_FOLDER, input.group().value())
        .set(DEAD_LETTERS.CHAT_JID, chat.value())
        .set(DEAD_LETTERS.REASON, reason)
        .set(DEAD_LETTERS.CREATED_AT, Times.text(now))
        .execute();
  }

  private static Condition inside(String runId) {
    return AGENT_INPUTS.RUN_ID.eq(runId).and(AGENT_INPUTS.STATE.eq(CLAIMED));
  }

  private static Optional<Record> oldestPending(DSLContext sql, GroupFolder folder) {
    return sql.selectFrom(AGENT_INPUTS)
        .where(AGENT_INPUTS.GROUP_FOLDER.eq(folder.value()), AGENT_INPUTS.STATE.eq(inline(PENDING)))
        .orderBy(AGENT_INPUTS.FROM_SEQ)
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

  private static Condition toAnswer(ChatJid chat, long after) {
    return MESSAGES
        .CHAT_JID
        .eq(chat.value())
        .and(MESSAGES.SEQ.gt(after))
        .and(MESSAGES.TRIGGERED.eq(inline(true)));
  }

  private static AgentInput input(Record row) {
    return new AgentInput(
        row.get(AGENT_INPUTS.ID),
        new GroupFolder(row.get(AGENT_INPUTS.GROUP_FOLDER)),
        row.get(AGENT_INPUTS.FROM_SEQ),
        row.get(AGENT_INPUTS.TO_SEQ),
        row.get(AGENT_INPUTS.ATTEMPTS),
        Times.instant(row.get(AGENT_INPUTS.CREATED_AT)));
  }
}
