package dev.nanoclaw.ipc;

import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.ScheduledTask;
import dev.nanoclaw.protocol.AgentCommand;
import dev.nanoclaw.scheduler.Tasks;
import java.util.Optional;

/// Who may do what: an agent of a main group everything, any other only what is about its own chat
/// and its own tasks. Who asks is known by the directory that a file came from, never by what is in
/// it.
final class Authority {

  private static final int MOST_QUOTED = 100;

  private final GroupStore groups;
  private final Tasks tasks;

  Authority(GroupStore groups, Tasks tasks) {
    this.groups = groups;
    this.tasks = tasks;
  }

  /// @param source whose agent asks, as it is registered now
  /// @throws NotAllowedException when it may not, or what it is about is not there
  Order order(GroupFolder source, AgentCommand command) {
    Group from =
        groups
            .byFolder(source)
            .orElseThrow(() ->
                new NotAllowedException("this chat is not registered any more; nothing was done"));
    return switch (command) {
      case AgentCommand.Message(Optional<String> chat, String text) ->
          new Order.Say(chat(from, chat), text);
      case AgentCommand.ScheduleTask wish -> new Order.Schedule(chat(from, wish.targetJid()), wish);
      case AgentCommand.UpdateTask change -> new Order.Update(task(from, change.taskId()), change);
      case AgentCommand.PauseTask(String id) -> new Order.Pause(task(from, id));
      case AgentCommand.ResumeTask(String id) -> new Order.Resume(task(from, id));
      case AgentCommand.CancelTask(String id) -> new Order.Cancel(task(from, id));
      case AgentCommand.ListTasks() -> new Order.ListTasks(from);
      case AgentCommand.ListGroups() -> onlyMain(from, new Order.ListGroups());
      case AgentCommand.RefreshGroups() -> onlyMain(from, new Order.RefreshGroups());
      case AgentCommand.RegisterGroup wish -> onlyMain(from, new Order.Register(wish));
    };
  }

  private Group chat(Group from, Optional<String> wanted) {
    if (wanted.isEmpty() || wanted.get().equals(from.jid().value())) {
      return from;
    }
    if (!from.main()) {
      throw new NotAllowedException("from this chat you can act on this chat only");
    }
    return registered(wanted.get())
        .orElseThrow(() ->
            new NotAllowedException(
                "no chat with an agent has the address '%s'; register it first (list_groups shows what there is)"
                    .formatted(beginning(wanted.get()))));
  }

  private Optional<Group> registered(String jid) {
    try {
      return groups.byChat(new ChatJid(jid));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  /// Another group's task is answered as one that is not there.
  private ScheduledTask task(Group from, String id) {
    return tasks
        .find(id)
        .filter(it -> from.main() || it.group().equals(from.folder()))
        .orElseThrow(() ->
            new NotAllowedException(
                "there is no task '%s'; list_tasks shows those there are"
                    .formatted(beginning(id))));
  }

  private static String beginning(String written) {
    return written.substring(0, Math.min(written.length(), MOST_QUOTED));
  }

  private static Order onlyMain(Group from, Order order) {
    if (!from.main()) {
      throw new NotAllowedException(
          "only your owner's main chat may look at groups or change them");
    }
    return order;
  }
}
