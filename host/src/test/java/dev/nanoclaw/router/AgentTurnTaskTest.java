package dev.nanoclaw.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.domain.ContextMode;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.domain.ScheduledTask;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Runs of tasks, in the chat's container and beside it.
final class AgentTurnTaskTest extends AgentTurnFixture {

  private static final Lane ISOLATED = Lane.isolated(FAMILY.folder());

  /// A task that is due now.
  private void due(String id, String type, ContextMode mode) {
    host.tasks.add(
        new ScheduledTask(
            id,
            FAMILY.folder(),
            FAMILY.jid(),
            "water the plants",
            type,
            type.equals("once") ? "2020-01-01T00:00" : "3600000",
            mode,
            Optional.of(clock.instant().minus(Duration.ofHours(5))),
            Optional.empty(),
            Optional.empty(),
            ScheduledTask.Status.ACTIVE,
            0,
            Optional.empty(),
            clock.instant()));
    host.tasks.claimDue(clock.instant()).lanes().forEach(host.queue::wake);
  }

  private List<String> taskRuns() {
    return rows("SELECT task_id, status FROM task_run_logs ORDER BY id");
  }

  private String status(String id) {
    return rows("SELECT status FROM scheduled_tasks WHERE id = '" + id + "'").getFirst();
  }

  @Test
  void whileAnIsolatedTaskWorksTheChatAnswers() throws IOException {
    engine.container(
        """
        case $request in
          *scheduled-task*)
            printf '%s' "$request" >"$state/task"
            wait_for "$state/go"
            answer watered $input
            follow ;;
          *) answer hello $input; follow ;;
        esac
        """);
    start();
    due("t1", "once", ContextMode.ISOLATED);
    until(() -> Files.exists(engine.file("task")));
    say("m1", "@Andy hi");
    until(() -> channel.sent().equals(List.of("hello")));
    assertThat(taskRuns()).containsExactly("t1|running");

    engine.write("go", "");
    until(() -> ended(1) && channel.sent().size() == 2);
    assertThat(channel.sent()).containsExactly("hello", "watered");
    assertThat(taskRuns()).containsExactly("t1|success");
    assertThat(status("t1")).isEqualTo("completed");
    assertThat(ends()).as("it closes after its result, the chat's stays").contains("completed|0");
    assertThat(rows("SELECT context FROM agent_runs WHERE state <> 'ended'"))
        .containsExactly("chat");
    assertThat(Files.readString(engine.file("task")))
        .contains(
            "water the plants",
            "begins 5 h 0 min late",
            "\"is_scheduled_task\":true",
            "\"session_id\":null");
    assertThat(rows("SELECT session_id FROM sessions")).containsExactly("s1");
    assertThat(engine.calls().stream().filter(it -> it.contains("target=/home/node/.claude")))
        .anyMatch(it -> it.contains("data/sessions/family/.claude,"))
        .anyMatch(it -> it.matches(".*data/sessions/family/[0-9a-f-]+/\\.claude,.*"));
    until(() -> entries("data/sessions/family").equals(List.of(".claude")));
  }

  @Test
  void eachIsolatedRunHasItsOwnContainer() {
    engine.container("answer \"$name\" $input; follow");
    start();
    due("t1", "interval", ContextMode.ISOLATED);
    due("t2", "interval", ContextMode.ISOLATED);
    until(() -> channel.sent().size() == 2 && ended(2));
    assertThat(channel.sent().getFirst()).isNotEqualTo(channel.sent().getLast());
    assertThat(taskRuns()).containsExactly("t1|success", "t2|success");
    assertThat(status("t1")).isEqualTo("active");
  }

  @Test
  void aTaskOfTheGroupGoesIntoTheChatsContainerWhenNothingElseIsOpenThere() {
    engine.container("wait_for \"$state/go\"; answer first $input; follow");
    start();
    say("m1", "@Andy hi");
    until(() -> engine.calls("run") == 1);
    due("t1", "interval", ContextMode.GROUP);
    say("m2", "@Andy and this");
    until(() -> rows("SELECT 1 FROM agent_inputs WHERE state = 'claimed'").size() == 2);
    assertThat(rows("SELECT state FROM agent_inputs WHERE task_run_id IS NOT NULL"))
        .as("it waits, and the message does not wait for it")
        .containsExactly("pending");

    engine.write("go", "");
    until(() -> channel.sent().size() == 3);
    assertThat(engine.calls("run")).isOne();
    assertThat(taskRuns()).containsExactly("t1|success");
  }

