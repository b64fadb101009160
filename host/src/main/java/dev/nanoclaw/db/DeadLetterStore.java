package dev.nanoclaw.db;

import static dev.nanoclaw.db.generated.Tables.AGENT_INPUTS;
import static dev.nanoclaw.db.generated.Tables.DEAD_LETTERS;
import static dev.nanoclaw.db.generated.Tables.MESSAGES;
import static dev.nanoclaw.db.generated.Tables.OUTBOX;
import static dev.nanoclaw.db.generated.Tables.REGISTERED_GROUPS;
import static org.jooq.impl.DSL.concat;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.substring;

import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.DeadLetter;
import dev.nanoclaw.domain.DeadLetter.Kind;
import dev.nanoclaw.domain.GroupFolder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Record;

/// What was given up, and what its owner makes of it: another try, or an end.
public final class DeadLetterStore {

  /// So much is read of each text; nobody reads more of it in a list.
  private static final int BEGINNING = 200;

  private static final int MESSAGES_OF_AN_INPUT = 3;

  private final Database database;

  public DeadLetterStore(Database database) {
    this.database = database;
  }

  /// Which of the letters.
  public sealed interface Which {
    record All() implements Which {}

    record These(Set<DeadLetter.Id> ids) implements Which {}
  }

  /// What became of a wish.
  public sealed interface Change {

    /// It was carried out for these.
    record Done(List<DeadLetter> letters) implements Change {}

    /// Of these there is no letter; nothing was changed.
    record Unknown(Set<DeadLetter.Id> ids) implements Change {}
  }

  /// All letters, the oldest first.
  public List<DeadLetter> all() {
    return database.read(DeadLetterStore::all);
  }

  /// How many there are.
  public int count() {
    return database.read(
        sql -> sql.fetchCount(DEAD_LETTERS) + sql.fetchCount(OUTBOX, isDeadOutput()));
  }

  /// Puts inputs back, as if they had never been tried, and messages of ours into the outbox again,
  /// with the ids that they had.
  public Change retry(Which which, Instant now) {
    return change(which, (sql, letter) -> retry(sql, letter, now));
  }

  /// Takes letters off the list for good. Their inputs stay dead, and the ids of their messages
  /// stay known.
  public Change drop(Which which) {
    return change(which, DeadLetterStore::drop);
  }

  private Change change(Which which, BiConsumer<DSLContext, DeadLetter> how) {
    return database.write(sql -> {
      List<DeadLetter> letters = all(sql);
      if (which instanceof Which.These(Set<DeadLetter.Id> ids)) {
        Set<DeadLetter.Id> unknown = new TreeSet<>(ids);
        letters.forEach(it -> unknown.remove(it.id()));
        if (!unknown.isEmpty()) {
          return new Change.Unknown(unknown);
        }
        letters = letters.stream().filter(it -> ids.contains(it.id())).toList();
      }
      letters.forEach(it -> how.accept(sql, it));
      return new Change.Done(letters);
    });
  }

  private static void retry(DSLContext sql, DeadLetter letter, Instant now) {
    long number = letter.id().number();
    switch (letter.id().kind()) {
      case IN -> {
        sql.update(AGENT_INPUTS)
            .set(AGENT_INPUTS.STATE, Inputs.PENDING)
            .set(AGENT_INPUTS.ATTEMPTS, 0)
            .setNull(AGENT_INPUTS.NEXT_ATTEMPT)
            .setNull(AGENT_INPUTS.ERROR)
            .set(AGENT_INPUTS.CREATED_AT, Times.text(now)) // nothing was said at this try
            .where(AGENT_INPUTS.ID.eq(number), AGENT_INPUTS.STATE.eq(Inputs.DEAD))
            .execute();
        letter.group().ifPresent(it -> forgetWhatWasTold(sql, it, number));
        removeLetter(sql, number);
      }
      case OUT ->
          sql.update(OUTBOX)
              .set(OUTBOX.STATE, OutboxStore.PENDING)
              .set(OUTBOX.ATTEMPTS, 0)
              .setNull(OUTBOX.NEXT_ATTEMPT)
              .setNull(OUTBOX.ERROR)
              .where(OUTBOX.ID.eq(number), isDeadOutput())
              .execute();
    }
  }

