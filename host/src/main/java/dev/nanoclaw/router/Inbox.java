package dev.nanoclaw.router;

import dev.nanoclaw.channel.InboundListener;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.db.MessageStore;
import dev.nanoclaw.domain.ChatMessage;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.IncomingMessage;
import java.time.Clock;
import java.util.Optional;
import java.util.function.Consumer;

/// Stores what channels receive, carries out what was for the host, and wakes the group when an
/// answer is asked for.
public final class Inbox implements InboundListener {

  private final MessageStore messages;
  private final GroupStore groups;
  private final TriggerRule rule;
  private final ChatCommands commands;
  private final Consumer<GroupFolder> wake;
  private final Clock clock;

  public Inbox(
      MessageStore messages,
      GroupStore groups,
      TriggerRule rule,
      ChatCommands commands,
      Consumer<GroupFolder> wake,
      Clock clock) {
    this.messages = messages;
    this.groups = groups;
    this.rule = rule;
    this.commands = commands;
    this.wake = wake;
    this.clock = clock;
  }

  @Override
  public Optional<ChatMessage> received(IncomingMessage message) {
    Optional<Group> group = groups.byChat(message.chat());
    if (group.isEmpty()) {
      messages.seen(message.chat(), "unknown", clock.instant());
      return Optional.empty();
    }
    Optional<ChatCommand> command = ChatCommand.of(group.get(), message);
    if (command.isPresent()) {
      Optional<ChatMessage> stored = messages.addCommand(message);
      stored.ifPresent(it -> commands.carryOut(group.get(), command.get(), it));
      return stored;
    }
    boolean triggered = rule.triggers(group.get(), message);
    Optional<ChatMessage> stored = messages.add(message, triggered);
    if (triggered) {
      wake.accept(group.get().folder());
    }
    return stored;
  }
}
