package dev.nanoclaw.db;

import static dev.nanoclaw.db.generated.Tables.AGENT_RUNS;
import static dev.nanoclaw.db.generated.Tables.MESSAGES;
import static dev.nanoclaw.db.generated.Tables.OUTBOX;
import static org.jooq.impl.DSL.concat;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.select;

import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.Ids;
import dev.nanoclaw.domain.OutgoingMessage;
import dev.nanoclaw.domain.OutgoingMessage.Reply;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jooq.Record1;
import org.jooq.Select;

/// What is to be said in chats, from the decision to say it until the channel took it.
public final class OutboxStore {

  static final String PENDING = "pending";
  static final String SENDING = "sending";
  static final String SENT = "sent";
  static final String DEAD = "dead";

  /// Was dead, and the owner does not want to see it any more.
  static final String DROPPED = "dropped";

  private static final int MOST_SAID = 20;

  private final Database database;
  private final Supplier<List<OutgoingMessage>> heads;

  public OutboxStore(Database database) {
    this.database = database;
    this.heads = database.remembering(this::findHeads);
  }

  /// The oldest unsent message of each chat. What is behind it waits, so that the order of a chat
  /// is kept.
  public List<OutgoingMessage> heads() {
    return heads.get();
  }

  /// How many messages of a chat are not sent yet.
  public int unsent(ChatJid chat) {
    return database.read(sql ->
        sql.fetchCount(
            OUTBOX,
            OUTBOX.CHAT_JID.eq(chat.value()),
            OUTBOX.STATE.in(inline(PENDING), inline(SENDING))));
  }

  private List<OutgoingMessage> findHeads() {
    return database.read(sql ->
        sql
            .selectFrom(OUTBOX)
            .where(OUTBOX.STATE.in(inline(PENDING), inline(SENDING)))
            .orderBy(OUTBOX.ID)
            .fetch()
            .stream()
            .collect(Collectors.toMap(it -> it.get(OUTBOX.CHAT_JID), it -> it, (first, _) -> first))
            .values()
            .stream()
            .map(it -> message(sql, it))
            .toList());
  }

  /// Whether something for that chat is still to be sent.
  public boolean hasUnsent(ChatJid chat) {
    return database.read(sql ->
        sql.fetchExists(
            OUTBOX,
            OUTBOX.CHAT_JID.eq(chat.value()),
            OUTBOX.STATE.in(inline(PENDING), inline(SENDING))));
  }

  /// Remembers that a try began, for it may have an effect whose answer never comes.
  public void sending(OutgoingMessage message) {
    set(message, SENDING, Optional.empty(), Optional.empty(), Optional.empty());
  }

  /// Taken by the channel.
  public void sent(OutgoingMessage message, Instant now) {
    set(message, SENT, Optional.empty(), Optional.empty(), Optional.of(now));
  }

  /// To be tried again with the same message id.
  public void failed(OutgoingMessage message, String error, Instant next) {
    set(message, PENDING, Optional.of(error), Optional.of(next), Optional.empty());
  }

  /// Refused for good.
  public void dead(OutgoingMessage message, String error) {
    set(message, DEAD, Optional.of(error), Optional.empty(), Optional.empty());
  }

  private void set(
      OutgoingMessage message,
      String state,
      Optional<String> error,
      Optional<Instant> next,
      Optional<Instant> sentAt) {
    database.write(sql ->
        sql.update(OUTBOX)
            .set(OUTBOX.STATE, state)
            .set(OUTBOX.ERROR, error.orElse(null))
            .set(OUTBOX.NEXT_ATTEMPT, next.map(Times::text).orElse(null))
            .set(OUTBOX.SENT_AT, sentAt.map(Times::text).orElse(null))
            .set(OUTBOX.ATTEMPTS, message.attempts() + 1)
            .where(OUTBOX.ID.eq(message.id()))
            .execute());
  }

