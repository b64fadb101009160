package dev.nanoclaw.router;

import static dev.nanoclaw.testing.Samples.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.db.RunStore.Fate;
import dev.nanoclaw.domain.AgentInput;
import dev.nanoclaw.domain.AgentInput.Content;
import dev.nanoclaw.domain.AgentRun.EndReason;
import dev.nanoclaw.domain.GroupFolder;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the end of a container does to a message, a task that had begun and one that had not, when
/// all three were inside.
class EndEffectsTest {

  private static final AgentInput MESSAGE = input(1, 2, new Content.Messages(1, 1));
  private static final AgentInput BEGUN = input(2, 0, new Content.Task(7));
  private static final AgentInput NOT_BEGUN = input(3, 0, new Content.Task(8));

  private final EndEffects effects = new EndEffects(new Retries(5));

  private static AgentInput input(long id, int attempts, Content content) {
    return new AgentInput(id, GroupFolder.MAIN, content, attempts, NOW);
  }

  private EndEffects.Effect of(EndReason reason, Optional<Integer> code, boolean frame) {
    return effects.of(
        new LiveRun.Outcome.Ended(reason, code, frame, Optional.empty()),
        "last words",
        List.of(MESSAGE, BEGUN, NOT_BEGUN),
        it -> !it.equals(NOT_BEGUN),
        NOW);
  }

  /// again: at once; parked: after a pause; counted: after a pause that grows. Only the last counts
  /// as a failure.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # reason  | code | frame | message | begun       | not begun | the chat hears
          COMPLETED | 0    | true  | again   | INTERRUPTED | again     |
          COMPLETED | 0    | false | counted | ERROR       | again     | ended:1
          IDLE      | 0    | true  | again   | INTERRUPTED | again     |
          IDLE      | 0    | false | counted | ERROR       | again     | ended:1
          PREEMPTED | 0    | true  | again   | INTERRUPTED | again     |
          PREEMPTED | 0    | false | counted | ERROR       | again     | ended:1
          TIMEOUT   | 137  | true  | counted | TIMEOUT     | again     | ended:1
          TIMEOUT   | 137  | false | counted | TIMEOUT     | again     | ended:1
          KILLED    | 137  | true  | counted | ERROR       | again     | ended:1
          KILLED    | 137  | false | counted | ERROR       | again     | ended:1
          CRASHED   | 1    | true  | counted | ERROR       | again     | ended:1
          CRASHED   | 1    | false | counted | ERROR       | again     | ended:1
          LOST      |      | true  | again   | INTERRUPTED | again     |
          LOST      |      | false | again   | INTERRUPTED | again     |
          # the engine went away, and its CLI with a code
          LOST      | 1    | true  | parked  | INTERRUPTED | parked    |
          LOST      | 125  | false | parked  | INTERRUPTED | parked    |
          # the request did not come through
          CRASHED   | 65   | true  | parked  | parked      | parked    |
          CRASHED   | 65   | false | parked  | parked      | parked    |
          # the engine would not start it
          CRASHED   | 125  | true  | parked  | parked      | parked    | refused:1
          CRASHED   | 125  | false | parked  | parked      | parked    | refused:1
          CRASHED   | 126  | false | parked  | parked      | parked    | refused:1
          CRASHED   | 127  | false | parked  | parked      | parked    | refused:1
          """)
  void whatWasInsideMeetsItsFate(
      EndReason reason,
      Integer code,
      boolean frame,
      String message,
      String begun,
      String notBegun,
      String notice) {
    EndEffects.Effect effect = of(reason, Optional.ofNullable(code), frame);
    assertThat(
            Stream.of(MESSAGE, BEGUN, NOT_BEGUN)
                .map(it -> inWords(it, Objects.requireNonNull(effect.fates().get(it.id())))))
        .containsExactly(message, begun, notBegun);
    assertThat(effect.notice().map(it -> it.id())).isEqualTo(Optional.ofNullable(notice));
    assertThat(effect.refused()).isEqualTo(notice != null && notice.startsWith("refused"));
  }

  private static String inWords(AgentInput input, Fate fate) {
    return switch (fate) {
      case Fate.Again again when again.attempts() == input.attempts() ->
          again.when().equals(NOW)
              ? "again"
              : again.when().equals(NOW.plus(Retries.PARKED)) ? "parked" : again.toString();
      case Fate.Again again ->
          again.attempts() == input.attempts() + 1
                  && again.when().equals(NOW.plus(Duration.ofSeconds(20)))
              ? "counted"
              : again.toString();
      case Fate.Over over -> over.how().name();
      case Fate.Dead dead -> dead.toString();
    };
  }

  @Test
  void theReasonIsTold() {
    assertThat(of(EndReason.IDLE, Optional.of(0), true).fates().get(2L))
        .hasToString("Over[how=INTERRUPTED, error=its container ended before it did]");
    assertThat(of(EndReason.LOST, Optional.empty(), true).fates().get(2L))
        .hasToString("Over[how=INTERRUPTED, error=its container was lost: last words]");
    assertThat(of(EndReason.TIMEOUT, Optional.empty(), true).fates().get(2L))
        .hasToString("Over[how=TIMEOUT, error=the agent gave no sign within its time limit]");
    assertThat(of(EndReason.CRASHED, Optional.of(125), false).notice().orElseThrow().text())
        .startsWith("The agent's container could not be started (last words). Nothing is lost");
    EndEffects.Effect flood =
        effects.of(
            new LiveRun.Outcome.Ended(
                EndReason.KILLED, Optional.of(137), true, Optional.of("it wrote too much")),
            "",
            List.of(MESSAGE, BEGUN),
            _ -> true,
            NOW);
    assertThat(flood.fates().get(2L)).hasToString("Over[how=ERROR, error=it wrote too much]");
    assertThat(flood.notice().orElseThrow().text())
        .startsWith("Something went wrong: it wrote too much. Nothing is lost");
  }

  @Test
  void aMessageThatFailsTooOftenIsGivenUp() {
    EndEffects.Effect effect =
        effects.of(
            new LiveRun.Outcome.Ended(EndReason.CRASHED, Optional.of(1), false, Optional.empty()),
            "",
            List.of(input(1, 5, new Content.Messages(1, 1))),
            _ -> true,
            NOW);
    assertThat(effect.fates().get(1L)).isInstanceOf(Fate.Dead.class);
    assertThat(effect.notice()).as("the dead letter speaks for itself").isEmpty();
  }
}
