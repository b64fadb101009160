package dev.nanoclaw.control;

import dev.nanoclaw.db.DeadLetterStore;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.db.MessageStore;
import dev.nanoclaw.db.RunStore;
import dev.nanoclaw.db.TaskStore;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.ScheduledTask;
import dev.nanoclaw.jsonrpc.JsonRpc;
import dev.nanoclaw.jsonrpc.JsonRpc.RpcException;
import dev.nanoclaw.router.Registrations;
import dev.nanoclaw.router.Registrations.RefusedException;
import dev.nanoclaw.router.Troubles;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// Everything about one group.
public final class GroupDetailService {

  private final Path groupsDir;
  private final Registrations registrations;
  private final GroupService groups;
  private final Stores stores;
  private final Troubles troubles;

  /// Where it is read.
  public record Stores(
      GroupStore groups,
      MessageStore messages,
      RunStore runs,
      TaskStore tasks,
      DeadLetterStore deadLetters) {}

  public GroupDetailService(
      Path groupsDir,
      Registrations registrations,
      GroupService groups,
      Stores stores,
      Troubles troubles) {
    this.groupsDir = groupsDir;
    this.registrations = registrations;
    this.groups = groups;
    this.stores = stores;
    this.troubles = troubles;
  }

  /// A group with what it is doing. Times are UTC.
  ///
  /// @param trigger what messages begin with, `-` for every message
  /// @param timeoutMs its own; empty for `container.timeout_ms`
  /// @param session of Claude, which the next container goes on with
  public record Details(
      String folder,
      String name,
      String jid,
      String path,
      String trigger,
      boolean main,
      boolean left,
      Optional<Long> timeoutMs,
      String registeredAt,
      List<Container> containers,
      Optional<String> trouble,
      Tasks tasks,
      Optional<String> session,
      Optional<String> lastMessage,
      Optional<String> lastAnswer,
      long deadLetters) {}

  /// A container of the group.
  ///
  /// @param state `working` or `waiting for messages`
  /// @param isolated whether it is at a task of its own, beside the chat
  public record Container(String name, String state, boolean isolated, String startedAt) {}

  /// How many there are of each kind.
  public record Tasks(long active, long paused, long completed) {}

  /// `groups.show {folder}`.
  public Object show(JsonNode params, Connection connection) {
    try {
      return details(registrations.registered(params.path("folder").asString("")));
    } catch (RefusedException e) {
      throw new RpcException(JsonRpc.INVALID_PARAMS, String.valueOf(e.getMessage()));
    }
  }

  private Details details(Group group) {
    return new Details(
        group.folder().value(),
        group.name(),
        group.jid().value(),
        groupsDir.resolve(group.folder().value()).toString(),
        groups.trigger(group),
        group.main(),
        groups.isLeft(group.jid()),
        group.timeout().map(Duration::toMillis),
        time(group.addedAt()),
        stores.runs().open().stream()
            .filter(it -> it.group().equals(group.folder()))
            .map(GroupDetailService::container)
            .toList(),
        troubles.of(group.folder()),
        tasks(stores.tasks().of(group.folder())),
        stores.groups().session(group.folder()),
        stores.messages().lastFromPeople(group.jid()).map(GroupDetailService::time),
        stores.messages().lastFromAssistant(group.jid()).map(GroupDetailService::time),
        stores.deadLetters().all().stream()
            .filter(it -> it.group().equals(Optional.of(group.folder())))
            .count());
  }

  private static Container container(AgentRun run) {
    return new Container(
        run.container(), StatusService.state(run), run.lane().isIsolated(), time(run.startedAt()));
  }

  private static Tasks tasks(List<ScheduledTask> tasks) {
    return new Tasks(
        count(tasks, ScheduledTask.Status.ACTIVE),
        count(tasks, ScheduledTask.Status.PAUSED),
        count(tasks, ScheduledTask.Status.COMPLETED));
  }

  private static long count(List<ScheduledTask> tasks, ScheduledTask.Status status) {
    return tasks.stream().filter(it -> it.status() == status).count();
  }

  private static String time(Instant when) {
    return when.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
