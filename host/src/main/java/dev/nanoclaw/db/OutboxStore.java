package dev.nanoclaw.db;

import static dev.nanoclaw.db.generated.Tables.OUTBOX;
import static org.jooq.impl.DSL.inline;

import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Ids;
import dev.nanoclaw.domain.OutgoingMessage;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jooq.DSLContext;
import org.jooq.Record;

/// What is to be said in chats, from the decision to say it until the channel took it.
public final class OutboxStore {

  private static final String PENDING = "pending";
  private static final String SENDING = "sending";
  private static final String SENT = "sent";
  private static final String DEAD = "dead";

  private final Database database;

  public OutboxStore(Database database) {
    this.database = database;
  }

  /// The oldest unsent message of each chat. What is behind it waits, so that the order of a chat
  /// is kept.
  public List<OutgoingMessage> heads() {
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
            .map(OutboxStore::message)
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

  /// Adds a row unless the same source said it before.
  ///
  /// @return whether it is new
  static boolean insert(
      DSLContext sql, String source, String sourceId, ChatJid chat, String text, Instant now) {
    return sql.insertInto(OUTBOX)
            .set(OUTBOX.SOURCE, source)
            .set(OUTBOX.SOURCE_ID, sourceId)
            .set(OUTBOX.PART, 0)
            .set(OUTBOX.CHAT_JID, chat.value())
            .set(OUTBOX.TEXT, text)
            .set(OUTBOX.MESSAGE_ID, Ids.message())
            .set(OUTBOX.STATE, PENDING)
            .set(OUTBOX.CREATED_AT, Times.text(now))
            .onConflictDoNothing()
            .execute()
        == 1;
  }

  private static OutgoingMessage message(Record row) {
    return new OutgoingMessage(
        row.get(OUTBOX.ID),
        new ChatJid(row.get(OUTBOX.CHAT_JID)),
        row.get(OUTBOX.TEXT),
        row.get(OUTBOX.MESSAGE_ID),
        row.get(OUTBOX.ATTEMPTS),
        Optional.ofNullable(row.get(OUTBOX.NEXT_ATTEMPT)).map(Times::instant));
  }
}
