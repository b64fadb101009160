package dev.nanoclaw.router;

import dev.nanoclaw.config.Settings;
import dev.nanoclaw.db.MessageStore;
import dev.nanoclaw.db.RunStore;
import dev.nanoclaw.domain.AgentInput;
import dev.nanoclaw.domain.AgentInput.Content;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.ChatMessage;
import dev.nanoclaw.domain.Group;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Makes the text of an input: a run of a task, or messages within the window of
/// `agent.context_messages` and `agent.context_bytes`. What is addressed to the assistant is always
/// there; of the rest the oldest is left out first. Before them stands what earlier runs said that
/// were at the same input.
final class Prompts {

  private final MessageStore messages;
  private final RunStore runs;
  private final PromptFormat format;
  private final Settings.Agent settings;

  Prompts(MessageStore messages, RunStore runs, PromptFormat format, Settings.Agent settings) {
    this.messages = messages;
    this.runs = runs;
    this.format = format;
    this.settings = settings;
  }

  /// @param run the run that gets the input
  String text(Group group, AgentInput input, AgentRun run) {
    String said = format.said(runs.saidByOthers(group, run, input.firstGiven()));
    return switch (input.content()) {
      case Content.Messages range -> said + text(group, range);
      case Content.Task(long taskRun) ->
          said
              + runs.taskRun(taskRun)
                  .map(it -> format.task(it, input.firstGiven()))
                  .orElseThrow(
                      () -> new IllegalStateException("no row of the task's run " + taskRun));
    };
  }

  private String text(Group group, Content.Messages range) {
    List<ChatMessage> shown =
        new ArrayList<>(
            messages.fromPeople(
                group.jid(), range.fromSeq(), range.toSeq(), settings.contextMessages()));
    int all = messages.countFromPeople(group.jid(), range.fromSeq(), range.toSeq());
    long bytes = shown.stream().mapToLong(Prompts::bytes).sum();
    for (int i = 0; i < shown.size() && isTooMuch(shown.size(), bytes); ) {
      if (shown.get(i).addressed()) {
        i++;
      } else {
        bytes -= bytes(shown.remove(i));
      }
    }
    return format.messages(shown, all - shown.size());
  }

  private boolean isTooMuch(int count, long bytes) {
    return count > settings.contextMessages() || bytes > settings.contextBytes();
  }

  private static long bytes(ChatMessage message) {
    return message.text().getBytes(StandardCharsets.UTF_8).length;
  }
}
