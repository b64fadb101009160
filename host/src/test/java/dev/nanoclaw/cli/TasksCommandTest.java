package dev.nanoclaw.cli;

import static dev.nanoclaw.cli.RunningHome.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.cli.RunningHome.Ended;
import dev.nanoclaw.testing.Sql;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Year;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

@Timeout(120)
class TasksCommandTest {

  /// Far away, and not too far to be accepted.
  private final String farDay = Year.now(ZoneOffset.UTC).plusYears(5) + "-12-01";

  @TempDir private Path dir;
  private RunningHome home;

  @BeforeEach
  void start() throws IOException {
    home = new RunningHome(dir, "all is well").start();
    home.register("family");
  }

  @AfterEach
  void stop() {
    home.close();
  }

  private Ended tasks(String... arguments) {
    return home.run(Stream.concat(Stream.of("tasks"), Stream.of(arguments)).toArray(String[]::new));
  }

  /// @return its id
  private String add(String... arguments) {
    Ended added =
        tasks(
            Stream.concat(Stream.of("add", "--json"), Stream.of(arguments)).toArray(String[]::new));
    assertThat(added.code()).as(added.err()).isZero();
    return added.json().path("id").stringValue();
  }

  @Test
  void tasksAreListedWithTheirNextRunInLocalTime() {
    assertThat(tasks("list")).isEqualTo(new Ended(0, "There are no tasks.\n", ""));
    assertThat(tasks("list", "--json")).isEqualTo(new Ended(0, "{\"tasks\":[]}\n", ""));

    Ended added =
        tasks("add", "--group", "family", "--at", farDay + "T09:00", "Say", "good", "morning");
    assertThat(added.out())
        .matches(
            "\\S+ \\(Say good morning\\) is there; it runs next on \\S+ "
                + farDay
                + " 09:00.*\\.\n");
    String cron = add("--group", "main", "--cron", "0 9 * * *", "--isolated", "News");
    String every = add("--group", "main", "--every", "30m", "Look\naround");

    List<String> lines = tasks("list").out().lines().toList();
    assertThat(lines).hasSize(4);
    assertThat(lines.getFirst()).matches("ID +GROUP +STATUS +NEXT RUN +SCHEDULE +PROMPT");
    assertThat(lines.get(1))
        .matches("\\S+ +family +active +\\S+ " + farDay + " 09:00.* Say good morning");
    assertThat(lines.get(2))
        .matches(cron + " +main +active +\\S+ 20\\d\\d-\\d\\d-\\d\\d 09:00.*, isolated +News");
    assertThat(lines.get(3)).matches(every + " +main +active +.* every 30 min +Look around");

    assertThat(tasks("list", "--group", "family").out().lines()).hasSize(2);
    JsonNode json = tasks("list", "--group", "family", "--json").json().path("tasks").path(0);
    assertThat(json.path("next_run").stringValue()).isEqualTo(farDay + "T08:00:00Z");
    assertThat(json.path("schedule_type").stringValue()).isEqualTo("once");
    assertThat(json.path("context").stringValue()).isEqualTo("group");
    assertThat(tasks("list", "--group", "nobody"))
        .isEqualTo(
            new Ended(
                1,
                "",
                "nanoclaw: there is no group with the folder 'nobody'. See: ./nanoclaw groups"
                    + " list\n"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --group nobody --every 1h x | there is no group with the folder 'nobody'. See: ./nanoclaw groups list
          --group main --every 5s x   | at least 1 min must lie between two runs
          --group main --every soon x | cannot read the interval 'soon'
          --group main --at 1999-01-01T09:00 x | is in the past
          --group main --cron nonsense x | nonsense
          """)
  void whatCannotBeAddedIsRefusedWithTheReason(String arguments, String reason) {
    Ended ended = tasks(("add " + arguments).split(" ", -1));
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err()).startsWith("nanoclaw: ").contains(reason);
    assertThat(home.rows("SELECT id FROM scheduled_tasks")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "add --group main x",
        "add --group main --every 1h",
        "add --every 1h x",
        "add --group main --every 1h --at 2998-12-01T09:00 x",
        "show",
        "run",
        "pause",
        "cancel",
        "list x",
        "resume a b"
      })
  void wrongArgumentsGetTheUsage(String arguments) {
    Ended ended = home.run(("tasks " + arguments).strip().split(" ", -1));
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err()).contains("Usage: nanoclaw tasks");
  }

  @Test
  void aLongPromptComesFromStandardInput() {
    Ended added =
        home.runWith(
            "First line\nsecond line\u001b[31m\n",
            "tasks",
            "add",
            "--group",
            "main",
            "--every",
            "2h",
            "--json",
            "-");
    String id = added.json().path("id").stringValue();
    assertThat(home.rows("SELECT prompt FROM scheduled_tasks").getFirst())
        .startsWith("First line\nsecond line");
    assertThat(tasks("show", id).out())
        .contains("Prompt:\n  First line\n  second line [31m\n")
        .doesNotContain("\u001b");
  }

  @Test
  void aTaskIsPausedResumedRunAndCancelled() {
    String id = add("--group", "main", "--every", "30m", "Look around");
    assertThat(tasks("show", id).out())
        .startsWith("Task:      " + id + ", active\nGroup:     main\n")
        .contains("Runs:      every 30 min, in the group's conversation\n", "Last run:  -\n")
        .endsWith("Prompt:\n  Look around\n\nIt has not run yet.\n");

    assertThat(tasks("pause", id).out()).isEqualTo(id + " (Look around) is paused.\n");
    assertThat(tasks("list").out().lines().toList().get(1)).matches(id + " +main +paused +- .*");
    assertThat(tasks("resume", id).out())
        .startsWith(id + " (Look around) is active again; it runs next on ");

    assertThat(tasks("run", id).out())
        .isEqualTo("%s (Look around) runs now; see ./nanoclaw tasks show %s.\n".formatted(id, id));
    until(() ->
        assertThat(tasks("show", id).out())
            .containsPattern("Result: +all is well\n")
            .containsPattern("\nRUN AT +DURATION +STATUS +RESULT\n")
            .containsPattern("\n\\S+ 20.* \\d+\\.\\d s +success +all is well\n"));
    JsonNode run = tasks("show", id, "--json").json().path("runs").path(0);
    assertThat(run.path("status").stringValue()).isEqualTo("success");
    assertThat(run.path("duration_ms").isIntegralNumber()).isTrue();

    String beginning = id.substring(0, id.length() - 2);
    assertThat(tasks("cancel", beginning).out())
        .isEqualTo(id + " (Look around) is cancelled; it was: every 30 min.\n");
    assertThat(tasks("list", "--all").out()).isEqualTo("There are no tasks.\n");
    for (String it : List.of("show", "run", "pause", "resume", "cancel")) {
      assertThat(tasks(it, id))
          .as(it)
          .isEqualTo(
              new Ended(
                  1,
                  "",
                  "nanoclaw: there is no task '%s'. See: ./nanoclaw tasks list --all\n"
                      .formatted(id)));
    }
  }

  @Test
  void anIdMayBeAsShortAsItIsUnique() {
    add("--group", "main", "--every", "30m", "One");
    add("--group", "main", "--every", "30m", "Two");
    Sql.execute(
        home.database(),
        "UPDATE scheduled_tasks SET id = 'abc-1' WHERE prompt = 'One'",
        "UPDATE scheduled_tasks SET id = 'abc-2' WHERE prompt = 'Two'");
    assertThat(tasks("pause", "abc").err())
        .isEqualTo("nanoclaw: several tasks begin with 'abc'. See: ./nanoclaw tasks list --all\n");
    assertThat(tasks("pause", "").err()).startsWith("nanoclaw: there is no task ''");
    assertThat(tasks("pause", "abc-2").out()).startsWith("abc-2 (Two) is paused");
  }

  @Test
  void tasksThatAreOverAreShownWhenAskedFor() {
    String id = add("--group", "main", "--at", farDay + "T09:00", "Once");
    Sql.execute(
        home.database(), "UPDATE scheduled_tasks SET status = 'completed', next_run = NULL");
    assertThat(tasks("list").out()).isEqualTo("There are no tasks.\n");
    assertThat(tasks("list", "--group", "main").out()).isEqualTo("There are no tasks.\n");
    assertThat(tasks("list", "--all").out()).containsPattern(id + " +main +completed +- ");
    assertThat(tasks("list", "--all", "--group", "main").out()).contains(id);
  }

  @Test
  void withoutAHostTasksAreShownAndNothingIsChanged() {
    String id = add("--group", "main", "--every", "30m", "Look around");
    home.stop();
    assertThat(tasks("list").out()).containsPattern(id + " +main +active ");
    assertThat(tasks("list", "--group", "nobody").err()).contains("there is no group");
    assertThat(tasks("show", id).out()).startsWith("Task:      " + id + ", active\n");
    assertThat(tasks("show", "zzz").err()).contains("there is no task 'zzz'");
    String none = "nanoclaw: no daemon runs here. Start it with: ./nanoclaw start\n";
    for (String it : List.of("run", "pause", "resume", "cancel")) {
      assertThat(tasks(it, id)).as(it).isEqualTo(new Ended(1, "", none));
    }
    assertThat(tasks("add", "--group", "main", "--every", "1h", "x"))
        .isEqualTo(new Ended(1, "", none));
    assertThat(home.rows("SELECT status FROM scheduled_tasks")).containsExactly("active");
  }

  @Test
  void withoutADatabaseThereAreNoTasks() throws IOException {
    try (var other = new RunningHome(dir.resolve("other"), "x")) {
      assertThat(other.run("tasks", "list")).isEqualTo(new Ended(0, "There are no tasks.\n", ""));
      assertThat(other.run("tasks", "show", "x"))
          .isEqualTo(new Ended(1, "", "nanoclaw: there are no tasks here\n"));
      assertThat(other.database()).doesNotExist();
    }
  }
}
