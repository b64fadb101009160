package dev.nanoclaw.db;

import static dev.nanoclaw.db.generated.Tables.AGENT_INPUTS;
import static dev.nanoclaw.db.generated.Tables.AGENT_RUNS;
import static dev.nanoclaw.db.generated.Tables.DEAD_LETTERS;
import static dev.nanoclaw.db.generated.Tables.MESSAGES;
import static dev.nanoclaw.db.generated.Tables.REGISTERED_GROUPS;
import static dev.nanoclaw.db.generated.Tables.SESSIONS;
import static org.jooq.impl.DSL.coalesce;
import static org.jooq.impl.DSL.exists;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.max;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.selectOne;

import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.ScheduledTask;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;

/// Takes a chat's agent away. What was said in the chat, and the logs of its tasks, stay.
public final class GroupRemoval {

  private final Database database;
  private final TaskStore tasks;

  public GroupRemoval(Database database, TaskStore tasks) {
    this.database = database;
    this.tasks = tasks;
  }

  /// What became of it.
  public sealed interface Outcome {

    /// The chat has no agent any more.
    ///
    /// @param tasks how many tasks went with it
    /// @param unanswered how many messages will not be answered
    /// @param deadLetters how many inputs cannot be tried again any more
    record Removed(Group group, int tasks, int unanswered, int deadLetters) implements Outcome {}

    /// Nothing was changed: a container of the group runs, and without its group nobody could
    /// follow it.
    record InUse() implements Outcome {}

    /// There is no such group.
    record Unknown() implements Outcome {}
  }

  /// Removes everything of the group that waits for its agent, or nothing.
  public Outcome remove(GroupFolder folder, Instant now) {
    return database.write(sql -> {
      Optional<Group> group = GroupStore.find(sql, folder).map(GroupStore::group);
      if (group.isEmpty()) {
        return new Outcome.Unknown();
      }
      boolean running =
          sql.fetchExists(
              AGENT_RUNS,
              AGENT_RUNS.GROUP_FOLDER.eq(folder.value()),
              AGENT_RUNS.STATE.ne(inline(RunStore.ENDED)));
      return running ? new Outcome.InUse() : remove(sql, group.get(), now);
    });
  }

  private Outcome remove(DSLContext sql, Group group, Instant now) {
    List<ScheduledTask> removed = tasks.of(group.folder());
    removed.forEach(it -> {
      var _ = tasks.remove(it.id(), now);
    });
    int deadLetters =
        sql.deleteFrom(DEAD_LETTERS)
            .where(DEAD_LETTERS.GROUP_FOLDER.eq(group.folder().value()))
            .execute();
    int unanswered = forgetWhatWasAsked(sql, group);
    sql.deleteFrom(SESSIONS).where(SESSIONS.GROUP_FOLDER.eq(group.folder().value())).execute();
    sql.deleteFrom(REGISTERED_GROUPS)
        .where(REGISTERED_GROUPS.FOLDER.eq(group.folder().value()))
        .execute();
    return new Outcome.Removed(group, removed.size(), unanswered, deadLetters);
  }

  /// No message asks for an answer any more, also not those that were answered: an agent that the
  /// chat gets later, in whatever folder, begins with what is said to it.
  ///
  /// @return how many were not answered
  private static int forgetWhatWasAsked(DSLContext sql, Group group) {
    Condition ofGroup = AGENT_INPUTS.GROUP_FOLDER.eq(group.folder().value());
    Condition pending = ofGroup.and(AGENT_INPUTS.STATE.eq(inline(Inputs.PENDING)));
    Condition asked =
        MESSAGES.CHAT_JID.eq(group.jid().value()).and(MESSAGES.TRIGGERED.eq(inline(true)));
    Field<Long> givenOut =
        field(select(max(AGENT_INPUTS.TO_SEQ)).from(AGENT_INPUTS).where(ofGroup));
    Condition cameBack =
        exists(
            selectOne()
                .from(AGENT_INPUTS)
                .where(pending, MESSAGES.SEQ.between(AGENT_INPUTS.FROM_SEQ, AGENT_INPUTS.TO_SEQ)));
    int unanswered =
        sql.fetchCount(
            MESSAGES, asked, cameBack.or(MESSAGES.SEQ.gt(coalesce(givenOut, inline(0L)))));
    sql.deleteFrom(AGENT_INPUTS).where(pending).execute();
    sql.update(MESSAGES).set(MESSAGES.TRIGGERED, false).where(asked).execute();
    return unanswered;
  }
}
