package dev.nanoclaw.router;

import dev.nanoclaw.config.Settings;
import dev.nanoclaw.db.MessageStore;
import dev.nanoclaw.db.RunStore;
import dev.nanoclaw.domain.AgentInput;
import dev.nanoclaw.domain.ChatMessage;
import dev.nanoclaw.domain.Group;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Makes the text of an input: its messages within the window of `agent.context_messages` and
/// `agent.context_bytes`. What is addressed to the assistant is always there; of the rest the
/// oldest is left out first. Before them stands what earlier runs said that were at the same input.
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

  /// @param runId the run that gets the input
  String text(Group group, AgentInput input, String runId) {
    List<ChatMessage> shown =
        new ArrayList<>(
            messages.fromPeople(
                group.jid(), input.fromSeq(), input.toSeq(), settings.contextMessages()));
    int all = messages.countFromPeople(group.jid(), input.fromSeq(), input.toSeq());
    long bytes = shown.stream().mapToLong(Prompts::bytes).sum();
    for (int i = 0; i < shown.size() && isTooMuch(shown.size(), bytes); ) {
      if (shown.get(i).addressed()) {
        i++;
      } else {
        bytes -= bytes(shown.remove(i));
      }
    }
    return format.said(runs.saidByOthers(group, runId, input.firstGiven()))
        + format.messages(shown, all - shown.size());
  }

  private boolean isTooMuch(int count, long bytes) {
    return count > settings.contextMessages() || bytes > settings.contextBytes();
  }

  private static long bytes(ChatMessage message) {
    return message.text().getBytes(StandardCharsets.UTF_8).length;
  }
}
