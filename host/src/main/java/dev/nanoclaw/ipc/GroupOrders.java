package dev.nanoclaw.ipc;

import dev.nanoclaw.container.GroupDirectories;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.KnownChat;
import dev.nanoclaw.protocol.AgentCommand.ContainerConfig;
import dev.nanoclaw.protocol.AgentCommand.RegisterGroup;
import dev.nanoclaw.protocol.AgentResponse;
import dev.nanoclaw.router.Registrations;
import dev.nanoclaw.router.Registrations.Wish;
import dev.nanoclaw.scheduler.Tasks;
import java.time.Clock;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Carries out the orders about groups, which only main groups may give.
final class GroupOrders {

  private static final Logger log = LoggerFactory.getLogger(GroupOrders.class);
  private static final int MOST_CHATS = 100;
  private static final int MOST_NAME = 100;

  private final GroupStore groups;
  private final Registrations registrations;
  private final GroupDirectories directories;
  private final GroupRefresh refresh;
  private final Tasks tasks;
  private final String assistant;

  GroupOrders(AgentRequests.Parts parts, Clock clock) {
    this.groups = parts.groups();
    this.registrations = parts.registrations();
    this.directories = parts.directories();
    this.refresh = new GroupRefresh(parts.channels(), clock);
    this.tasks = parts.tasks();
    this.assistant = parts.assistant();
  }

  AgentResponse refresh() {
    return refresh.refresh();
  }

  /// The group's directories are there before anybody can know of it.
  String register(RegisterGroup wish) {
    Group group =
        registrations.register(
            new Wish(
                wish.jid(),
                wish.folder(),
                wish.name(),
                wish.trigger(),
                wish.requiresTrigger().orElse(true),
                false,
                wish.containerConfig().flatMap(ContainerConfig::timeout)),
            directories::prepare);
    log.info("An agent registered {} as {}", group.jid(), group.folder());
    return "Registered: %s. It takes effect with the next message there.".formatted(line(group));
  }

  String list() {
    List<KnownChat> others = registrations.available();
    StringBuilder text = new StringBuilder("Chats with an agent:\n");
    groups.all().forEach(it -> text.append("- ").append(line(it)).append('\n'));
    if (others.isEmpty()) {
      return text.append("No other chats are known.").toString();
    }
    text.append("Known chats without an agent:\n")
        .append(
            others.stream()
                .limit(MOST_CHATS)
                .map(it -> "- " + line(it))
                .collect(Collectors.joining("\n")));
    if (others.size() > MOST_CHATS) {
      text.append(
          "\n(%d more, with older messages, are not shown)".formatted(others.size() - MOST_CHATS));
    }
    return text.toString();
  }

  private String line(Group group) {
    String answers =
        group.main() || !group.requiresTrigger()
            ? "answers every message"
            : "answers to @" + group.trigger().orElse(assistant);
    return "%s (%s), folder %s%s, %s"
        .formatted(
            name(group.name()), group.jid(), group.folder(), group.main() ? ", main" : "", answers);
  }

  private String line(KnownChat chat) {
    return "%s (%s), %s%s"
        .formatted(
            name(chat.name()),
            chat.jid(),
            chat.group() ? "group" : "person",
            chat.lastMessage().map(it -> ", last message " + tasks.when(it)).orElse(""));
  }

  /// Strangers choose the names of their chats.
  private static String name(String written) {
    String line = written.replaceAll("\\p{Cntrl}+", " ").strip();
    return line.isEmpty() ? "(no name)" : line.substring(0, Math.min(line.length(), MOST_NAME));
  }
}
