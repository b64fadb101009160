package dev.nanoclaw.router;

import dev.nanoclaw.container.AgentContainer;
import dev.nanoclaw.db.DatabaseException;
import dev.nanoclaw.db.InputStore;
import dev.nanoclaw.db.InputStore.Which;
import dev.nanoclaw.db.InputStore.Work;
import dev.nanoclaw.db.RunStore.Effect;
import dev.nanoclaw.db.RunStore.Fate;
import dev.nanoclaw.domain.AgentInput;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.AgentRun.EndReason;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.protocol.AgentFrame.ErrorKind;
import dev.nanoclaw.protocol.FollowUp;
import dev.nanoclaw.protocol.FrameReader.Found;
import dev.nanoclaw.queue.Signal;
import dev.nanoclaw.queue.Signal.Activity;
import dev.nanoclaw.queue.Signal.Order;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Follows one running container: takes its frames, gives it what comes in meanwhile, keeps its
/// time limits. Everything happens on the thread of the group's turn.
final class LiveRun {

  private static final Logger log = LoggerFactory.getLogger(LiveRun.class);
  private static final Duration LOOK = Duration.ofMillis(15);

  /// So much output is taken in one look, in pieces of 64 KiB; a flood must not keep the rest.
  private static final int PIECES_AT_ONCE = 16;

  /// As a multiple of the longest line: so much output ends a run.
  private static final long LARGE_OUTPUT = 10;

  /// How long a container that waits may write unseen, whatever the interval of looks.
  private static final Duration LOOK_WHILE_IDLE = Duration.ofSeconds(1);

  /// Looks come at least every second; each may wait for the database.
  private static final Duration LONGEST_BETWEEN_LOOKS = Duration.ofMinutes(1);

  private static final int LAST_LOOKS = 20;
  private static final Duration REQUEST_DEADLINE = Duration.ofSeconds(30);
  private static final Duration REQUEST_CHECK = Duration.ofSeconds(10);
  private static final Duration AFTER_DATABASE_FAILURE = Duration.ofSeconds(5);

  private final AgentRun run;
  private final Group group;
  private final AgentContainer container;
  private final Signal signal;
  private final RunParts parts;
  private final RunLimits limits;
  private final EndWatch end;
  private final EndSteps steps;
  private List<AgentInput> inside;
  private long taken;
  private boolean anyFrame;
  private boolean claimedGiven;
  private Optional<String> endedBecause = Optional.empty();
  private boolean moreOutput;
  private boolean moreFiles;
  private Instant lastLook;
  private Instant nextRequestCheck;
  private Instant nextLookForInput;

  /// How it ended, or that the host stops and leaves the container running.
  sealed interface Outcome {

    /// @param anyFrame the agent finished at least one turn
    /// @param why the host ended it at once; empty when it did not
    record Ended(
        EndReason reason, Optional<Integer> exitCode, boolean anyFrame, Optional<String> why)
        implements Outcome {}

    record Left() implements Outcome {}
  }

  LiveRun(AgentRun run, Group group, AgentContainer container, Signal signal, RunParts parts) {
    this.run = run;
    this.group = group;
    this.container = container;
    this.signal = signal;
    this.parts = parts;
    Instant now = parts.clock().instant();
    this.inside = parts.runs().inside(run);
    this.limits =
        new RunLimits(
            group.timeout().orElse(parts.settings().container().timeout()),
            parts.settings().timing().idleTimeout(),
            run.turnSince().isPresent() || !inside.isEmpty(),
            run.turnSince().or(() -> run.waitingSince().filter(_ -> inside.isEmpty())).orElse(now));
    this.taken = run.outputRead();
    this.anyFrame = taken > 0;
    this.steps = new EndSteps(run, container);
    this.end = new EndWatch(run, container, anyFrame, signal::nudge);
    this.nextRequestCheck = run.startedAt().plus(REQUEST_DEADLINE);
    this.lastLook = now;
    this.nextLookForInput = now;
  }

  Outcome follow() {
    typing(limits.isTurnOpen());
    try {
      while (!signal.isLeaving()) {
        Optional<Outcome> end = look();
        if (end.isPresent()) {
          return end.get();
        }
        if (signal.await(pause())) {
          nextLookForInput = parts.clock().instant();
        }
      }
      return new Outcome.Left();
    } finally {
      typing(false);
    }
  }

  /// An isolated task may end without a word.
  private void typing(boolean on) {
    if (!run.lane().isIsolated()) {
      parts.conversation().typing(group.jid(), on);
    }
  }

