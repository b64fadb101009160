package dev.nanoclaw.cli;

import dev.nanoclaw.config.Settings;
import dev.nanoclaw.control.TaskLists;
import dev.nanoclaw.control.TaskLists.Run;
import dev.nanoclaw.control.TaskLists.Task;
import dev.nanoclaw.control.TaskLists.TaskDetails;
import dev.nanoclaw.control.TaskLists.TaskList;
import dev.nanoclaw.control.TaskService.Wish;
import dev.nanoclaw.db.Database;
import dev.nanoclaw.jsonrpc.JsonRpc.RpcException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "tasks",
    description = "What agents are to do at their time.",
    mixinStandardHelpOptions = true)
final class TasksCommand implements Runnable {

  private static final int WIDEST_PROMPT = 50;
  private static final int WIDEST_RESULT = 60;

  @Spec private CommandSpec spec = CommandSpec.create();

  /// One of them.
  static final class One {

    @Mixin private HomeOption home = new HomeOption();

    @Parameters(
        paramLabel = "ID",
        description = "Its id, as `list` shows it, or the beginning of that.")
    private String id = "";

    @Option(names = "--json", description = "For programs.")
    private boolean json;
  }

  /// When a new task runs.
  static final class When {

    @Option(
        names = "--cron",
        paramLabel = "FIELDS",
        description =
            "Minute, hour, day, month, weekday: \"0 9 * * mon-fri\" is each working day at nine.")
    private @Nullable String cron;

    @Option(
        names = "--every",
        paramLabel = "TIME",
        description = "Again and again: 90s, 30m, 2h, 1d.")
    private @Nullable String every;

    @Option(
        names = "--at",
        paramLabel = "TIME",
        description = "Once, by the clock of timezone in config.yml: 2026-12-01T09:00.")
    private @Nullable String at;