  /// Whether a message with that id is one of ours: the channel may tell us of our own words.
  public boolean isOurs(String messageId) {
    return database.read(sql -> sql.fetchExists(OUTBOX, OUTBOX.MESSAGE_ID.eq(messageId)));
  }

  /// Adds a row for each part unless the same source said something before.
  ///
  /// @param replyTo the id of the message that the first part answers
  static void insert(
      DSLContext sql,
      Source source,
      ChatJid chat,
      List<String> parts,
      Optional<String> replyTo,
      Instant now) {
    boolean said = wasSaid(sql, source);
    for (int part = 0; part < parts.size() && !said; part++) {
      sql.insertInto(OUTBOX)
          .set(OUTBOX.SOURCE, source.name())
          .set(OUTBOX.SOURCE_ID, source.id())
          .set(OUTBOX.PART, part)
          .set(OUTBOX.CHAT_JID, chat.value())
          .set(OUTBOX.TEXT, parts.get(part))
          .set(OUTBOX.MESSAGE_ID, Ids.message())
          .set(OUTBOX.REPLY_TO, part == 0 ? replyTo.orElse(null) : null)
          .set(OUTBOX.STATE, PENDING)
          .set(OUTBOX.CREATED_AT, Times.text(now))
          .execute();
    }
  }

  static boolean wasSaid(DSLContext sql, Source source) {
    return sql.fetchExists(
        OUTBOX, OUTBOX.SOURCE.eq(source.name()), OUTBOX.SOURCE_ID.eq(source.id()));
  }

  /// Where words come from: who says the same twice is heard once.
  record Source(String name, String id) {

    private static final String RUN = "run:";

    /// An agent, in one of its runs.
    static Source run(String runId, String id) {
      return new Source(RUN + runId, id);
    }

    /// The host itself, about a group.
    static Source host(GroupFolder group, String id) {
      return new Source("host:" + group, id);
    }
  }

  static List<String> saidByOtherRuns(DSLContext sql, ChatJid chat, AgentRun run, Instant since) {
    Select<Record1<String>> others =
        select(concat(inline(Source.RUN), AGENT_RUNS.RUN_ID))
            .from(AGENT_RUNS)
            .where(
                AGENT_RUNS.GROUP_FOLDER.eq(run.group().value()),
                AGENT_RUNS.CONTEXT.eq(TaskRuns.text(run.lane().context())),
                AGENT_RUNS.RUN_ID.ne(run.runId()));
    return sql.select(OUTBOX.TEXT)
        .from(OUTBOX)
        .where(
            OUTBOX.CHAT_JID.eq(chat.value()),
            OUTBOX.CREATED_AT.ge(Times.text(since)),
            OUTBOX.SOURCE.in(others),
            OUTBOX.STATE.notIn(inline(DEAD), inline(DROPPED)))
        .orderBy(OUTBOX.ID.desc())
        .limit(MOST_SAID)
        .fetch(OUTBOX.TEXT)
        .reversed();
  }

  private static OutgoingMessage message(DSLContext sql, Record row) {
    return new OutgoingMessage(
        row.get(OUTBOX.ID),
        new ChatJid(row.get(OUTBOX.CHAT_JID)),
        row.get(OUTBOX.TEXT),
        row.get(OUTBOX.MESSAGE_ID),
        Optional.ofNullable(row.get(OUTBOX.REPLY_TO)).flatMap(it -> reply(sql, row, it)),
        row.get(OUTBOX.ATTEMPTS),
        Optional.ofNullable(row.get(OUTBOX.NEXT_ATTEMPT)).map(Times::instant));
  }

  private static Optional<Reply> reply(DSLContext sql, Record row, String id) {
    return sql.selectFrom(MESSAGES)
        .where(MESSAGES.CHAT_JID.eq(row.get(OUTBOX.CHAT_JID)), MESSAGES.ID.eq(id))
        .fetchOptional(it -> new Reply(id, it.get(MESSAGES.SENDER), it.get(MESSAGES.CONTENT)));
  }
}
