package dev.nanoclaw.router;

import dev.nanoclaw.container.AgentContainer;
import dev.nanoclaw.container.ContainerEngine;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.AgentRun.EndReason;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// Finds out that a container is over, from the exit code of the engine's CLI and the word of the
/// engine. Neither counts alone. Used by one thread.
final class EndWatch {

  private static final Duration EVERY = Duration.ofSeconds(10);
  private static final Duration EVERY_AT_THE_END = Duration.ofSeconds(1);

  /// How long an engine may take from its CLI's start until it lists the container.
  private static final Duration START_DEADLINE = Duration.ofSeconds(60);

  /// How long the CLI may take to write the last output and its exit code when its container is
  /// gone. After a restart of the machine neither comes.
  private static final Duration LAST_WORD = Duration.ofSeconds(5);

  private final AgentRun run;
  private final AgentContainer container;
  private final AliveCheck alive;
  private boolean seenRunning;
  private boolean exitSeen;
  private boolean engineWentToo;
  private Optional<Instant> goneSince = Optional.empty();
  private Instant nextQuestion;

  /// What is known now.
  enum Finding {
    NOTHING_NEW,
    /// The container runs, and nobody writes down what it says any more.
    CLI_GONE,
    OVER
  }

  /// @param seenRunning it is known that the container was there
  /// @param answered is called when a look is worth while
  EndWatch(AgentRun run, AgentContainer container, boolean seenRunning, Runnable answered) {
    this.run = run;
    this.container = container;
    this.alive = new AliveCheck(run.runId(), container::isRunning, answered);
    this.seenRunning = seenRunning;
    this.nextQuestion = run.startedAt().plus(EVERY); // at once for one that an earlier host started
  }

  Finding look(Instant now) {
    boolean exited = container.exitCode().isPresent();
    boolean justEnded = exited && !exitSeen;
    exitSeen = exited;
    if (justEnded) {
      nextQuestion = now.plus(EVERY_AT_THE_END);
      alive.askAnew();
    } else if (!now.isBefore(nextQuestion)) {
      nextQuestion = now.plus(exitSeen || goneSince.isPresent() ? EVERY_AT_THE_END : EVERY);
      alive.ask();
    }
    return alive
        .take()
        .map(it ->
            switch (it) {
              case RUNNING -> running();
              case GONE -> gone(now);
              case SILENCE -> silence();
            })
        .orElse(Finding.NOTHING_NEW);
  }

  private Finding running() {
    seenRunning = true;
    goneSince = Optional.empty();
    return exitSeen ? Finding.CLI_GONE : Finding.NOTHING_NEW;
  }

  private Finding silence() {
    engineWentToo |= exitSeen;
    return Finding.NOTHING_NEW;
  }

  private Finding gone(Instant now) {
    if (exitSeen) {
      return Finding.OVER;
    }
    if (!seenRunning && now.isBefore(run.startedAt().plus(START_DEADLINE))) {
      return Finding.NOTHING_NEW; // the CLI may still be about to start it
    }
    goneSince = goneSince.or(() -> Optional.of(now));
    Instant soon = now.plus(EVERY_AT_THE_END);
    nextQuestion = soon.isBefore(nextQuestion) ? soon : nextQuestion;
    return now.isBefore(goneSince.get().plus(LAST_WORD)) ? Finding.NOTHING_NEW : Finding.OVER;
  }

  /// The clock went by that much more than time, or back.
  void clockJumped(Duration by) {
    nextQuestion = nextQuestion.plus(by);
    goneSince = goneSince.map(it -> it.plus(by));
  }

  /// When the next question to the engine is due.
  Instant nextQuestion() {
    return nextQuestion;
  }

  /// Why a container is over that nobody asked to end.
  EndReason reason(Optional<Integer> exitCode) {
    return switch (exitCode.orElse(ContainerEngine.LOST)) {
      case ContainerEngine.LOST -> EndReason.LOST;
      case 0 -> EndReason.COMPLETED;
      case ContainerEngine.REFUSED -> seenRunning ? EndReason.LOST : EndReason.CRASHED;
      case 137, 143 -> engineWentToo ? EndReason.LOST : EndReason.KILLED;
      default -> EndReason.CRASHED;
    };
  }
}
