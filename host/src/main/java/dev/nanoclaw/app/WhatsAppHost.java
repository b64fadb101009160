package dev.nanoclaw.app;

import dev.nanoclaw.channel.InboundListener;
import dev.nanoclaw.channel.whatsapp.WhatsAppChannel;
import dev.nanoclaw.db.ChatStore;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.db.MessageStore;
import dev.nanoclaw.db.OutboxStore;
import dev.nanoclaw.db.RunStore;
import dev.nanoclaw.db.RunStore.Notice;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.ChatMessage;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.IncomingMessage;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// What the WhatsApp channel needs of the rest.
///
/// @param flushOutbox sends what waits for a connection
/// @param renew lets a group's container end when it has answered: the next one knows what changed
record WhatsAppHost(
    InboundListener inbox,
    MessageStore messages,
    ChatStore chats,
    GroupStore groups,
    OutboxStore outbox,
    RunStore runs,
    String assistantName,
    Runnable flushOutbox,
    Runnable wakeOutbox,
    Consumer<GroupFolder> renew,
    Clock clock)
    implements WhatsAppChannel.Host {

  @Override
  public void received(IncomingMessage message) {
    var _ = inbox.received(message);
  }

  @Override
  public void said(ChatJid chat, String messageId, String text, Instant when) {
    if (groups.byChat(chat).isPresent()) {
      var _ = messages.addOwn(chat, messageId, assistantName, text, when);
    }
  }

  @Override
  public boolean isOurs(String messageId) {
    return outbox.isOurs(messageId);
  }

  @Override
  public Optional<String> textOf(ChatJid chat, String messageId) {
    return messages.find(chat, messageId).map(ChatMessage::text);
  }

  @Override
  public void merged(ChatJid from, ChatJid to) {
    Optional<Group> group = groups.byChat(from);
    chats.merge(from, to);
    group.map(Group::folder).ifPresent(renew);
  }

  @Override
  public void named(Map<ChatJid, String> names) {
    chats.nameGroups(WhatsAppChannel.NAME, names);
  }

  @Override
  public void connected() {
    flushOutbox.run();
  }

  /// The owner reads it in the local chat.
  @Override
  public void stopped(String problem) {
    Instant now = clock.instant();
    groups
        .byChat(ChatJid.LOCAL)
        .ifPresent(it -> {
          runs.tell(it, new Notice("whatsapp:" + now, "WhatsApp has stopped: " + problem), now);
          wakeOutbox.run();
        });
  }
}