  /// The chat hears of each trouble of an input once. Of a second life it hears again.
  private static void forgetWhatWasTold(DSLContext sql, GroupFolder group, long input) {
    sql.update(OUTBOX)
        .set(OUTBOX.SOURCE_ID, concat(OUTBOX.SOURCE_ID, inline("#"), OUTBOX.ID))
        .where(OUTBOX.SOURCE.eq("host:" + group), OUTBOX.SOURCE_ID.like("%:" + input))
        .execute();
  }

  private static void drop(DSLContext sql, DeadLetter letter) {
    switch (letter.id().kind()) {
      case IN -> removeLetter(sql, letter.id().number());
      case OUT ->
          sql.update(OUTBOX)
              .set(OUTBOX.STATE, OutboxStore.DROPPED)
              .where(OUTBOX.ID.eq(letter.id().number()), isDeadOutput())
              .execute();
    }
  }

  private static void removeLetter(DSLContext sql, long input) {
    sql.deleteFrom(DEAD_LETTERS).where(DEAD_LETTERS.INPUT_ID.eq(input)).execute();
  }

  private static List<DeadLetter> all(DSLContext sql) {
    List<DeadLetter> all = new ArrayList<>(unanswered(sql));
    all.addAll(unsent(sql));
    all.sort(Comparator.comparing(DeadLetter::when).thenComparing(DeadLetter::id));
    return all;
  }

  private static List<DeadLetter> unanswered(DSLContext sql) {
    return sql.select()
        .from(DEAD_LETTERS)
        .join(AGENT_INPUTS)
        .on(AGENT_INPUTS.ID.eq(DEAD_LETTERS.INPUT_ID))
        .fetch(row ->
            new DeadLetter(
                new DeadLetter.Id(Kind.IN, row.get(DEAD_LETTERS.INPUT_ID)),
                Times.instant(row.get(DEAD_LETTERS.CREATED_AT)),
                Optional.of(new GroupFolder(row.get(DEAD_LETTERS.GROUP_FOLDER))),
                new ChatJid(row.get(DEAD_LETTERS.CHAT_JID)),
                row.get(DEAD_LETTERS.REASON),
                asked(sql, row)));
  }

  private static String asked(DSLContext sql, Record row) {
    return sql
        .select(substring(MESSAGES.CONTENT, 1, BEGINNING))
        .from(MESSAGES)
        .where(
            MESSAGES.CHAT_JID.eq(row.get(DEAD_LETTERS.CHAT_JID)),
            MESSAGES.SEQ.between(row.get(AGENT_INPUTS.FROM_SEQ), row.get(AGENT_INPUTS.TO_SEQ)),
            MESSAGES.TRIGGERED.eq(inline(true)))
        .orderBy(MESSAGES.SEQ)
        .limit(MESSAGES_OF_AN_INPUT)
        .fetch()
        .stream()
        .map(it -> String.valueOf(it.value1()))
        .collect(Collectors.joining(" / "));
  }

  private static List<DeadLetter> unsent(DSLContext sql) {
    return sql.select()
        .from(OUTBOX)
        .leftJoin(REGISTERED_GROUPS)
        .on(REGISTERED_GROUPS.JID.eq(OUTBOX.CHAT_JID))
        .where(isDeadOutput())
        .fetch(row ->
            new DeadLetter(
                new DeadLetter.Id(Kind.OUT, row.get(OUTBOX.ID)),
                Times.instant(row.get(OUTBOX.CREATED_AT)),
                Optional.ofNullable(row.get(REGISTERED_GROUPS.FOLDER)).map(GroupFolder::new),
                new ChatJid(row.get(OUTBOX.CHAT_JID)),
                Optional.ofNullable(row.get(OUTBOX.ERROR)).orElse(""),
                row.get(OUTBOX.TEXT)));
  }

  private static Condition isDeadOutput() {
    return OUTBOX.STATE.eq(inline(OutboxStore.DEAD));
  }
}
