package dev.nanoclaw.protocol;

import java.util.Optional;

/// What an agent asks of the host, by a file in `messages/` or `tasks/` of its run. Whose agent
/// asks is not in it: that is the directory which the file came from.
public sealed interface AgentCommand {

  /// Say something in a chat now.
  ///
  /// @param chatJid empty for the agent's own chat
  record Message(Optional<String> chatJid, String text) implements AgentCommand {}

  /// @param targetJid the chat whose agent is to do it; empty for the agent's own
  /// @param scheduleType `cron`, `interval` or `once`
  /// @param contextMode `group` or `isolated`; empty for `group`
  record ScheduleTask(
      Optional<String> targetJid,
      String prompt,
      String scheduleType,
      String scheduleValue,
      Optional<String> contextMode)
      implements AgentCommand {}

  /// What is empty stays as it is.
  record UpdateTask(
      String taskId,
      Optional<String> prompt,
      Optional<String> scheduleType,
      Optional<String> scheduleValue,
      Optional<String> contextMode)
      implements AgentCommand {}

  record PauseTask(String taskId) implements AgentCommand {}

  record ResumeTask(String taskId) implements AgentCommand {}

  record CancelTask(String taskId) implements AgentCommand {}

  record ListTasks() implements AgentCommand {}

  record ListGroups() implements AgentCommand {}

  /// Ask the channels anew which groups there are.
  record RefreshGroups() implements AgentCommand {}

  /// Give a chat an agent.
  ///
  /// @param name empty for the chat's own
  /// @param trigger empty for the assistant's name
  /// @param requiresTrigger empty for true
  record RegisterGroup(
      String jid,
      Optional<String> name,
      String folder,
      Optional<String> trigger,
      Optional<Boolean> requiresTrigger,
      Optional<ContainerConfig> containerConfig)
      implements AgentCommand {}

  /// What a main agent may set about another group's container.
  ///
  /// @param timeout how long a turn may be silent, in milliseconds
  record ContainerConfig(Optional<Long> timeout) {}
}
