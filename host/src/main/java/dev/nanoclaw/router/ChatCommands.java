package dev.nanoclaw.router;

import dev.nanoclaw.db.RunStore;
import dev.nanoclaw.db.RunStore.Notice;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.ChatMessage;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.queue.GroupQueue;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Carries out what owners ask of the host in a chat, and answers there at once.
public final class ChatCommands {

  private final RunStore runs;
  private final GroupQueue queue;
  private final Troubles troubles;
  private final Conversation conversation;
  private final Clock clock;

  public ChatCommands(
      RunStore runs, GroupQueue queue, Troubles troubles, Conversation conversation, Clock clock) {
    this.runs = runs;
    this.queue = queue;
    this.troubles = troubles;
    this.conversation = conversation;
    this.clock = clock;
  }

  /// Carries out a command that was not answered yet.
  void carryOut(Group group, ChatCommand command, ChatMessage message) {
    String notice = "command:" + message.seq();
    if (runs.wasTold(group, notice)) {
      return;
    }
    Optional<AgentRun> run = runs.open(Lane.chat(group.folder()));
    String answer =
        switch (command) {
          case NEW -> startNewSession(group, run);
          case STOP -> stop(group);
          case STATUS -> status(group, run);
        };
    runs.tell(group, new Notice(notice, answer), clock.instant());
    conversation.outboxChanged();
  }

  private String startNewSession(Group group, Optional<AgentRun> run) {
    runs.startNewSession(group);
    queue.finish(Lane.chat(group.folder()));
    return isWorking(run)
        ? "I finish what I am at; the message after that begins a new session."
        : "The next message begins a new session.";
  }

  private String stop(Group group) {
    List<Lane> working =
        Stream.of(Lane.chat(group.folder()), Lane.isolated(group.folder()))
            .filter(it -> isWorking(runs.open(it)))
            .toList();
    working.forEach(queue::interrupt);
    return working.isEmpty() ? "Nothing is running." : "Stopping.";
  }

  private String status(Group group, Optional<AgentRun> run) {
    String doing =
        run.map(this::describe).orElse("No container runs; the next message starts one.");
    return doing + troubles.of(group.folder()).map(it -> " In the way: " + it).orElse("");
  }

  private String describe(AgentRun run) {
    String container = "in a container started %s ago.".formatted(since(run.startedAt()));
    return run.turnSince()
        .map(it -> "I have been at work for %s, %s".formatted(since(it), container))
        .orElse("I wait for messages, " + container);
  }

  private String since(Instant when) {
    return words(Duration.between(when, clock.instant()));
  }

  private static String words(Duration duration) {
    if (duration.toMinutes() < 2) {
      return Math.max(0, duration.toSeconds()) + " s";
    }
    return duration.toHours() < 2 ? duration.toMinutes() + " min" : duration.toHours() + " h";
  }

  private static boolean isWorking(Optional<AgentRun> run) {
    return run.flatMap(AgentRun::turnSince).isPresent();
  }
}
