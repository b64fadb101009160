package dev.nanoclaw.db;

import static dev.nanoclaw.db.generated.Tables.AGENT_INPUTS;
import static dev.nanoclaw.db.generated.Tables.DEAD_LETTERS;
import static dev.nanoclaw.db.generated.Tables.MESSAGES;

import dev.nanoclaw.domain.AgentInput;
import dev.nanoclaw.domain.AgentInput.Content;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.GroupFolder;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jooq.impl.DSL;

/// What becomes of inputs that a run was given, as part of a transaction.
final class Inputs {

  /// States of an input.
  static final String PENDING = "pending";

  static final String CLAIMED = "claimed";
  static final String ACKED = "acked";
  static final String DEAD = "dead";

  private Inputs() {}

  /// The runs of tasks among those of the inputs that are still inside the run.
  static List<Long> tasks(DSLContext sql, String runId, List<Long> ids) {
    return sql.select(AGENT_INPUTS.TASK_RUN_ID)
        .from(AGENT_INPUTS)
        .where(inside(runId), AGENT_INPUTS.ID.in(ids), AGENT_INPUTS.TASK_RUN_ID.isNotNull())
        .fetch(AGENT_INPUTS.TASK_RUN_ID);
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
        .orderBy(AGENT_INPUTS.ID)
        .fetch(Inputs::input);
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

  /// Puts an input back, to be given out again not before that time; from
  /// [InputStore#TAKEN_APART_AT] on as one input for each message that asks for an answer.
  static void giveBack(
      DSLContext sql, AgentInput input, ChatJid chat, int attempts, Instant when, String error) {
    sql.update(AGENT_INPUTS)
        .set(AGENT_INPUTS.STATE, PENDING)
        .set(AGENT_INPUTS.ATTEMPTS, attempts)
        .set(AGENT_INPUTS.NEXT_ATTEMPT, Times.text(when))
        .set(AGENT_INPUTS.ERROR, error)
        .where(AGENT_INPUTS.ID.eq(input.id()))
        .execute();
    if (attempts >= InputStore.TAKEN_APART_AT
        && input.content() instanceof Content.Messages range) {
      takeApart(sql, input, range, chat);
    }
  }

  /// Whether several messages in it ask for an answer.
  static boolean isBatch(DSLContext sql, AgentInput input, ChatJid chat) {
    return input.content() instanceof Content.Messages range && ends(sql, range, chat).size() > 1;
  }

  private static List<Long> ends(DSLContext sql, Content.Messages range, ChatJid chat) {
    return sql.select(MESSAGES.SEQ)
        .from(MESSAGES)
        .where(InputStore.toAnswer(chat, range.fromSeq() - 1), MESSAGES.SEQ.le(range.toSeq()))
        .orderBy(MESSAGES.SEQ)
        .fetch(MESSAGES.SEQ);
  }

  private static void takeApart(
      DSLContext sql, AgentInput input, Content.Messages range, ChatJid chat) {
    List<Long> ends = ends(sql, range, chat);
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
  static void giveUp(DSLContext sql, AgentInput input, String reason) {
    sql.update(AGENT_INPUTS)
        .set(AGENT_INPUTS.STATE, DEAD)
        .set(AGENT_INPUTS.ATTEMPTS, input.attempts() + 1)
        .set(AGENT_INPUTS.ERROR, reason)
        .where(AGENT_INPUTS.ID.eq(input.id()))
        .execute();
  }

  /// Gives an input up and keeps it as a dead letter.
  static void bury(DSLContext sql, AgentInput input, ChatJid chat, String reason, Instant now) {
    giveUp(sql, input, reason);
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

  private static Content content(Record row) {
    Long task = row.get(AGENT_INPUTS.TASK_RUN_ID);
    return task == null
        ? new Content.Messages(row.get(AGENT_INPUTS.FROM_SEQ), row.get(AGENT_INPUTS.TO_SEQ))
        : new Content.Task(task);
  }

  static AgentInput input(Record row) {
    return new AgentInput(
        row.get(AGENT_INPUTS.ID),
        new GroupFolder(row.get(AGENT_INPUTS.GROUP_FOLDER)),
        content(row),
        row.get(AGENT_INPUTS.ATTEMPTS),
        Times.instant(row.get(AGENT_INPUTS.CREATED_AT)));
  }
}
