package dev.nanoclaw.ipc;

import dev.nanoclaw.db.OutboxStore;
import dev.nanoclaw.db.RunStore;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.ScheduledTask;
import dev.nanoclaw.protocol.AgentCommand;
import dev.nanoclaw.protocol.AgentResponse;
import dev.nanoclaw.router.AnswerText;
import dev.nanoclaw.scheduler.Tasks;
import java.time.Clock;
import java.util.List;
import java.util.stream.Collectors;

/// Carries out orders and says in words what was done.
final class Orders {

  private static final int MOST_TEXT = 20_000;
  private static final int MOST_UNSENT = 100;
  private static final int MOST_LISTED = 200;

  private final RunStore runs;
  private final OutboxStore outbox;
  private final Tasks tasks;
  private final GroupOrders groups;
  private final Clock clock;

  Orders(AgentRequests.Parts parts, Clock clock) {
    this.runs = parts.runs();
    this.outbox = parts.outbox();
    this.tasks = parts.tasks();
    this.groups = new GroupOrders(parts, clock);
    this.clock = clock;
  }

  /// @param name of the file that the order came in
  /// @throws NotAllowedException when it cannot be carried out
  AgentResponse carryOut(Order order, AgentRun run, String name) {
    return switch (order) {
      case Order.Say(Group target, String text) -> say(run, target, name, text);
      case Order.Schedule(Group target, AgentCommand.ScheduleTask wish) ->
          told(
              "Scheduled",
              tasks.add(
                  target,
                  new Tasks.Wish(
                      wish.prompt(),
                      wish.scheduleType(),
                      wish.scheduleValue(),
                      wish.contextMode())));
      case Order.Update(ScheduledTask task, AgentCommand.UpdateTask change) ->
          told(
              "Changed",
              tasks.update(
                  task.id(),
                  new Tasks.Change(
                      change.prompt(),
                      change.scheduleType(),
                      change.scheduleValue(),
                      change.contextMode())));
      case Order.Pause(ScheduledTask task) -> told("Paused", tasks.pause(task.id()));
      case Order.Resume(ScheduledTask task) -> told("Resumed", tasks.resume(task.id()));
      case Order.Cancel(ScheduledTask task) ->
          AgentResponse.done("Cancelled, and gone: " + inWords(tasks.cancel(task.id())), task.id());
      case Order.ListTasks(Group source) -> AgentResponse.done(list(source));
      case Order.ListGroups() -> AgentResponse.done(groups.list());
      case Order.RefreshGroups() -> groups.refresh();
      case Order.Register(AgentCommand.RegisterGroup wish) ->
          AgentResponse.done(groups.register(wish));
    };
  }

  private AgentResponse say(AgentRun run, Group target, String name, String text) {
    String visible =
        AnswerText.forChat(text)
            .orElseThrow(() ->
                new NotAllowedException(
                    "there is nothing to say: the text is empty, or all of it is <internal>"));
    if (visible.length() > MOST_TEXT) {
      throw new NotAllowedException(
          "a message has at most %d characters, and this one has %d; shorten it, or put the long part into a file"
              .formatted(MOST_TEXT, visible.length()));
    }
    if (outbox.unsent(target.jid()) >= MOST_UNSENT) {
      throw new NotAllowedException(
          "%d messages to that chat are still waiting to be sent; this one was not added"
              .formatted(MOST_UNSENT));
    }
    runs.say(run, target, "file:" + name, visible, clock.instant());
    return AgentResponse.done("The message is on its way to %s.".formatted(target.name()));
  }

  private AgentResponse told(String what, ScheduledTask task) {
    return AgentResponse.done("%s: %s".formatted(what, inWords(task)), task.id());
  }

  private String inWords(ScheduledTask task) {
    return tasks.inWords(task);
  }

  private String list(Group source) {
    List<ScheduledTask> all = source.main() ? tasks.all() : tasks.of(source.folder());
    if (all.isEmpty()) {
      return source.main() ? "No group has a task." : "This chat has no tasks.";
    }
    String more =
        all.size() > MOST_LISTED
            ? "\n(%d more are not shown)".formatted(all.size() - MOST_LISTED)
            : "";
    return all.stream()
        .limit(MOST_LISTED)
        .map(it -> source.main() ? "[%s] %s".formatted(it.group(), inWords(it)) : inWords(it))
        .collect(Collectors.joining("\n", "", more));
  }
}
