package dev.nanoclaw.router;

import static dev.nanoclaw.testing.Samples.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.db.RunStore.Effect;
import dev.nanoclaw.db.RunStore.Fate;
import dev.nanoclaw.db.RunStore.Notice;
import dev.nanoclaw.db.RunStore.Session;
import dev.nanoclaw.domain.AgentInput;
import dev.nanoclaw.domain.AgentInput.Content;
import dev.nanoclaw.domain.Backoff;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.protocol.AgentFrame;
import dev.nanoclaw.protocol.AgentFrame.ErrorKind;
import dev.nanoclaw.protocol.AgentFrame.Status;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FrameEffectsTest {

  private static final AgentInput FIRST = input(1, 0);
  private static final AgentInput SECOND = input(2, 4);

  private final FrameEffects effects = new FrameEffects(new Retries(5));

  private static AgentInput input(long id, int attempts) {
    return new AgentInput(id, GroupFolder.MAIN, new Content.Messages(id, id), attempts, NOW);
  }

  private static AgentFrame frame(
      Status status,
      Optional<ErrorKind> kind,
      List<AgentInput> acked,
      List<AgentInput> failed,
      boolean idle) {
    return new AgentFrame(
        "n",
        status,
        Optional.of("<internal>x</internal>said"),
        status == Status.SUCCESS ? Optional.of("s1") : Optional.empty(),
        status == Status.SUCCESS ? Optional.empty() : Optional.of("It broke."),
        kind,
        acked.stream().map(AgentInput::key).toList(),
        failed.stream().map(AgentInput::key).toList(),
        idle,
        Optional.empty());
  }

  private Effect of(AgentFrame frame, AgentInput... inside) {
    return effects.of(frame, 77, List.of(inside), NOW);
  }

  @Test
  void successAnswersAcknowledgesAndKeepsTheSession() {
    Effect effect =
        of(
            frame(Status.SUCCESS, Optional.empty(), List.of(FIRST), List.of(), false),
            FIRST,
            SECOND);
    assertThat(effect.end()).isEqualTo(77);
    assertThat(effect.answer()).contains("said");
    assertThat(effect.acked()).containsExactly(1L);
    assertThat(effect.failed()).isEmpty();
    assertThat(effect.session()).isEqualTo(new Session.Set("s1"));
    assertThat(effect.notice()).isEmpty();
    assertThat(effect.turnOpen()).as("the second is still inside").isTrue();
    assertThat(
            of(
                    frame(Status.SUCCESS, Optional.empty(), List.of(FIRST), List.of(), true),
                    FIRST,
                    SECOND)
                .turnOpen())
        .as("the second was on its way when the agent came to rest")
        .isTrue();
    assertThat(
            of(frame(Status.SUCCESS, Optional.empty(), List.of(FIRST), List.of(), true), FIRST)
                .turnOpen())
        .isFalse();
  }

  @Test
  void onlyInputsOfTheRunCanBeNamed() {
    AgentInput foreign = input(99, 0);
    Effect effect =
        of(
            frame(
                Status.SUCCESS, Optional.empty(), List.of(foreign, FIRST), List.of(foreign), true),
            FIRST);
    assertThat(effect.acked()).containsExactly(1L);
    assertThat(effect.failed()).isEmpty();
  }

  @Test
  void anErrorAnswersNothingAndAcknowledgesNothing() {
    Effect effect =
        of(
            frame(
                Status.ERROR, Optional.of(ErrorKind.OTHER), List.of(FIRST), List.of(SECOND), true),
            FIRST,
            SECOND);
    assertThat(effect.answer()).isEmpty();
    assertThat(effect.acked()).isEmpty();
    assertThat(effect.session()).isEqualTo(new Session.Keep());
    assertThat(effect.error()).isEqualTo("It broke.");
    assertThat(effect.failed())
        .isEqualTo(Map.of(2L, new Fate.Again(5, NOW.plus(Duration.ofSeconds(80)))));
  }

  @ParameterizedTest
  @EnumSource(
      value = ErrorKind.class,
      names = {"AUTH", "RATE_LIMIT", "OVERLOADED", "NETWORK", "MODEL"})
  void troubleThatNoMessageCausedCountsForNobodyAndIsTold(ErrorKind kind) {
    AgentInput last = input(3, 5);
    Effect effect =
        of(frame(Status.ERROR, Optional.of(kind), List.of(), List.of(last), true), last);
    assertThat(effect.failed()).isEqualTo(Map.of(3L, new Fate.Again(5, NOW.plus(Retries.PARKED))));
    assertThat(effect.notice())
        .hasValueSatisfying(it -> {
          assertThat(it.text()).isEqualTo("It broke. Nothing is lost, and I try again by myself.");
          assertThat(it.id()).isEqualTo(kind.name().toLowerCase(Locale.ROOT) + ":3");
        });
  }

  @Test
  void aFailureThatCountsIsToldWhileItIsTriedAgainAndNotTwiceWhenItIsGivenUp() {
    AgentInput lastTry = input(7, 5);
    List<AgentInput> both = List.of(SECOND, lastTry);
    AgentFrame frame = frame(Status.ERROR, Optional.of(ErrorKind.OTHER), List.of(), both, true);
    assertThat(of(frame, SECOND, lastTry).notice())
        .contains(new Notice("other:2", "It broke. Nothing is lost, and I try again by myself."));
    assertThat(of(frame, lastTry).notice()).isEmpty();
  }

  @Test
  void aLostSessionIsForgottenAndTheInputGivenAtOnceUncounted() {
    Effect effect =
        of(
            frame(
                Status.ERROR,
                Optional.of(ErrorKind.SESSION_LOST),
                List.of(),
                List.of(SECOND),
                true),
            SECOND);
    assertThat(effect.session()).isEqualTo(new Session.Forget());
    assertThat(effect.failed()).isEqualTo(Map.of(2L, new Fate.Again(4, NOW)));
    assertThat(effect.notice()).isEmpty();
  }

  @Test
  void aFailureWaitsLongerEveryTimeAndIsGivenUpAfterTheLastTry() {
    Retries retries = new Retries(5);
    for (int attempts = 0; attempts < 5; attempts++) {
      Duration delay = Duration.ofSeconds(5L << attempts);
      assertThat(retries.counted(List.of(input(1, attempts)), "why", NOW))
          .isEqualTo(Map.of(1L, new Fate.Again(attempts + 1, NOW.plus(delay))));
    }
    assertThat(retries.counted(List.of(input(1, 5)), "the agent crashed", NOW))
        .hasEntrySatisfying(
            1L,
            it ->
                assertThat(it)
                    .isEqualTo(
                        new Fate.Dead(
                            "I could not answer your last message after 6 tries (the agent"
                                + " crashed). It is kept as a dead letter: ask again in other"
                                + " words, or try it once more with ./nanoclaw deadletters retry"
                                + " in-1.")));
    assertThat(new Retries(0).counted(List.of(input(1, 0)), "why", NOW).get(1L))
        .isInstanceOf(Fate.Dead.class);
  }

  @Test
  void backoffDoublesUpToItsLimitForEver() {
    Duration first = Duration.ofSeconds(2);
    Duration longest = Duration.ofMinutes(2);
    assertThat(Backoff.delay(first, longest, 0)).isEqualTo(first);
    assertThat(Backoff.delay(first, longest, 1)).isEqualTo(Duration.ofSeconds(4));
    assertThat(Backoff.delay(first, longest, 6)).isEqualTo(longest);
    assertThat(Backoff.delay(first, longest, Integer.MAX_VALUE)).isEqualTo(longest);
  }
}