  private Optional<Outcome> look() {
    try {
      noticeJump();
      giveWhatWasOnlyClaimed();
      takeFiles();
      takeOutput();
      boundOutput();
      if (signal.takeInterrupt() && limits.isTurnOpen()) {
        container.interrupt();
      }
      giveInput();
      giveWay();
      steps.carryOut(limits.due(parts.clock().instant()));
      return checkEnd();
    } catch (DatabaseException e) {
      log.error("Run {}: {}; it will be tried again soon", run.runId(), e.getMessage());
      container.rewind(taken);
      claimedGiven = false;
      nextLookForInput = parts.clock().instant().plus(AFTER_DATABASE_FAILURE);
      signal.pause(AFTER_DATABASE_FAILURE);
      return Optional.empty();
    }
  }

  /// A machine that slept, or a clock that was set: no limit is over for that.
  private void noticeJump() {
    Instant now = parts.clock().instant();
    Duration since = Duration.between(lastLook, now);
    lastLook = now;
    if (since.isNegative() || since.compareTo(LONGEST_BETWEEN_LOOKS) > 0) {
      log.info("Run {}: the clock went by {} s between two looks", run.runId(), since.toSeconds());
      limits.clockJumped(since);
      end.clockJumped(since);
      nextRequestCheck = nextRequestCheck.plus(since);
      nextLookForInput = now;
    }
  }

  private void giveWay() {
    if (run.lane().isIsolated() && !limits.isTurnOpen()) { // the next task has its own container
      steps.carryOut(limits.close(EndReason.COMPLETED, parts.clock().instant()));
    }
    signal.reports(
        !limits.isOpen()
            ? Activity.ENDING
            : limits.isTurnOpen() ? Activity.WORKING : Activity.WAITING);
    signal
        .takeEnd()
        .map(it -> it == Order.YIELD ? EndReason.PREEMPTED : EndReason.COMPLETED)
        .ifPresent(it -> steps.carryOut(limits.close(it, parts.clock().instant())));
  }

  /// While the agent waits, until the first of: a regular look, a time limit, a retry that is due,
  /// the next question to the engine.
  private Duration pause() {
    if (moreOutput || moreFiles) {
      return Duration.ZERO;
    }
    if (limits.isTurnOpen() || !limits.isOpen()) {
      return LOOK;
    }
    Instant now = parts.clock().instant();
    return Stream.of(
            parts.settings().timing().ipcPollInterval(),
            LOOK_WHILE_IDLE,
            limits.untilDue(now),
            Duration.between(now, nextLookForInput),
            Duration.between(now, end.nextQuestion()))
        .min(Duration::compareTo)
        .filter(it -> it.compareTo(LOOK) > 0)
        .orElse(LOOK);
  }

  /// What the agent asked for before it said something comes before that.
  private void takeFiles() {
    FilesFromAgent.Taken taken = parts.files().take(run, group, container.files());
    moreFiles = taken.more();
    if (taken.said()) {
      Instant now = parts.clock().instant();
      limits.heard(limits.isTurnOpen(), now);
      parts.runs().alive(run, now);
      parts.conversation().outboxChanged();
    }
  }

  private void takeOutput() {
    moreOutput = true;
    for (int i = 0; i < PIECES_AT_ONCE && moreOutput; i++) {
      moreOutput = container.read(this::take);
    }
  }

  /// What an agent writes lies on the disk until its container ends.
  private void boundOutput() {
    Instant now = parts.clock().instant();
    long most = mostOutput();
    if (container.outputWithoutFrame() > most) {
      RunLimits.Step step = limits.kill(EndReason.KILLED, now);
      if (step != RunLimits.Step.NOTHING) {
        endsBecause("it wrote more than %d bytes without an answer".formatted(most));
      }
      steps.carryOut(step);
    } else if (container.output() > most && !limits.isTurnOpen()) {
      steps.carryOut(limits.close(EndReason.COMPLETED, now)); // a new container goes on
    }
  }

  private long mostOutput() {
    return LARGE_OUTPUT * parts.settings().container().maxOutputSizeBytes();
  }

  private void endsBecause(String why) {
    log.error("Run {} is ended: {}", run.runId(), why);
    endedBecause = Optional.of(why);
    container.endsBecause(why);
  }

  private void take(Found found) {
    switch (found) {
      case Found.Text(String line) -> container.log(line);
      case Found.Frame frame -> take(frame);
      case Found.TooLong(long start) -> {
        endsBecause(
            "a line at byte %d of its output is longer than container.max_output_size_bytes"
                .formatted(start));
        steps.carryOut(limits.close(EndReason.KILLED, parts.clock().instant()));
      }
    }
  }

