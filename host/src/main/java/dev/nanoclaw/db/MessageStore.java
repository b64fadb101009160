package dev.nanoclaw.db;

import static dev.nanoclaw.db.generated.Tables.MESSAGES;

import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.ChatMessage;
import dev.nanoclaw.domain.IncomingMessage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Record;

/// Chats and their messages.
public final class MessageStore {

  private final Database database;

  public MessageStore(Database database) {
    this.database = database;
  }

  /// Stores a message of a person.
  ///
  /// @param triggered the message asks for an answer
  /// @return the stored message; empty when the chat has that id already
  public Optional<ChatMessage> add(IncomingMessage message, boolean triggered) {
    return add(message, triggered, false);
  }

  /// Stores a message that was for the host itself: it is part of the history, and no agent reads
  /// it.
  ///
  /// @return the stored message; empty when the chat has that id already
  public Optional<ChatMessage> addCommand(IncomingMessage message) {
    return add(message, false, true);
  }

  private Optional<ChatMessage> add(IncomingMessage message, boolean triggered, boolean command) {
    return database.write(sql -> {
      var _ = ChatStore.touch(sql, message.chat(), message.timestamp());
      int inserted =
          sql.insertInto(MESSAGES)
              .set(MESSAGES.ID, message.id())
              .set(MESSAGES.CHAT_JID, message.chat().value())
              .set(MESSAGES.SENDER, message.sender())
              .set(MESSAGES.SENDER_NAME, message.senderName())
              .set(MESSAGES.CONTENT, message.text())
              .set(MESSAGES.TIMESTAMP, Times.text(message.timestamp()))
              .set(MESSAGES.IS_FROM_ME, message.fromMe())
              .set(MESSAGES.MENTIONS_ME, message.mentionsMe())
              .set(MESSAGES.QUOTED, message.quoted().orElse(null))
              .set(MESSAGES.TRIGGERED, triggered)
              .set(MESSAGES.IS_COMMAND, command)
              .onConflictDoNothing()
              .execute();
      return inserted == 0 ? Optional.empty() : find(sql, message.chat(), message.id());
    });
  }

  /// Stores what the assistant said. Saying the same id again changes nothing.
  ///
  /// @return the stored message; empty when the chat has that id already
  public Optional<ChatMessage> addOwn(
      ChatJid chat, String messageId, String name, String text, Instant now) {
    return database.write(sql -> {
      var _ = ChatStore.touch(sql, chat, now);
      int inserted =
          sql.insertInto(MESSAGES)
              .set(MESSAGES.ID, messageId)
              .set(MESSAGES.CHAT_JID, chat.value())
              .set(MESSAGES.SENDER, "assistant")
              .set(MESSAGES.SENDER_NAME, name)
              .set(MESSAGES.CONTENT, text)
              .set(MESSAGES.TIMESTAMP, Times.text(now))
              .set(MESSAGES.IS_FROM_ME, true)
              .set(MESSAGES.IS_BOT_MESSAGE, true)
              .onConflictDoNothing()
              .execute();
      return inserted == 0 ? Optional.empty() : find(sql, chat, messageId);
    });
  }

  /// The message of that chat with that id.
  public Optional<ChatMessage> find(ChatJid chat, String id) {
    return database.read(sql -> find(sql, chat, id));
  }

  /// The message of that chat with that id, if it was for the host itself.
  public Optional<ChatMessage> findCommand(ChatJid chat, String id) {
    return database.read(sql ->
        sql.selectFrom(MESSAGES)
            .where(
                MESSAGES.CHAT_JID.eq(chat.value()),
                MESSAGES.ID.eq(id),
                MESSAGES.IS_COMMAND.isTrue())
            .fetchOptional(MessageStore::message));
  }

  private static Optional<ChatMessage> find(DSLContext sql, ChatJid chat, String id) {
    return sql.selectFrom(MESSAGES)
        .where(MESSAGES.CHAT_JID.eq(chat.value()), MESSAGES.ID.eq(id))
        .fetchOptional(MessageStore::message);
  }

  /// What was said in a chat after a message, by anybody, oldest first.
  public List<ChatMessage> after(ChatJid chat, long seq) {
    return history(chat, MESSAGES.SEQ.gt(seq), Integer.MAX_VALUE);
  }

  /// The last words of a chat, oldest first.
  public List<ChatMessage> last(ChatJid chat, int count) {
    return history(chat, MESSAGES.SEQ.gt(0L), count);
  }

  /// What people said between two messages, both included, oldest first: everything that is
  /// addressed to the assistant, and of the rest the newest `count`.
  public List<ChatMessage> fromPeople(ChatJid chat, long fromSeq, long toSeq, int count) {
    Condition people = forAgents(fromSeq, toSeq);
    List<ChatMessage> found = new ArrayList<>();
    found.addAll(history(chat, people.and(MESSAGES.TRIGGERED.isTrue()), Integer.MAX_VALUE));
    found.addAll(history(chat, people.and(MESSAGES.TRIGGERED.isFalse()), count));
    found.sort(Comparator.comparingLong(ChatMessage::seq));
    return found;
  }

  /// How many messages people sent between two, both included.
  public int countFromPeople(ChatJid chat, long fromSeq, long toSeq) {
    return database.read(sql ->
        sql.fetchCount(MESSAGES, MESSAGES.CHAT_JID.eq(chat.value()), forAgents(fromSeq, toSeq)));
  }

  private static Condition forAgents(long fromSeq, long toSeq) {
    return MESSAGES
        .SEQ
        .between(fromSeq, toSeq)
        .and(MESSAGES.IS_BOT_MESSAGE.isFalse())
        .and(MESSAGES.IS_COMMAND.isFalse());
  }

  /// When people last said something in a chat.
  public Optional<Instant> lastFromPeople(ChatJid chat) {
    return last(chat, false);
  }

  /// When the assistant, or the host, last said something in a chat.
  public Optional<Instant> lastFromAssistant(ChatJid chat) {
    return last(chat, true);
  }

  private Optional<Instant> last(ChatJid chat, boolean own) {
    return history(chat, MESSAGES.IS_BOT_MESSAGE.eq(own), 1).stream()
        .map(ChatMessage::timestamp)
        .findFirst();
  }

  private List<ChatMessage> history(ChatJid chat, Condition which, int count) {
    return database
        .read(sql ->
            sql.selectFrom(MESSAGES)
                .where(MESSAGES.CHAT_JID.eq(chat.value()), which)
                .orderBy(MESSAGES.SEQ.desc())
                .limit(count)
                .fetch(MessageStore::message))
        .reversed();
  }

  private static ChatMessage message(Record row) {
    return new ChatMessage(
        row.get(MESSAGES.SEQ),
        row.get(MESSAGES.ID),
        new ChatJid(row.get(MESSAGES.CHAT_JID)),
        row.get(MESSAGES.SENDER_NAME),
        row.get(MESSAGES.CONTENT),
        Times.instant(row.get(MESSAGES.TIMESTAMP)),
        row.get(MESSAGES.IS_BOT_MESSAGE),
        row.get(MESSAGES.TRIGGERED),
        Optional.ofNullable(row.get(MESSAGES.QUOTED)));
  }
}
