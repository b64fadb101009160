package dev.nanoclaw.db;

import static dev.nanoclaw.db.generated.Tables.CHATS;
import static dev.nanoclaw.db.generated.Tables.DEAD_LETTERS;
import static dev.nanoclaw.db.generated.Tables.MESSAGES;
import static dev.nanoclaw.db.generated.Tables.OUTBOX;
import static dev.nanoclaw.db.generated.Tables.REGISTERED_GROUPS;
import static dev.nanoclaw.db.generated.Tables.SCHEDULED_TASKS;

import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.IncomingMessage;
import dev.nanoclaw.domain.KnownChat;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.impl.DSL;

/// The chats that were heard of, and nothing of what was said in them.
public final class ChatStore {

  private final Database database;

  public ChatStore(Database database) {
    this.database = database;
  }

  /// Remembers the chat of a message. A direct chat has the name of the other person.
  public void seen(IncomingMessage message) {
    database.write(sql -> {
      insert(sql, message.chat(), message.channel());
      boolean named = !message.inGroup() && !message.fromMe() && !message.senderName().isBlank();
      sql.update(CHATS)
          .set(CHATS.IS_GROUP, message.inGroup())
          .set(CHATS.NAME, named ? DSL.val(message.senderName()) : CHATS.NAME)
          .where(CHATS.JID.eq(message.chat().value()))
          .execute();
      return touch(sql, message.chat(), message.timestamp());
    });
  }

  /// Takes over the names of a channel's groups, for registered ones too unless their owner gave
  /// them another.
  public void nameGroups(String channel, Map<ChatJid, String> names) {
    database.write(sql -> {
      names.forEach((jid, name) -> {
        insert(sql, jid, channel);
        sql.update(CHATS).set(CHATS.IS_GROUP, true).where(CHATS.JID.eq(jid.value())).execute();
        if (!name.isBlank()) {
          rename(sql, jid, name);
        }
      });
      return names.size();
    });
  }

  private static void rename(DSLContext sql, ChatJid jid, String name) {
    Optional<String> before =
        sql.select(CHATS.NAME)
            .from(CHATS)
            .where(CHATS.JID.eq(jid.value()))
            .fetchOptional(CHATS.NAME);
    sql.update(CHATS).set(CHATS.NAME, name).where(CHATS.JID.eq(jid.value())).execute();
    before.ifPresent(it ->
        sql.update(REGISTERED_GROUPS)
            .set(REGISTERED_GROUPS.NAME, name)
            .where(REGISTERED_GROUPS.JID.eq(jid.value()), REGISTERED_GROUPS.NAME.eq(it))
            .execute());
  }

  /// All chats of a channel, those with the newest messages first.
  public List<KnownChat> of(String channel) {
    return chats(CHATS.CHANNEL.eq(channel));
  }

  /// All chats, those with the newest messages first.
  public List<KnownChat> all() {
    return chats(DSL.noCondition());
  }

  private List<KnownChat> chats(Condition which) {
    return database.read(sql ->
        sql.selectFrom(CHATS)
            .where(which)
            .orderBy(CHATS.LAST_MESSAGE_TIME.desc().nullsLast(), CHATS.JID)
            .fetch(row ->
                new KnownChat(
                    new ChatJid(row.get(CHATS.JID)),
                    Optional.ofNullable(row.get(CHATS.NAME)).orElse(""),
                    row.get(CHATS.CHANNEL),
                    row.get(CHATS.IS_GROUP),
                    Optional.ofNullable(row.get(CHATS.LAST_MESSAGE_TIME)).map(Times::instant))));
  }

  /// Two addresses have turned out to be one chat: everything of the first becomes the second's.
  /// Where both have an agent, each keeps what it has, for what one of them has answered the other
  /// would answer again; what comes from now on is the second's.
  public void merge(ChatJid from, ChatJid to) {
    database.write(sql -> {
      Optional<String> channel =
          sql.select(CHATS.CHANNEL)
              .from(CHATS)
              .where(CHATS.JID.eq(from.value()))
              .fetchOptional(CHATS.CHANNEL);
      boolean bothRegistered =
          sql.fetchCount(REGISTERED_GROUPS, REGISTERED_GROUPS.JID.in(from.value(), to.value()))
              == 2;
      if (channel.isEmpty() || bothRegistered) {
        return 0;
      }
      insert(sql, to, channel.get());
      Condition known =
          DSL.exists(
              DSL.selectOne()
                  .from(MESSAGES.as("there"))
                  .where(
                      MESSAGES.as("there").CHAT_JID.eq(to.value()),
                      MESSAGES.as("there").ID.eq(MESSAGES.ID)));
      sql.deleteFrom(MESSAGES).where(MESSAGES.CHAT_JID.eq(from.value()), known).execute();
      sql.update(MESSAGES)
          .set(MESSAGES.CHAT_JID, to.value())
          .where(MESSAGES.CHAT_JID.eq(from.value()))
          .execute();
      sql.update(OUTBOX)
          .set(OUTBOX.CHAT_JID, to.value())
          .where(OUTBOX.CHAT_JID.eq(from.value()))
          .execute();
      sql.update(DEAD_LETTERS)
          .set(DEAD_LETTERS.CHAT_JID, to.value())
          .where(DEAD_LETTERS.CHAT_JID.eq(from.value()))
          .execute();
      sql.update(SCHEDULED_TASKS)
          .set(SCHEDULED_TASKS.CHAT_JID, to.value())
          .where(SCHEDULED_TASKS.CHAT_JID.eq(from.value()))
          .execute();
      sql.update(REGISTERED_GROUPS)
          .set(REGISTERED_GROUPS.JID, to.value())
          .where(REGISTERED_GROUPS.JID.eq(from.value()))
          .execute();
      return sql.deleteFrom(CHATS).where(CHATS.JID.eq(from.value())).execute();
    });
  }

  static void insert(DSLContext sql, ChatJid chat, String channel) {
    sql.insertInto(CHATS)
        .set(CHATS.JID, chat.value())
        .set(CHATS.CHANNEL, channel)
        .onConflictDoNothing()
        .execute();
  }

  /// A late message with an old timestamp is not the last.
  static int touch(DSLContext sql, ChatJid chat, Instant when) {
    Condition newer =
        CHATS.LAST_MESSAGE_TIME.isNull().or(CHATS.LAST_MESSAGE_TIME.lt(Times.text(when)));
    return sql.update(CHATS)
        .set(CHATS.LAST_MESSAGE_TIME, Times.text(when))
        .where(CHATS.JID.eq(chat.value()), newer)
        .execute();
  }
}
