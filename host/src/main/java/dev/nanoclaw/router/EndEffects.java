package dev.nanoclaw.router;

import dev.nanoclaw.db.RunStore.Fate;
import dev.nanoclaw.db.RunStore.Notice;
import dev.nanoclaw.domain.AgentInput;
import dev.nanoclaw.domain.AgentRun.EndReason;
import dev.nanoclaw.domain.TaskRun;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// Decides what the end of a container changes for what was still inside.
final class EndEffects {

  private static final int REQUEST_NOT_READ = 65;

  /// The engine's, and the shell's when the engine's CLI is not there.
  private static final Set<Integer> ENGINE_REFUSED = Set.of(125, 126, 127);

  private final Retries retries;

  EndEffects(Retries retries) {
    this.retries = retries;
  }

  /// @param refused the engine would not start it
  record Effect(Map<Long, Fate> fates, Optional<Notice> notice, boolean refused) {}

  /// @param begun whether the agent has taken an input
  Effect of(
      LiveRun.Outcome.Ended ended,
      String lastError,
      List<AgentInput> inside,
      Predicate<AgentInput> begun,
      Instant now) {
    if (ended.reason() != EndReason.LOST
        && ended.exitCode().filter(ENGINE_REFUSED::contains).isPresent()) {
      String text = "The agent's container could not be started (%s).".formatted(lastError);
      Map<Long, Fate> fates = retries.uncounted(inside, Retries.PARKED, now);
      return new Effect(fates, Retries.notice("refused", text, fates), true);
    }
    Optional<String> failure = failure(ended);
    Map<Long, Fate> fates = new HashMap<>(retries.uncounted(inside, pause(ended), now));
    List<AgentInput> tried = inside.stream().filter(it -> !it.isTask() || begun.test(it)).toList();
    failure.ifPresent(it -> fates.putAll(retries.counted(tried, it, now)));
    tried.stream()
        .filter(AgentInput::isTask)
        .forEach(it -> endOfTask(ended, lastError).ifPresent(over -> fates.put(it.id(), over)));
    return new Effect(
        fates,
        failure.flatMap(it -> Retries.notice("ended", "Something went wrong: " + it + ".", fates)),
        false);
  }

  /// A task that had begun is not repeated, whoever is to blame.
  private static Optional<Fate> endOfTask(LiveRun.Outcome.Ended ended, String lastError) {
    return switch (ended.reason()) {
      case LOST ->
          Optional.of(
              new Fate.Over(TaskRun.Status.INTERRUPTED, "its container was lost: " + lastError));
      case TIMEOUT -> failure(ended).map(it -> new Fate.Over(TaskRun.Status.TIMEOUT, it));
      case COMPLETED, IDLE, PREEMPTED ->
          failure(ended).isPresent()
              ? Optional.empty()
              : Optional.of(
                  new Fate.Over(TaskRun.Status.INTERRUPTED, "its container ended before it did"));
      case KILLED, CRASHED -> Optional.empty();
    };
  }

  /// Why what comes back counts as failed; empty when it is nobody's fault.
  private static Optional<String> failure(LiveRun.Outcome.Ended ended) {
    return switch (ended.reason()) {
      case LOST -> Optional.empty();
      case COMPLETED, IDLE, PREEMPTED ->
          ended.anyFrame() ? Optional.empty() : Optional.of("the agent ended without an answer");
      case TIMEOUT -> Optional.of("the agent gave no sign within its time limit");
      case KILLED ->
          Optional.of(ended.why().orElse("the agent was killed, perhaps for want of memory"));
      case CRASHED -> requestLost(ended) ? Optional.empty() : Optional.of("the agent crashed");
    };
  }

  /// An engine that goes away with its containers is given time to come back.
  private static Duration pause(LiveRun.Outcome.Ended ended) {
    boolean engineLost = ended.reason() == EndReason.LOST && ended.exitCode().isPresent();
    return engineLost || requestLost(ended) ? Retries.PARKED : Duration.ZERO;
  }

  private static boolean requestLost(LiveRun.Outcome.Ended ended) {
    return ended.exitCode().filter(it -> it == REQUEST_NOT_READ).isPresent();
  }
}
