package dev.nanoclaw.router;

import static dev.nanoclaw.router.RunLimits.Step.ASK_TO_CLOSE;
import static dev.nanoclaw.router.RunLimits.Step.KILL;
import static dev.nanoclaw.router.RunLimits.Step.NOTHING;
import static dev.nanoclaw.router.RunLimits.Step.REMOVE;
import static dev.nanoclaw.router.RunLimits.Step.STOP;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.domain.AgentRun.EndReason;
import dev.nanoclaw.testing.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RunLimitsTest {

  private static final Duration TIMEOUT = Duration.ofMinutes(30);
  private static final Duration IDLE = Duration.ofMinutes(10);

  private final ManualClock clock = new ManualClock();

  private RunLimits limits(boolean turnOpen) {
    return new RunLimits(TIMEOUT, IDLE, turnOpen, clock.instant());
  }

  private RunLimits.Step after(RunLimits limits, Duration time) {
    return limits.due(clock.advance(time));
  }

  @Test
  void aSilentTurnIsEndedByItsTimeout() {
    RunLimits limits = limits(true);
    assertThat(after(limits, TIMEOUT.minusMillis(1))).isEqualTo(NOTHING);
    assertThat(limits.isOpen()).isTrue();
    assertThat(after(limits, Duration.ofMillis(1))).isEqualTo(ASK_TO_CLOSE);
    assertThat(limits.reason()).contains(EndReason.TIMEOUT);
    assertThat(limits.isOpen()).isFalse();
    assertThat(limits.due(clock.instant())).isEqualTo(NOTHING);
  }

  @Test
  void aTurnThatIsHeardOfGoesOn() {
    RunLimits limits = limits(true);
    for (int i = 0; i < 10; i++) {
      assertThat(after(limits, TIMEOUT.minusSeconds(1))).isEqualTo(NOTHING);
      limits.heard(true, clock.instant());
    }
    limits.heard(false, clock.instant());
    assertThat(after(limits, IDLE.minusMillis(1))).isEqualTo(NOTHING);
    assertThat(after(limits, Duration.ofMillis(1))).isEqualTo(ASK_TO_CLOSE);
    assertThat(limits.reason()).contains(EndReason.IDLE);
  }

  @Test
  void whatIsGivenToAnIdleAgentOpensATurnAndToABusyOneLeavesItsTime() {
    RunLimits limits = limits(false);
    assertThat(after(limits, IDLE.minusSeconds(1))).isEqualTo(NOTHING);
    limits.gave(clock.instant());
    assertThat(limits.isTurnOpen()).isTrue();
    assertThat(after(limits, TIMEOUT.minusSeconds(1))).isEqualTo(NOTHING);
    limits.gave(clock.instant());
    assertThat(after(limits, Duration.ofSeconds(1))).isEqualTo(ASK_TO_CLOSE);
    assertThat(limits.reason()).contains(EndReason.TIMEOUT);
  }

  @Test
  void whatIgnoresEverythingIsAskedStoppedKilledAndRemoved() {
    RunLimits limits = limits(true);
    assertThat(limits.close(EndReason.PREEMPTED, clock.instant())).isEqualTo(ASK_TO_CLOSE);
    assertThat(limits.close(EndReason.KILLED, clock.instant())).isEqualTo(NOTHING);
    List<String> steps = new ArrayList<>();
    Instant begin = clock.instant();
    for (int second = 1; second <= 60; second++) {
      limits.heard(true, clock.instant());
      limits.gave(clock.instant());
      RunLimits.Step step = after(limits, Duration.ofSeconds(1));
      if (step != NOTHING) {
        steps.add(step + " " + Duration.between(begin, clock.instant()).toSeconds());
      }
    }
    assertThat(steps)
        .containsExactly(
            STOP + " 10", KILL + " 25", REMOVE + " 35", REMOVE + " 45", REMOVE + " 55");
    assertThat(limits.reason()).contains(EndReason.PREEMPTED);
  }

  @Test
  void theTimeUntilTheNextStepIsKnown() {
    RunLimits limits = limits(false);
    assertThat(limits.untilDue(clock.instant())).isEqualTo(IDLE);
    limits.gave(clock.instant());
    clock.advance(Duration.ofMinutes(1));
    assertThat(limits.untilDue(clock.instant())).isEqualTo(Duration.ofMinutes(29));
    limits.close(EndReason.IDLE, clock.instant());
    assertThat(limits.untilDue(clock.advance(Duration.ofSeconds(1))))
        .isEqualTo(Duration.ofSeconds(9));
    assertThat(limits.untilDue(clock.advance(TIMEOUT))).isZero();
  }
}