    Wish wish(String group, String prompt, boolean isolated) {
      Optional<String> context = Optional.of(isolated ? "isolated" : "group");
      if (cron != null) {
        return new Wish(group, prompt, "cron", cron, context);
      }
      return every != null
          ? new Wish(group, prompt, "interval", every, context)
          : new Wish(group, prompt, "once", String.valueOf(at), context);
    }
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "Which command: list, show, add, run, pause, resume or cancel?");
  }

  @Command(
      name = "list",
      description = "Shows them, also when no host runs.",
      mixinStandardHelpOptions = true)
  int list(
      @Mixin HomeOption home,
      @Option(names = "--group", paramLabel = "FOLDER", description = "Those of one group.")
          @Nullable String group,
      @Option(names = "--all", description = "Those that are over, too.") boolean all,
      @Option(names = "--json", description = "For programs.") boolean json) {
    Map<String, Object> params = new HashMap<>(Map.of("all", all));
    if (group != null) {
      params.put("group", group);
    }
    TaskList tasks =
        Question.ask(home, "tasks.list", params, TaskList.class)
            .or(() ->
                read(home, it -> group != null ? it.of(group, all) : all ? it.all() : it.open()))
            .orElseGet(() -> new TaskList(List.of()));
    if (json) {
      return Question.printJson(tasks);
    }
    if (tasks.tasks().isEmpty()) {
      System.out.println("There are no tasks.");
      return 0;
    }
    Table table = new Table("ID", "GROUP", "STATUS", "NEXT RUN", "SCHEDULE", "PROMPT");
    for (Task it : tasks.tasks()) {
      table.row(
          it.id(),
          it.group(),
          it.status(),
          it.nextRunLocal().orElse("-"),
          it.schedule() + (it.context().equals("isolated") ? ", isolated" : ""),
          beginning(it));
    }
    System.out.print(table);
    return 0;
  }

  @Command(
      name = "show",
      description = "Shows everything about one, with its last runs; also when no host runs.",
      mixinStandardHelpOptions = true)
  int show(@Mixin One one) {
    TaskDetails details =
        Question.ask(one.home, "tasks.show", Map.of("id", one.id), TaskDetails.class)
            .or(() -> read(one.home, it -> it.show(one.id)))
            .orElseThrow(() -> new CommandException("there are no tasks here"));
    if (one.json) {
      return Question.printJson(details);
    }
    print(details.task());
    if (details.runs().isEmpty()) {
      System.out.println("\nIt has not run yet.");
      return 0;
    }
    Table table = new Table("RUN AT", "DURATION", "STATUS", "RESULT");
    for (Run it : details.runs()) {
      table.row(
          it.runAtLocal(),
          it.durationMs().map(TasksCommand::seconds).orElse("-"),
          it.status(),
          Table.cut(it.result().or(it::error).orElse("-"), WIDEST_RESULT));
    }
    System.out.print("\n" + table);
    return 0;
  }

  private static void print(Task task) {
    Table lines = new Table("Task:", task.id() + ", " + task.status());
    task.pauseReason().ifPresent(it -> lines.row("Paused:", it));
    lines.row("Group:", task.group());
    lines.row(
        "Runs:",
        task.schedule()
            + (task.context().equals("isolated")
                ? ", in a container and session of its own"
                : ", in the group's conversation"));
    lines.row("Next run:", task.nextRunLocal().orElse("-"));
    lines.row("Last run:", task.lastRunLocal().orElse("-"));
    task.lastResult().ifPresent(it -> lines.row("Result:", it));
    if (task.failures() > 0) {
      lines.row("Failures:", task.failures() + " in a row");
    }
    lines.row("Created:", task.createdAt());
    System.out.print(lines);
    System.out.println("Prompt:");
    task.prompt().lines().forEach(it -> System.out.println("  " + it));
  }

  private static String seconds(long milliseconds) {
    return String.format(Locale.ROOT, "%.1f s", milliseconds / 1000.0);
  }

  @Command(
      name = "add",
      description = "Gives a group's agent something to do at its time.",
      mixinStandardHelpOptions = true)
  int add(
      @Mixin HomeOption home,
      @Option(
              names = "--group",
              required = true,
              paramLabel = "FOLDER",
              description = "Whose agent does it; its chat reads the result.")
          String group,
      @ArgGroup(multiplicity = "1") When when,
      @Option(
              names = "--isolated",
              description =
                  "In a container and session of its own, beside the group's conversation.")
          boolean isolated,
      @Parameters(
              arity = "1..*",
              paramLabel = "PROMPT",
              description = "What to do; - reads it from standard input.")
          List<String> prompt,
      @Option(names = "--json", description = "For programs.") boolean json)
      throws IOException {
    String text =
        prompt.equals(List.of("-"))
            ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8)
            : String.join(" ", prompt);
    Task task = Question.require(home, "tasks.add", when.wish(group, text, isolated), Task.class);
    return json ? Question.printJson(task) : say(task, "is there; " + next(task));
  }

  @Command(
      name = "run",
      description = "Starts one now, beside its schedule.",
      mixinStandardHelpOptions = true)
  int run(@Mixin One one) {
    return change("tasks.run", one, it -> "runs now; see ./nanoclaw tasks show " + it.id());
  }

  @Command(
      name = "pause",
      description = "Lets one rest until it is resumed.",
      mixinStandardHelpOptions = true)
  int pause(@Mixin One one) {
    return change("tasks.pause", one, _ -> "is paused");
  }

  @Command(
      name = "resume",
      description = "Lets one that was paused run again.",
      mixinStandardHelpOptions = true)
  int resume(@Mixin One one) {
    return change("tasks.resume", one, it -> "is active again; " + next(it));
  }

  @Command(
      name = "cancel",
      description = "Removes one; the log of its runs stays in the database.",
      mixinStandardHelpOptions = true)
  int cancel(@Mixin One one) {
    return change("tasks.cancel", one, it -> "is cancelled; it was: " + it.schedule());
  }

  private static int change(String method, One one, Function<Task, String> said) {
    Task task = Question.require(one.home, method, Map.of("id", one.id), Task.class);
    return one.json ? Question.printJson(task) : say(task, said.apply(task));
  }

  private static int say(Task task, String said) {
    System.out.printf("%s (%s) %s.%n", task.id(), beginning(task), said);
    return 0;
  }

  private static String next(Task task) {
    return task.nextRunLocal()
        .map(it -> "it runs next on " + it)
        .orElse("it does not run by itself");
  }

  private static String beginning(Task task) {
    return Table.cut(task.prompt().replace('\n', ' '), WIDEST_PROMPT);
  }

  private static <T> Optional<T> read(HomeOption home, Function<TaskLists, T> what) {
    Settings settings = home.settings();
    Optional<Database> found = Database.openToRead(settings.paths().storeDir());
    if (found.isEmpty()) {
      return Optional.empty();
    }
    try (Database database = found.get()) {
      return Optional.of(what.apply(TaskLists.of(database, settings, Clock.systemUTC())));
    } catch (RpcException e) {
      throw new CommandException(String.valueOf(e.getMessage()));
    }
  }
}
