package dev.nanoclaw.testing;

import dev.nanoclaw.domain.AgentInput;
import dev.nanoclaw.domain.AgentInput.Content;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.IncomingMessage;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.domain.TaskRules;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Optional;

/// Groups, messages and runs as tests need them.
public final class Samples {

  public static final Instant NOW = ManualClock.START;

  public static final TaskRules TASK_RULES =
      new TaskRules(ZoneId.of("Europe/Paris"), Duration.ofMinutes(1), 3);

  private Samples() {}

  /// A group that answers to the assistant's name.
  public static Group group(String folder) {
    return new Group(
        new ChatJid(folder + "@g.us"),
        folder,
        new GroupFolder(folder),
        Optional.empty(),
        true,
        false,
        Optional.empty(),
        NOW);
  }

  public static Group mainGroup() {
    return new Group(
        ChatJid.LOCAL,
        "Local chat",
        GroupFolder.MAIN,
        Optional.empty(),
        false,
        true,
        Optional.empty(),
        NOW);
  }

  public static IncomingMessage message(Group group, String id, String text) {
    return message(group.jid(), id, text, NOW);
  }

  public static IncomingMessage message(ChatJid chat, String id, String text, Instant when) {
    return new IncomingMessage(
        id,
        chat,
        "whatsapp",
        true,
        "49170@s.whatsapp.net",
        "Ada",
        text,
        when,
        false,
        false,
        Optional.empty());
  }

  /// The messages of an input.
  public static Content.Messages range(AgentInput input) {
    return (Content.Messages) input.content();
  }

  public static AgentRun run(Group group, String id) {
    return run(Lane.chat(group.folder()), id);
  }

  public static AgentRun run(Lane lane, String id) {
    return new AgentRun(
        id,
        lane,
        "nanoclaw-" + lane.group() + "-" + id,
        "docker",
        "nonce-" + id,
        0,
        Optional.of(NOW),
        Optional.empty(),
        NOW);
  }
}
