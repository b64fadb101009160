package dev.nanoclaw.router;

import dev.nanoclaw.config.Settings;
import dev.nanoclaw.container.AgentContainer;
import dev.nanoclaw.container.AgentContainers;
import dev.nanoclaw.container.GroupDirectories.DirectoryException;
import dev.nanoclaw.container.Readiness;
import dev.nanoclaw.container.Readiness.State;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.db.InputStore;
import dev.nanoclaw.db.InputStore.Which;
import dev.nanoclaw.db.InputStore.Work;
import dev.nanoclaw.db.MessageStore;
import dev.nanoclaw.db.RunStore;
import dev.nanoclaw.db.RunStore.Fate;
import dev.nanoclaw.db.RunStore.Notice;
import dev.nanoclaw.domain.AgentInput;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.AgentRun.EndReason;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.Ids;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.protocol.AgentRequest;
import dev.nanoclaw.queue.Signal;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A lane's turn: starts a container when there is something to answer, or takes up the one that an
/// earlier host left running, follows it to its end, and puts back what it did not answer.
public final class AgentTurn {

  private static final Logger log = LoggerFactory.getLogger(AgentTurn.class);

  /// How often to look whether what was missing is there: nothing tells of it.
  private static final Duration PROBE = Duration.ofSeconds(2);

  private final Stores stores;
  private final AgentContainers containers;
  private final Readiness readiness;
  private final Settings settings;
  private final Clock clock;
  private final Conversation conversation;
  private final Troubles troubles;
  private final EndEffects endEffects;
  private final RunParts parts;

  /// Where a turn reads and writes.
  public record Stores(
      GroupStore groups, MessageStore messages, InputStore inputs, RunStore runs) {}

  public AgentTurn(
      Stores stores,
      AgentContainers containers,
      Readiness readiness,
      Settings settings,
      Clock clock,
      Conversation conversation,
      Troubles troubles,
      FilesFromAgent files) {
    this.stores = stores;
    this.containers = containers;
    this.readiness = readiness;
    this.settings = settings;
    this.clock = clock;
    this.conversation = conversation;
    this.troubles = troubles;
    Retries retries = new Retries(settings.agent().maxTurnRetries());
    this.endEffects = new EndEffects(retries);
    Prompts prompts =
        new Prompts(
            stores.messages(),
            stores.runs(),
            new PromptFormat(settings.assistant().name(), settings.timezone()),
            settings.agent());
    this.parts =
        new RunParts(
            stores.runs(),
            stores.inputs(),
            prompts,
            files,
            new FrameEffects(retries),
            troubles,
            conversation,
            settings,
            clock);
  }

  /// The lanes that need a turn for a run of an earlier host.
  public List<Lane> findLeftBehind() {
    return stores.runs().open().stream().map(AgentRun::lane).distinct().toList();
  }

  /// Does what there is to do for the lane; see `GroupQueue.TurnTaker`. A run that is open at the
  /// beginning was left behind: by an earlier host, or by a turn that failed.
  public Optional<Instant> take(Lane lane, Signal signal) {
    Optional<Group> found = stores.groups().byFolder(lane.group());
    if (found.isEmpty()) {
      return Optional.empty();
    }
    Group group = found.get();
    Optional<AgentRun> old = stores.runs().open(lane);
    if (old.isPresent()) {
      adopt(old.get(), group, signal);
    } else {
      Optional<Work> work = nextWork(group, lane);
      if (work.isEmpty() || work.get().when().isAfter(clock.instant())) {
        return work.map(Work::when);
      }
      switch (readiness.check()) {
        case State.Missing missing -> {
          return signal.isLeaving() // it may have been broken off for that
              ? Optional.empty()
              : Optional.of(wait(group, missing, work.get()));
        }
        case State.Ready ready -> begin(group, lane, ready, signal);
      }
    }
    return signal.isLeaving() ? Optional.empty() : nextWork(group, lane).map(Work::when);
  }

  private Optional<Work> nextWork(Group group, Lane lane) {
    return stores.inputs().nextWork(group, Which.of(lane), clock.instant());
  }

  private Instant wait(Group group, State.Missing missing, Work work) {
    if (!troubles.of(group.folder()).equals(Optional.of(missing.text()))) {
      log.warn("Group {} waits: {}", group.folder(), missing.text());
      troubles.set(group.folder(), missing.text());
    }
    Notice notice = new Notice(missing.kind() + ":" + work.matter(), missing.text());
    stores.runs().tell(group, notice, clock.instant());
    conversation.outboxChanged();
    Duration poll = settings.timing().pollInterval();
    return clock.instant().plus(poll.compareTo(PROBE) < 0 ? poll : PROBE);
  }

