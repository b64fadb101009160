package dev.nanoclaw.cli;

import dev.nanoclaw.control.GroupDetailService.Container;
import dev.nanoclaw.control.GroupDetailService.Details;
import dev.nanoclaw.control.GroupService.Available;
import dev.nanoclaw.control.GroupService.AvailableChats;
import dev.nanoclaw.control.GroupService.Registered;
import dev.nanoclaw.control.GroupService.RegisteredGroups;
import dev.nanoclaw.control.GroupService.Removed;
import dev.nanoclaw.router.Registrations.Change;
import dev.nanoclaw.router.Registrations.Wish;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "groups",
    description = "The chats that have an agent.",
    mixinStandardHelpOptions = true)
final class GroupsCommand implements Runnable {

  private static final String FOLDER = "The name of its directory, as `list` shows it.";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "Which command: list, available, show, register, set or remove?");
  }

  @Command(name = "list", description = "Shows them.", mixinStandardHelpOptions = true)
  int list(
      @Mixin HomeOption home,
      @Option(names = "--json", description = "For programs.") boolean json) {
    RegisteredGroups all = Question.require(home, "groups.list", Map.of(), RegisteredGroups.class);
    if (json) {
      return Question.printJson(all);
    }
    Table table = new Table("FOLDER", "NAME", "CHAT", "TRIGGER", "");
    for (Registered it : all.groups()) {
      String remark = it.main() ? "main" : it.left() ? "left" : "";
      table.row(it.folder(), it.name(), it.jid(), it.trigger(), remark);
    }
    System.out.print(table);
    return 0;
  }

  @Command(
      name = "available",
      description = "Shows the chats of WhatsApp that have none.",
      mixinStandardHelpOptions = true)
  int available(
      @Mixin HomeOption home,
      @Option(names = "--json", description = "For programs.") boolean json) {
    AvailableChats all = Question.require(home, "groups.available", Map.of(), AvailableChats.class);
    if (json) {
      return Question.printJson(all);
    }
    if (all.chats().isEmpty()) {
      System.out.println("No chat of WhatsApp without an agent is known.");
      return 0;
    }
    Table table = new Table("CHAT", "NAME", "KIND", "LAST MESSAGE");
    for (Available it : all.chats()) {
      table.row(it.jid(), it.name(), it.group() ? "group" : "person", it.lastMessage().orElse("-"));
    }
    System.out.print(table);
    return 0;
  }

  @Command(
      name = "register",
      description = "Gives a chat an agent.",
      mixinStandardHelpOptions = true)
  int register(
      @Mixin HomeOption home,
      @Option(
              names = "--jid",
              required = true,
              description = "The chat's address, as `groups available` shows it.")
          String jid,
      @Option(
              names = "--folder",
              required = true,
              description = "The name of its directory: a-z, 0-9 and -.")
          String folder,
      @Option(names = "--name", description = "Its name; the chat's own if not given.")
          @Nullable String name,
      @ArgGroup @Nullable Trigger trigger,
      @Option(names = "--main", description = "A chat of yours, whose agent may act on all groups.")
          boolean main,
      @Option(
              names = "--timeout-ms",
              description =
                  "How long its agent may be silent in a turn; container.timeout_ms if not given.")
          @Nullable Long timeoutMs,
      @Option(names = "--json", description = "For programs.") boolean json) {
    Registered group =
        Question.require(
            home,
            "groups.register",
            new Wish(
                jid,
                folder,
                Optional.ofNullable(name),
                Optional.ofNullable(trigger).map(it -> it.trigger),
                trigger == null || !trigger.none,
                main,
                Optional.ofNullable(timeoutMs)),
            Registered.class);
    if (json) {
      return Question.printJson(group);
    }
    System.out.printf(
        "%s (%s) has an agent now, with the folder %s. It answers %s.%n",
        group.name(), group.jid(), group.folder(), answers(group.trigger()));
    return 0;
  }

  @Command(
      name = "show",
      description = "Shows everything about one.",
      mixinStandardHelpOptions = true)
  int show(
      @Mixin HomeOption home,
      @Parameters(paramLabel = "FOLDER", description = FOLDER) String folder,
      @Option(names = "--json", description = "For programs.") boolean json) {
    Details details =
        Question.require(home, "groups.show", Map.of("folder", folder), Details.class);
    if (json) {
      return Question.printJson(details);
    }
    System.out.print(table(details));
    return 0;
  }

  private static Table table(Details group) {
    Table lines =
        new Table(
            "Group:",
            group.folder() + (group.main() ? ", main" : "") + (group.left() ? ", left" : ""));
    lines.row("Name:", group.name());
    lines.row("Chat:", group.jid());
    lines.row("Folder:", group.path());
    lines.row("Answers:", answers(group.trigger()));
    lines.row(
        "Time limit:",
        group.timeoutMs().map(it -> it + " ms").orElse("the general one, container.timeout_ms"));
    lines.row("Registered:", group.registeredAt());
    if (group.containers().isEmpty()) {
      lines.row("Container:", "none");
    }
    for (Container it : group.containers()) {
      lines.row(
          it.isolated() ? "Task container:" : "Container:",
          "%s, %s, since %s".formatted(it.name(), it.state(), it.startedAt()));
    }
    group.trouble().ifPresent(it -> lines.row("In trouble:", it));
    lines.row("Session:", group.session().orElse("none; the next message begins one"));
    lines.row("Last message:", group.lastMessage().orElse("-"));
    lines.row("Last answer:", group.lastAnswer().orElse("-"));
    lines.row(
        "Tasks:",
        "%d active, %d paused, %d completed"
            .formatted(group.tasks().active(), group.tasks().paused(), group.tasks().completed()));
    if (group.deadLetters() > 0) {
      lines.row("Dead letters:", group.deadLetters() + "; see ./nanoclaw deadletters list");
    }
    return lines;
  }

  private static String answers(String trigger) {
    return trigger.equals("-") ? "every message" : "messages that begin with " + trigger;
  }

  /// When the agent is to answer.
  static final class Trigger {

    @Option(
        names = "--trigger",
        description = "Messages that begin with @ and this ask for an answer.")
    private @Nullable String trigger;

    @Option(names = "--no-trigger", description = "Every message asks for an answer.")
    private boolean none;
  }

  /// How long the agent may be silent.
  static final class Timeout {

    @Option(names = "--timeout-ms", description = "How long its agent may be silent in a turn.")
    private @Nullable Long milliseconds;

    @Option(names = "--default-timeout", description = "As long as container.timeout_ms says.")
    private boolean general;
  }

  @Command(
      name = "set",
      description = "Changes what is given; it takes effect with the next message.",
      mixinStandardHelpOptions = true)
  int set(
      @Mixin HomeOption home,
      @Parameters(paramLabel = "FOLDER", description = FOLDER) String folder,
      @Option(names = "--name", description = "Its name.") @Nullable String name,
      @ArgGroup @Nullable Trigger trigger,
      @ArgGroup @Nullable Timeout timeout,
      @Option(names = "--json", description = "For programs.") boolean json) {
    Change change =
        new Change(
            folder,
            Optional.ofNullable(name),
            Optional.ofNullable(trigger).map(it -> it.trigger),
            Optional.ofNullable(trigger).map(it -> !it.none),
            Optional.ofNullable(timeout).map(it -> it.general ? Long.valueOf(0) : it.milliseconds));
    Registered group = Question.require(home, "groups.set", change, Registered.class);
    if (json) {
      return Question.printJson(group);
    }
    System.out.printf(
        "%s (%s) answers %s.%n", group.name(), group.folder(), answers(group.trigger()));
    return 0;
  }

  @Command(
      name = "remove",
      description = "Takes a chat's agent away. Its folder, messages and logs stay.",
      mixinStandardHelpOptions = true)
  int remove(
      @Mixin HomeOption home,
      @Parameters(paramLabel = "FOLDER", description = FOLDER) String folder,
      @Option(names = "--json", description = "For programs.") boolean json) {
    Removed removed =
        Question.require(home, "groups.remove", Map.of("folder", folder), Removed.class);
    if (json) {
      return Question.printJson(removed);
    }
    Registered group = removed.group();
    System.out.printf("%s (%s) has no agent any more.%n", group.name(), group.jid());
    System.out.printf(
        "Gone: its session, tasks (%d), unanswered messages (%d) and dead letters (%d).%n",
        removed.tasks(), removed.unanswered(), removed.deadLetters());
    System.out.println("Kept: its folder, the messages in the database and the logs.");
    System.out.printf(
        "Register it again with: ./nanoclaw groups register --jid %s --folder %s%s%n",
        group.jid(), group.folder(), group.main() ? " --main" : "");
    return 0;
  }
}
