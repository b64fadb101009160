package dev.nanoclaw.control;

import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.db.RunStore;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.queue.GroupQueue;
import dev.nanoclaw.router.Troubles;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;

/// What runs and what is missing.
public final class StatusService {

  private final Path home;
  private final Instant startedAt;
  private final Checks checks;
  private final GroupStore groups;
  private final RunStore runs;
  private final GroupQueue queue;
  private final Troubles troubles;

  /// Asked anew for each answer.
  ///
  /// @param missing one sentence about what keeps agents from being started
  /// @param hint one about what does not, but should be put right
  /// @param whatsapp one about the link to WhatsApp, when that is switched on
  /// @param deadLetters how many there are
  public record Checks(
      Supplier<Optional<String>> missing,
      Supplier<Optional<String>> hint,
      Supplier<Optional<String>> whatsapp,
      IntSupplier deadLetters) {}

  public StatusService(
      Path home,
      Instant startedAt,
      Checks checks,
      GroupStore groups,
      RunStore runs,
      GroupQueue queue,
      Troubles troubles) {
    this.home = home;
    this.startedAt = startedAt;
    this.checks = checks;
    this.groups = groups;
    this.runs = runs;
    this.queue = queue;
    this.troubles = troubles;
  }

  /// The answer to `status`.
  ///
  /// @param containers how many run
  /// @param waiting how many groups wait for one
  public record Status(
      long pid,
      String home,
      String startedAt,
      Optional<String> missing,
      Optional<String> hint,
      Optional<String> whatsapp,
      int containers,
      int waiting,
      int deadLetters,
      List<GroupStatus> groups) {}

  /// A group in the answer.
  ///
  /// @param state of its chat: `no container`, `working` or `waiting for messages`; and whether a
  ///   task is at work beside it
  /// @param container of its chat
  public record GroupStatus(
      String folder,
      String name,
      String chat,
      boolean main,
      String state,
      Optional<String> container,
      Optional<String> trouble) {}

  /// `status`.
  public Object status(JsonNode params, Connection connection) {
    List<AgentRun> open = runs.open();
    return new Status(
        ProcessHandle.current().pid(),
        home.toString(),
        startedAt.toString(),
        checks.missing().get(),
        checks.hint().get(),
        checks.whatsapp().get(),
        queue.activeTurns(),
        queue.waitingGroups(),
        checks.deadLetters().getAsInt(),
        groups.all().stream().map(it -> describe(it, open)).toList());
  }

  private GroupStatus describe(Group group, List<AgentRun> open) {
    Optional<AgentRun> run = find(open, Lane.chat(group.folder()));
    boolean task = find(open, Lane.isolated(group.folder())).isPresent();
    return new GroupStatus(
        group.folder().value(),
        group.name(),
        group.jid().value(),
        group.main(),
        run.map(StatusService::state).orElse("no container")
            + (task ? ", a task in a container of its own" : ""),
        run.map(AgentRun::container),
        troubles.of(group.folder()));
  }

  private static Optional<AgentRun> find(List<AgentRun> open, Lane lane) {
    return open.stream().filter(it -> it.lane().equals(lane)).findFirst();
  }

  static String state(AgentRun run) {
    return run.turnSince().isPresent() ? "working" : "waiting for messages";
  }
}
