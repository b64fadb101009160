package dev.nanoclaw.cli;

import dev.nanoclaw.control.ControlClient;
import dev.nanoclaw.control.ControlClient.ControlException;
import dev.nanoclaw.control.GroupService.Available;
import dev.nanoclaw.control.GroupService.AvailableChats;
import dev.nanoclaw.control.GroupService.Registered;
import dev.nanoclaw.control.GroupService.RegisteredGroups;
import dev.nanoclaw.jsonrpc.JsonRpc;
import dev.nanoclaw.router.Registrations.Wish;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "groups",
    description = "The chats that have an agent.",
    mixinStandardHelpOptions = true)
final class GroupsCommand implements Runnable {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Which command: list, available or register?");
  }

  @Command(name = "list", description = "Shows them.", mixinStandardHelpOptions = true)
  int list(
      @Mixin HomeOption home,
      @Option(names = "--json", description = "For programs.") boolean json) {
    RegisteredGroups all = ask(home, "groups.list", Map.of(), RegisteredGroups.class);
    if (json) {
      return printJson(all);
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
    AvailableChats all = ask(home, "groups.available", Map.of(), AvailableChats.class);
    if (json) {
      return printJson(all);
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
      @Option(
              names = "--trigger",
              description = "Messages that begin with @ and this ask for an answer.")
          @Nullable String trigger,
      @Option(names = "--no-trigger", description = "Every message asks for an answer.")
          boolean noTrigger,
      @Option(names = "--main", description = "A chat of yours, whose agent may act on all groups.")
          boolean main,
      @Option(
              names = "--timeout-ms",
              description =
                  "How long its agent may be silent in a turn; container.timeout_ms if not given.")
          @Nullable Long timeoutMs) {
    if (noTrigger && trigger != null) {
      throw new CommandException("--trigger and --no-trigger contradict each other");
    }
    Registered group =
        ask(
            home,
            "groups.register",
            new Wish(
                jid,
                folder,
                Optional.ofNullable(name),
                Optional.ofNullable(trigger),
                !noTrigger,
                main,
                Optional.ofNullable(timeoutMs)),
            Registered.class);
    System.out.printf(
        "%s (%s) has an agent now, with the folder %s. %s%n",
        group.name(),
        group.jid(),
        group.folder(),
        group.trigger().equals("-")
            ? "It answers every message."
            : "It answers messages that begin with " + group.trigger() + ".");
    return 0;
  }

  private static int printJson(Object answer) {
    System.out.print(JsonRpc.line(JsonRpc.tree(answer)));
    return 0;
  }

  private static <T> T ask(HomeOption home, String method, Object params, Class<T> type) {
    Optional<Path> socket = home.socket();
    if (socket.isPresent()) {
      try (ControlClient client = ControlClient.connect(socket.get(), (_, _) -> {}, () -> {})) {
        return client.call(method, params, type);
      } catch (ControlException e) {
        throw new CommandException(String.valueOf(e.getMessage()));
      } catch (IOException _) {
        // told below
      }
    }
    throw new CommandException("no daemon runs here. Start it with: ./nanoclaw start");
  }
}