  private void take(Found.Frame found) {
    takeFiles();
    Instant now = parts.clock().instant();
    Effect effect = parts.effects().of(found.frame(), found.end(), inside, now);
    inside = parts.runs().takeFrame(run, group, effect, now);
    taken = found.end();
    anyFrame = true;
    limits.heard(effect.turnOpen(), now);
    typing(limits.isTurnOpen());
    parts.conversation().outboxChanged();
    Optional<ErrorKind> kind = found.frame().errorKind();
    if (effect.failed().isEmpty()) {
      parts.troubles().clear(group.folder());
      log.info("Group {}: a turn ended, {} inputs done", group.folder(), effect.acked().size());
    } else {
      log.warn("Group {}: a turn failed ({}): {}", group.folder(), kind, effect.error());
      effect
          .notice()
          .filter(_ -> kind.filter(ErrorKind::parksTheGroup).isPresent())
          .ifPresent(it -> parts.troubles().set(group.folder(), it.text()));
    }
    // the next run reads credential and session anew
    if (kind.filter(it -> it == ErrorKind.AUTH || it == ErrorKind.SESSION_LOST).isPresent()) {
      steps.carryOut(limits.close(EndReason.COMPLETED, now));
    }
    if (Fate.endsTasks(effect.failed())) {
      parts.conversation().tasksChanged();
    }
    nextLookForInput = now;
  }

  private void giveInput() {
    Instant now = parts.clock().instant();
    if (now.isBefore(nextLookForInput)
        || run.lane().isIsolated()
        || container.exitCode().isPresent()) {
      return; // what comes in now is for the next run
    }
    while (limits.isOpen() && signal.takesMore() && !now.isBefore(nextLookForInput)) {
      // a task is alone when its turn begins
      Which which = inside.isEmpty() ? Which.CHAT : Which.MESSAGES;
      Optional<Work> work =
          parts.inputs().nextWork(group, which, now); // reads only: most looks find nothing
      if (work.isEmpty() || mustWait(work.get())) { // for the frame that ends the open turn
        nextLookForInput = now.plus(parts.settings().timing().pollInterval());
        return;
      }
      if (work.get().when().isAfter(now)) {
        nextLookForInput = work.get().when();
        return;
      }
      container.hasOnly(inside); // before the claim: it may be of an input that came back
      if (parts.inputs().claimNext(group, which, run.runId(), parts.inputLimits(), now)
          instanceof InputStore.Next.Claimed(AgentInput input)) {
        give(input, now);
      }
    }
  }

  /// What failed before is alone in its turn: if it fails again, nothing else has a part in it.
  private boolean mustWait(Work work) {
    return !inside.isEmpty()
        && (Retries.isSuspect(work.attempts())
            || inside.stream().anyMatch(it -> Retries.isSuspect(it.attempts())));
  }

  /// A host may have died between the two, and what is newer must not come before it.
  private void giveWhatWasOnlyClaimed() {
    if (claimedGiven) {
      return;
    }
    inside = parts.runs().inside(run);
    for (AgentInput input : inside) {
      if (!container.wasGiven(input.key())) {
        give(input, parts.clock().instant());
      }
    }
    claimedGiven = true;
  }

  private void give(AgentInput input, Instant now) {
    boolean given =
        container.give(FollowUp.message(input.key(), parts.prompts().text(group, input, run)));
    inside = parts.runs().inside(run);
    if (!given) {
      steps.carryOut(
          limits.close(EndReason.COMPLETED, now)); // what it did not get goes to the next run
      return;
    }
    if (limits.gave(now)) {
      parts.runs().turnOpened(run, now);
    }
    typing(true);
  }

  /// Its container is gone; but a flood is not taken to its end.
  private void takeLastFiles() {
    int looks = 0;
    do {
      takeFiles();
    } while (moreFiles && ++looks < LAST_LOOKS);
  }

  private Optional<Outcome> checkEnd() {
    Instant now = parts.clock().instant();
    if (!container.requestIsWritten() && !now.isBefore(nextRequestCheck)) {
      nextRequestCheck = now.plus(REQUEST_CHECK);
      steps.carryOut(RunLimits.Step.KILL);
    }
    return switch (end.look(now)) {
      case NOTHING_NEW -> Optional.empty();
      case CLI_GONE -> {
        steps.carryOut(limits.close(EndReason.LOST, now));
        yield Optional.empty();
      }
      case OVER -> {
        takeLastFiles();
        container.readToEnd(this::take, mostOutput());
        Optional<Integer> code = container.exitCode();
        EndReason why = limits.reason().orElseGet(() -> end.reason(code));
        yield Optional.of(new Outcome.Ended(why, code, anyFrame, endedBecause));
      }
    };
  }
}