  private void begin(Group group, Lane lane, State.Ready ready, Signal signal) {
    Instant now = clock.instant();
    String runId = Ids.run(now);
    AgentRun run =
        new AgentRun(
            runId,
            lane,
            containerName(group.folder(), runId),
            ready.engine().name(),
            Ids.nonce(),
            0,
            Optional.of(now),
            Optional.empty(),
            now);
    if (!(stores.runs().begin(run, group, parts.inputLimits(), now)
        instanceof InputStore.Next.Claimed(AgentInput input))) {
      return;
    }
    troubles.clear(group.folder());
    log.info("Group {}: starting container {}", lane, run.container());
    AgentContainer container;
    try {
      container = containers.start(run, group, request(run, group, input, ready));
    } catch (IOException | DirectoryException | IllegalArgumentException e) {
      if (signal.isLeaving()) {
        return; // the next host finds out what became of it
      }
      String text = "The container could not be started: " + e.getMessage();
      end(
          run,
          group,
          new LiveRun.Outcome.Ended(EndReason.CRASHED, Optional.of(125), false, Optional.empty()),
          _ -> false,
          text);
      return;
    }
    follow(run, group, container, signal);
  }

  private void adopt(AgentRun run, Group group, Signal signal) {
    log.info("Group {}: taking up container {} again", run.lane(), run.container());
    AgentContainer container;
    try {
      container = containers.adopt(run);
    } catch (IOException e) {
      log.warn("Run {} left nothing to go on with: {}", run.runId(), e.toString());
      end(
          run,
          group,
          new LiveRun.Outcome.Ended(EndReason.LOST, Optional.empty(), false, Optional.empty()),
          _ -> false,
          "lost");
      return;
    }
    follow(run, group, container, signal);
  }

  private void follow(AgentRun run, Group group, AgentContainer container, Signal signal) {
    try (container) {
      switch (new LiveRun(run, group, container, signal, parts).follow()) {
        case LiveRun.Outcome.Left() ->
            log.info("Container {} goes on without the host", run.container());
        case LiveRun.Outcome.Ended ended -> {
          end(run, group, ended, it -> container.hasTaken(it.key()), container.lastError());
          container.deleteFiles();
        }
      }
    }
  }

  /// @param begun whether the agent has taken an input
  private void end(
      AgentRun run,
      Group group,
      LiveRun.Outcome.Ended ended,
      Predicate<AgentInput> begun,
      String lastError) {
    Instant now = clock.instant();
    List<AgentInput> inside = stores.runs().inside(run);
    EndEffects.Effect effect = endEffects.of(ended, lastError, inside, begun, now);
    if (effect.refused()) {
      readiness.doubt();
      effect.notice().ifPresent(it -> troubles.set(group.folder(), it.text()));
    }
    stores
        .runs()
        .end(
            run,
            group,
            ended.reason(),
            ended.exitCode(),
            effect.fates(),
            lastError,
            effect.notice(),
            now);
    conversation.outboxChanged();
    if (Fate.endsTasks(effect.fates())) {
      conversation.tasksChanged();
    }
    log.info(
        "Group {}: container {} ended: {}{}",
        run.lane(),
        run.container(),
        ended.reason(),
        inside.isEmpty() ? "" : ", %d inputs were inside (%s)".formatted(inside.size(), lastError));
  }

  private AgentRequest request(AgentRun run, Group group, AgentInput input, State.Ready ready) {
    return new AgentRequest(
        parts.prompts().text(group, input, run),
        run.lane().isIsolated() ? Optional.empty() : stores.groups().session(group.folder()),
        group.folder().value(),
        group.jid().value(),
        group.main(),
        input.isTask(),
        Map.of(ready.credential().variable(), ready.credential().value().reveal()),
        run.runId(),
        run.nonce(),
        List.of(input.key()),
        settings.assistant().name(),
        settings.timezone().getId(),
        settings.agent().model(),
        settings.agent().baseUrl().toString());
  }

  /// At most 63 characters, the limit of the strictest engine.
  private static String containerName(GroupFolder folder, String runId) {
    String name = folder.value();
    return "nanoclaw-" + name.substring(0, Math.min(name.length(), 28)) + "-" + runId;
  }
}
