package dev.nanoclaw.control;

import dev.nanoclaw.config.Settings;
import dev.nanoclaw.db.Database;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.db.TaskStore;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.ScheduledTask;
import dev.nanoclaw.domain.ScheduledTask.Status;
import dev.nanoclaw.domain.TaskRules;
import dev.nanoclaw.domain.TaskRun;
import dev.nanoclaw.jsonrpc.JsonRpc;
import dev.nanoclaw.jsonrpc.JsonRpc.RpcException;
import dev.nanoclaw.scheduler.Tasks;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Tasks as their owner reads them, also where no daemon runs.
public final class TaskLists {

  private static final int RUNS = 20;
  private static final int LONGEST_RESULT = 300;

  private final Tasks tasks;
  private final GroupStore groups;

  public TaskLists(Tasks tasks, GroupStore groups) {
    this.tasks = tasks;
    this.groups = groups;
  }

  /// What is in a database that nobody writes.
  public static TaskLists of(Database database, Settings settings, Clock clock) {
    TaskRules rules = settings.taskRules();
    TaskStore store = new TaskStore(database, (_, text) -> List.of(text), rules);
    return new TaskLists(
        new Tasks(store, rules, clock, () -> {}, _ -> {}), new GroupStore(database));
  }

  /// A task. Times are UTC; those that end in `Local` are in the configured zone, in words.
  ///
  /// @param schedule in words
  /// @param context `group` or `isolated`
  /// @param status `active`, `paused` or `completed`
  /// @param failures how often it failed in a row
  public record Task(
      String id,
      String group,
      String prompt,
      String schedule,
      String scheduleType,
      String scheduleValue,
      String context,
      String status,
      Optional<String> nextRun,
      Optional<String> nextRunLocal,
      Optional<String> lastRun,
      Optional<String> lastRunLocal,
      Optional<String> lastResult,
      int failures,
      Optional<String> pauseReason,
      String createdAt) {}

  public record TaskList(List<Task> tasks) {}

  /// One run of a task.
  ///
  /// @param durationMs empty while it waits or is at work
  /// @param status `running`, `success`, `error`, `timeout` or `interrupted`
  public record Run(
      String runAt,
      String runAtLocal,
      Optional<Long> durationMs,
      String status,
      Optional<String> result,
      Optional<String> error) {}

  /// A task with its newest runs, the newest first.
  public record TaskDetails(Task task, List<Run> runs) {}

  /// The tasks, without those that are over.
  public TaskList open() {
    return list(tasks.all(), false);
  }

  /// All tasks.
  public TaskList all() {
    return list(tasks.all(), true);
  }

  /// The tasks of a group.
  ///
  /// @param completed whether those that are over are shown, too
  public TaskList of(String folder, boolean completed) {
    return list(tasks.of(group(folder)), completed);
  }

  private GroupFolder group(String folder) {
    try {
      GroupFolder known = new GroupFolder(folder);
      if (groups.byFolder(known).isPresent()) {
        return known;
      }
    } catch (IllegalArgumentException _) {
      // no group has such a folder
    }
    throw new RpcException(
        JsonRpc.INVALID_PARAMS,
        "there is no group with the folder '%s'. See: ./nanoclaw groups list".formatted(folder));
  }

  private TaskList list(List<ScheduledTask> found, boolean completed) {
    return new TaskList(
        found.stream()
            .filter(it -> completed || it.status() != Status.COMPLETED)
            .map(this::describe)
            .toList());
  }

  /// A task by its id, or by the beginning of it.
  public TaskDetails show(String id) {
    ScheduledTask task = find(id);
    return new TaskDetails(
        describe(task), tasks.runs(task.id(), RUNS).stream().map(this::describe).toList());
  }

  /// @param id whole, or as much of its beginning as no other has
  ScheduledTask find(String id) {
    Optional<ScheduledTask> exact = tasks.find(id);
    if (exact.isPresent()) {
      return exact.get();
    }
    List<ScheduledTask> alike =
        tasks.all().stream().filter(it -> !id.isEmpty() && it.id().startsWith(id)).toList();
    if (alike.size() == 1) {
      return alike.getFirst();
    }
    String what = alike.isEmpty() ? "there is no task '%s'" : "several tasks begin with '%s'";
    throw new RpcException(
        JsonRpc.INVALID_PARAMS, (what + ". See: ./nanoclaw tasks list --all").formatted(id));
  }

  Task describe(ScheduledTask task) {
    Optional<Instant> next = task.nextRun().filter(_ -> task.status() == Status.ACTIVE);
    return new Task(
        task.id(),
        task.group().value(),
        PlainText.lines(task.prompt()),
        PlainText.oneLine(tasks.scheduleInWords(task), LONGEST_RESULT),
        task.scheduleType(),
        task.scheduleValue(),
        lowerCase(task.contextMode()),
        lowerCase(task.status()),
        next.map(TaskLists::time),
        next.map(tasks::when),
        task.lastRun().map(TaskLists::time),
        task.lastRun().map(tasks::when),
        task.lastResult().map(it -> PlainText.oneLine(it, LONGEST_RESULT)),
        task.failures(),
        task.pauseReason().map(it -> PlainText.oneLine(it, LONGEST_RESULT)),
        time(task.createdAt()));
  }

  private Run describe(TaskRun run) {
    return new Run(
        time(run.runAt()),
        tasks.when(run.runAt()),
        run.duration().map(Duration::toMillis),
        lowerCase(run.status()),
        run.result().map(it -> PlainText.oneLine(it, LONGEST_RESULT)),
        run.error().map(it -> PlainText.oneLine(it, LONGEST_RESULT)));
  }

  private static String time(Instant when) {
    return when.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static String lowerCase(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
