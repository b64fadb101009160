package dev.nanoclaw.router;

import dev.nanoclaw.config.Settings;
import dev.nanoclaw.db.MessageStore;
import dev.nanoclaw.domain.AgentInput;
import dev.nanoclaw.domain.ChatMessage;
import dev.nanoclaw.domain.Group;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Makes the text of an input: its messages within the window of `agent.context_messages` and
/// `agent.context_bytes`. What is addressed to the assistant is always there; of the rest the
/// oldest is left out first.
final class Prompts {

  private final MessageStore messages;
  private final PromptFormat format;
  private final Settings.Agent settings;

  Prompts(MessageStore messages, PromptFormat format, Settings.Agent settings) {
    this.messages = messages;
    this.format = format;
    this.settings = settings;
  }

  String text(Group group, AgentInput input) {
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
    return format.messages(shown, all - shown.size());
  }

  private boolean isTooMuch(int count, long bytes) {
    return count > settings.contextMessages() || bytes > settings.contextBytes();
  }

  private static long bytes(ChatMessage message) {
    return message.text().getBytes(StandardCharsets.UTF_8).length;
  }
}
