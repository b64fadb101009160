package dev.nanoclaw.scheduler;

import dev.nanoclaw.db.TaskStore;
import dev.nanoclaw.domain.ContextMode;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.Ids;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.domain.Schedule;
import dev.nanoclaw.domain.ScheduledTask;
import dev.nanoclaw.domain.ScheduledTask.Status;
import dev.nanoclaw.domain.TaskRules;
import dev.nanoclaw.domain.TaskRun;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// What agents and the owner can do to tasks. Who may do it is decided elsewhere.
public final class Tasks {

  private static final int MAX_TASKS = 200;
  private static final int MAX_PROMPT = 50_000;
  private static final int BEGINNING = 60;

  private final TaskStore store;
  private final TaskRules rules;
  private final Clock clock;
  private final Runnable changed;
  private final Consumer<Lane> wake;

  /// @param changed called when tasks may be due earlier than before, perhaps within the
  ///   transaction that makes them so
  /// @param wake for the lane of a task that is to run now
  public Tasks(
      TaskStore store, TaskRules rules, Clock clock, Runnable changed, Consumer<Lane> wake) {
    this.store = store;
    this.rules = rules;
    this.clock = clock;
    this.changed = changed;
    this.wake = wake;
  }

  /// A task as somebody wants it, as it was written.
  ///
  /// @param contextMode `group` or `isolated`; empty for `group`
  public record Wish(
      String prompt, String scheduleType, String scheduleValue, Optional<String> contextMode) {}

  /// What is to be another than before, as it was written.
  public record Change(
      Optional<String> prompt,
      Optional<String> scheduleType,
      Optional<String> scheduleValue,
      Optional<String> contextMode) {}