  @Test
  void anIdleContainerIsAwakenedByItsTaskAtOnce() {
    engine.container("answer first $input; follow");
    start();
    say("m1", "@Andy hi");
    until(() -> channel.sent().size() == 1);
    due("t1", "interval", ContextMode.GROUP);
    until(() -> channel.sent().size() == 2);
    assertThat(engine.calls("run")).isOne();
  }

  @Test
  void aTaskThatNoContainerBeganIsBegunAgain() {
    engine.breaks("run", "no space left");
    engine.container("answer watered $input");
    start();
    due("t1", "once", ContextMode.ISOLATED);
    until(() -> rows("SELECT 1 FROM agent_runs WHERE end_reason = 'crashed'").size() == 1);
    assertThat(taskRuns()).containsExactly("t1|running");

    engine.works("run");
    clock.advance(Duration.ofMinutes(1));
    host.queue.wake(ISOLATED);
    until(() -> taskRuns().equals(List.of("t1|success")));
    until(() -> channel.sent().size() == 2);
    assertThat(channel.sent().getLast()).isEqualTo("watered");
  }

  @Test
  void aTaskWhoseContainerIsLostIsInterruptedAndNotRepeated() {
    engine.container("touch \"$state/up\"; while :; do sleep 0.05; done");
    start();
    due("t1", "once", ContextMode.ISOLATED);
    until(() -> Files.exists(engine.file("up")));
    host.close();
    engine.crash();

    clock.advance(Duration.ofMinutes(2));
    start();
    until(() -> taskRuns().equals(List.of("t1|interrupted")));
    until(() -> !channel.sent().isEmpty());
    assertThat(channel.sent()).singleElement().asString().contains("I do not repeat it");
    assertThat(status("t1")).isEqualTo("completed");
    assertThat(engine.calls("run")).isOne();
  }

  @Test
  void aTaskIsTakenUpAgainByTheNextHost() {
    engine.container("touch \"$state/up\"; wait_for \"$state/go\"; answer watered $input; follow");
    start();
    due("t1", "once", ContextMode.ISOLATED);
    until(() -> Files.exists(engine.file("up")));
    host.close();
    engine.write("go", "");

    start();
    until(() -> taskRuns().equals(List.of("t1|success")));
    until(() -> channel.sent().equals(List.of("watered")));
    assertThat(engine.calls("run")).isOne();
  }

  @Test
  void aTaskThatFailsIsWrittenDownAndTriedAtItsNextTime() {
    engine.container(
        "frame error '\"error\":\"no"
            + " luck\",\"error_kind\":\"other\",\"acked\":[],\"failed\":[\"'$input'\"],\"idle\":true'");
    start();
    due("t1", "interval", ContextMode.ISOLATED);
    until(() -> taskRuns().equals(List.of("t1|error")));
    assertThat(rows("SELECT error FROM task_run_logs")).containsExactly("no luck");
    assertThat(rows("SELECT failures, status FROM scheduled_tasks")).containsExactly("1|active");
    assertThat(channel.sent()).isEmpty();
  }

  @Test
  void aTaskWithoutASignOfLifeTimesOut() {
    settings.timeout = Duration.ofMillis(300);
    engine.container("while :; do sleep 0.05; done");
    start();
    due("t1", "interval", ContextMode.ISOLATED);
    until(() -> rows("SELECT 1 FROM agent_runs WHERE state = 'running'").size() == 1);
    until(() -> {
      clock.advance(Duration.ofSeconds(2)); // time that goes by, and no jump of the clock
      host.queue.wake(ISOLATED);
      return taskRuns().equals(List.of("t1|timeout"));
    });
    assertThat(rows("SELECT failures FROM scheduled_tasks")).containsExactly("1");
  }

  @Test
  void troubleThatNoTaskCausedIsWaitedFor() {
    engine.container(
        """
        if [ -e "$state/well" ]; then answer watered $input
        else frame error '"error":"No credit.","error_kind":"auth","acked":[],"failed":["'$input'"],"idle":true'
        fi
        """);
    start();
    due("t1", "once", ContextMode.ISOLATED);
    until(() -> channel.sent().size() == 1);
    assertThat(channel.sent().getFirst()).startsWith("No credit. Nothing is lost");
    assertThat(taskRuns()).containsExactly("t1|running");
    engine.write("well", "");
    until(() -> ended(1));
    clock.advance(Duration.ofMinutes(1));
    host.queue.wake(ISOLATED);
    until(() -> taskRuns().equals(List.of("t1|success")));
  }
}
