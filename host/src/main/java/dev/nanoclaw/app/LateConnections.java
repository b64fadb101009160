package dev.nanoclaw.app;

import dev.nanoclaw.channel.Channel;
import dev.nanoclaw.container.AgentFiles;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.router.Conversation;
import dev.nanoclaw.router.FilesFromAgent;
import dev.nanoclaw.router.Outbox;
import java.util.List;

/// Connects runs, which are built first, with the channels and with what agents can ask for, which
/// are built last.
final class LateConnections implements Conversation, FilesFromAgent {

  private volatile List<Channel> channels = List.of();
  private volatile Runnable wakeOutbox = () -> {};
  private volatile Runnable flushOutbox = () -> {};
  private volatile Runnable scheduler = () -> {};
  private volatile FilesFromAgent files = (_, _, _) -> new Taken(false, false);

  void connect(
      List<Channel> all, Outbox outbox, Runnable wakeScheduler, FilesFromAgent filesFromAgent) {
    channels = List.copyOf(all);
    wakeOutbox = outbox::wake;
    flushOutbox = outbox::flush;
    scheduler = wakeScheduler;
    files = filesFromAgent;
  }

  void flushOutbox() {
    flushOutbox.run();
  }

  @Override
  public void typing(ChatJid chat, boolean on) {
    channels.stream().filter(it -> it.owns(chat)).forEach(it -> it.typing(chat, on));
  }

  @Override
  public void outboxChanged() {
    wakeOutbox.run();
  }

  @Override
  public void tasksChanged() {
    scheduler.run();
  }

  @Override
  public Taken take(AgentRun run, Group group, AgentFiles agentFiles) {
    return files.take(run, group, agentFiles);
  }
}