  /// What cannot be done; the text says why and what can.
  public static final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RefusedException(String message) {
      super(message);
    }
  }

  /// Adds a task for a group's agent.
  public ScheduledTask add(Group group, Wish wish) {
    if (store.count(group.folder()) >= MAX_TASKS) {
      throw new RefusedException(
          "this chat has %d tasks already, and more are not allowed: cancel one first"
              .formatted(MAX_TASKS));
    }
    Instant now = clock.instant();
    ScheduledTask task =
        new ScheduledTask(
            Ids.task(),
            group.folder(),
            group.jid(),
            prompt(wish.prompt()),
            wish.scheduleType().strip().toLowerCase(Locale.ROOT),
            wish.scheduleValue().strip(),
            wish.contextMode().map(Tasks::contextMode).orElse(ContextMode.GROUP),
            Optional.of(firstRun(wish.scheduleType(), wish.scheduleValue(), now)),
            Optional.empty(),
            Optional.empty(),
            Status.ACTIVE,
            0,
            Optional.empty(),
            now);
    store.add(task);
    changed.run();
    return task;
  }

  /// Changes a task. With another schedule it begins anew: a completed one is active again, a
  /// paused one stays paused.
  public ScheduledTask update(String id, Change change) {
    if (change.equals(
        new Change(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty()))) {
      throw new RefusedException(
          "nothing to change: give a prompt, a schedule (schedule_type, schedule_value) or a"
              + " context_mode");
    }
    return changed(id, task -> changed(task, change));
  }

  private ScheduledTask changed(ScheduledTask task, Change change) {
    String type =
        change
            .scheduleType()
            .map(it -> it.strip().toLowerCase(Locale.ROOT))
            .orElse(task.scheduleType());
    String value = change.scheduleValue().map(String::strip).orElse(task.scheduleValue());
    ScheduledTask other =
        task.with(
            change.prompt().map(Tasks::prompt).orElse(task.prompt()),
            type,
            value,
            change.contextMode().map(Tasks::contextMode).orElse(task.contextMode()));
    if (type.equals(task.scheduleType()) && value.equals(task.scheduleValue())) {
      return other;
    }
    Status status = task.status() == Status.PAUSED ? Status.PAUSED : Status.ACTIVE;
    return other.with(
        Optional.of(firstRun(type, value, clock.instant())), status, 0, task.pauseReason());
  }

  /// Pauses a task. What of it is at work goes to its end.
  public ScheduledTask pause(String id) {
    return changed(
        id,
        task ->
            switch (task.status()) {
              case ACTIVE ->
                  task.with(task.nextRun(), Status.PAUSED, task.failures(), Optional.empty());
              case PAUSED -> throw new RefusedException("task %s is paused already".formatted(id));
              case COMPLETED ->
                  throw new RefusedException(
                      "task %s has run and is completed; there is nothing to pause".formatted(id));
            });
  }

  /// Lets a paused task run again, at its next time from now.
  public ScheduledTask resume(String id) {
    return changed(
        id,
        task ->
            switch (task.status()) {
              case ACTIVE -> throw new RefusedException("task %s is not paused".formatted(id));
              case COMPLETED ->
                  throw new RefusedException(
                      "task %s has run and is completed; change its schedule to run it again"
                          .formatted(id));
              case PAUSED ->
                  task.with(Optional.of(nextRun(task)), Status.ACTIVE, 0, Optional.empty());
            });
  }

  private Instant nextRun(ScheduledTask task) {
    Instant now = clock.instant();
    if (said(() -> schedule(task)) instanceof Schedule.Once && task.pauseReason().isPresent()) {
      return now; // it was tried and failed; there is no other time
    }
    return said(() -> schedule(task).next(task.nextRun().orElse(now), now))
        .orElseThrow(() ->
            new RefusedException(
                "the time of task %s is over (%s); change its schedule, then resume it"
                    .formatted(task.id(), schedule(task).inWords())));
  }

  /// Removes a task.
  ///
  /// @return as it was
  public ScheduledTask cancel(String id) {
    return store.remove(id, clock.instant()).orElseThrow(() -> unknown(id));
  }

  /// Runs a task now, beside its schedule.
  public ScheduledTask run(String id) {
    if (find(id).isEmpty()) {
      throw unknown(id);
    }
    ScheduledTask task =
        said(() -> store.claimNow(id, clock.instant()))
            .orElseThrow(() -> new RefusedException("task %s is at work already".formatted(id)));
    wake.accept(task.lane());
    return task;
  }

  private ScheduledTask changed(String id, TaskStore.Change change) {
    ScheduledTask task = store.change(id, change).orElseThrow(() -> unknown(id));
    changed.run();
    return task;
  }

  private static RefusedException unknown(String id) {
    return new RefusedException("there is no task %s".formatted(id));
  }

  public Optional<ScheduledTask> find(String id) {
    return store.find(id);
  }

  /// All tasks in the order of their creation.
  public List<ScheduledTask> all() {
    return store.all();
  }

  /// The tasks of a group in the order of their creation.
  public List<ScheduledTask> of(GroupFolder group) {
    return store.of(group);
  }

  /// The newest runs of a task, the newest first.
  public List<TaskRun> runs(String id, int newest) {
    return store.runs(id, newest);
  }

  /// The local time, such as `Mon 2026-11-30 09:00 Europe/Paris`.
  public String when(Instant instant) {
    return Schedule.Words.of(instant, rules.zone()) + " " + rules.zone();
  }

  /// A task in one line: its id, its schedule, when it runs next or why it does not, the beginning
  /// of its prompt.
  public String inWords(ScheduledTask task) {
    return "%s: %s; %s; %s: %s"
        .formatted(
            task.id(),
            scheduleInWords(task),
            task.contextMode().name().toLowerCase(Locale.ROOT),
            course(task),
            beginning(task.prompt()));
  }

  /// The schedule of a task in words; one that cannot be read, as it stands in the database.
  public String scheduleInWords(ScheduledTask task) {
    try {
      return schedule(task).inWords();
    } catch (IllegalArgumentException _) {
      return task.scheduleType() + " " + task.scheduleValue();
    }
  }

  private String course(ScheduledTask task) {
    return switch (task.status()) {
      case ACTIVE -> task.nextRun().map(it -> "next " + when(it)).orElse("at work");
      case PAUSED -> "paused" + task.pauseReason().map(it -> " (" + it + ")").orElse("");
      case COMPLETED -> "completed";
    };
  }

  private static String beginning(String prompt) {
    String line = String.join(" ", prompt.strip().split("\\s+", -1));
    return line.codePointCount(0, line.length()) <= BEGINNING
        ? line
        : line.substring(0, line.offsetByCodePoints(0, BEGINNING)) + "…";
  }

  private Schedule schedule(ScheduledTask task) {
    return Schedule.parse(task.scheduleType(), task.scheduleValue(), rules.zone());
  }

  private Instant firstRun(String type, String value, Instant now) {
    return said(() -> Schedule.parse(type, value, rules.zone()).begin(now, rules.minInterval()));
  }

  private static String prompt(String written) {
    String prompt = written.strip();
    if (prompt.isEmpty() || prompt.length() > MAX_PROMPT) {
      throw new RefusedException(
          "a prompt says what is to be done, in 1 to %,d characters; this has %,d"
              .formatted(MAX_PROMPT, prompt.length()));
    }
    return prompt;
  }

  private static ContextMode contextMode(String written) {
    return switch (written.strip().toLowerCase(Locale.ROOT)) {
      case "group" -> ContextMode.GROUP;
      case "isolated" -> ContextMode.ISOLATED;
      default ->
          throw new RefusedException(
              "unknown context mode '%s': it is group (in the chat's conversation) or isolated (in a fresh session)"
                  .formatted(written));
    };
  }

  /// What is wrong with a schedule is said to who wrote it.
  private static <T> T said(Supplier<T> work) {
    try {
      return work.get();
    } catch (IllegalArgumentException e) {
      throw new RefusedException(String.valueOf(e.getMessage()));
    }
  }
}
