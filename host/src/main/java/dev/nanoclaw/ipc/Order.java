package dev.nanoclaw.ipc;

import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.ScheduledTask;
import dev.nanoclaw.protocol.AgentCommand;

/// A command that the one who gave it may give, with what it is about. Only [Authority] makes
/// orders, and only orders are carried out.
sealed interface Order {

  record Say(Group target, String text) implements Order {}

  record Schedule(Group target, AgentCommand.ScheduleTask wish) implements Order {}

  record Update(ScheduledTask task, AgentCommand.UpdateTask change) implements Order {}

  record Pause(ScheduledTask task) implements Order {}

  record Resume(ScheduledTask task) implements Order {}

  record Cancel(ScheduledTask task) implements Order {}

  /// @param source whose tasks; of all groups where it is main
  record ListTasks(Group source) implements Order {}

  record ListGroups() implements Order {}

  record RefreshGroups() implements Order {}

  record Register(AgentCommand.RegisterGroup wish) implements Order {}
}
