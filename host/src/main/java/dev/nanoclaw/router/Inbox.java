package dev.nanoclaw.router;

import dev.nanoclaw.channel.InboundListener;
import dev.nanoclaw.db.ChatStore;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.db.MessageStore;
import dev.nanoclaw.domain.ChatMessage;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.IncomingMessage;
import java.util.Optional;
import java.util.function.Consumer;

/// Stores what channels receive, carries out what was for the host, and wakes the group when an
/// answer is asked for.
public final class Inbox implements InboundListener {

  private final MessageStore messages;
  private final ChatStore chats;
  private final GroupStore groups;
  private final TriggerRule rule;
  private final ChatCommands commands;
  private final Consumer<Group> wake;

  public Inbox(
      MessageStore messages,
      ChatStore chats,
      GroupStore groups,
      TriggerRule rule,
      ChatCommands commands,
      Consumer<Group> wake) {
    this.messages = messages;
    this.chats = chats;
    this.groups = groups;
    this.rule = rule;
    this.commands = commands;
    this.wake = wake;
  }

  @Override
  public Optional<ChatMessage> received(IncomingMessage message) {
    Optional<Group> group = groups.byChat(message.chat());
    if (group.isEmpty()) {
      chats.seen(message);
      return Optional.empty();
    }
    Optional<ChatCommand> command = ChatCommand.of(group.get(), message);
    if (command.isPresent()) {
      Optional<ChatMessage> stored = messages.addCommand(message);
      // Also when it is known: it comes again if the host ended before it could say that it has it.
      messages
          .findCommand(message.chat(), message.id())
          .ifPresent(it -> commands.carryOut(group.get(), command.get(), it));
      return stored;
    }
    boolean triggered = rule.triggers(group.get(), message);
    Optional<ChatMessage> stored = messages.add(message, triggered);
    if (triggered) {
      wake.accept(group.get());
    }
    return stored;
  }
}
