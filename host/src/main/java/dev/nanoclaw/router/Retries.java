package dev.nanoclaw.router;

import dev.nanoclaw.db.InputStore;
import dev.nanoclaw.db.RunStore.Fate;
import dev.nanoclaw.db.RunStore.Notice;
import dev.nanoclaw.domain.AgentInput;
import dev.nanoclaw.domain.Backoff;
import dev.nanoclaw.domain.TaskRun;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// What becomes of inputs that came back without an answer.
final class Retries {

  /// How long a group waits after trouble that no message caused.
  static final Duration PARKED = Duration.ofSeconds(15);

  private static final Duration FIRST_DELAY = Duration.ofSeconds(5);
  private static final Duration LONGEST_DELAY = InputStore.LONGEST_WAIT;

  private final int maxRetries;

  /// Whether an input failed so often that it may be the cause. Such a batch is taken apart by then
  /// (see `InputStore`), and what is left is given out alone.
  static boolean isSuspect(int attempts) {
    return attempts >= InputStore.TAKEN_APART_AT;
  }

  Retries(int maxRetries) {
    this.maxRetries = maxRetries;
  }

  /// The failure counts against each input: it waits longer every time, and is given up in the end.
  Map<Long, Fate> counted(List<AgentInput> inputs, String why, Instant now) {
    return each(inputs, it -> counted(it, why, now));
  }

  /// The failure counts against nobody.
  Map<Long, Fate> uncounted(List<AgentInput> inputs, Duration delay, Instant now) {
    return each(inputs, it -> new Fate.Again(it.attempts(), now.plus(delay)));
  }

  /// What the chat hears once of inputs that will be tried again; dead letters speak for
  /// themselves.
  ///
  /// @param kind of trouble; another kind is told too
  /// @param sentence what happened
  static Optional<Notice> notice(String kind, String sentence, Map<Long, Fate> fates) {
    return fates.entrySet().stream()
        .filter(it -> it.getValue() instanceof Fate.Again)
        .map(Map.Entry::getKey)
        .min(Long::compare)
        .map(it ->
            new Notice(kind + ":" + it, sentence + " Nothing is lost, and I try again by myself."));
  }

  private Fate counted(AgentInput input, String why, Instant now) {
    if (input.isTask()) {
      return new Fate.Over(TaskRun.Status.ERROR, why);
    }
    if (input.attempts() >= maxRetries) {
      return new Fate.Dead(
          "I could not answer your last message after %d tries (%s). It is kept as a dead letter: ask again in other words, or try it once more with ./nanoclaw deadletters retry in-%d."
              .formatted(input.attempts() + 1, why, input.id()));
    }
    Duration delay = Backoff.delay(FIRST_DELAY, LONGEST_DELAY, input.attempts());
    return new Fate.Again(input.attempts() + 1, now.plus(delay));
  }

  private static Map<Long, Fate> each(List<AgentInput> inputs, Function<AgentInput, Fate> fate) {
    return inputs.stream().collect(Collectors.toMap(AgentInput::id, fate));
  }
}
