package dev.nanoclaw.db;

import static dev.nanoclaw.testing.Samples.NOW;
import static dev.nanoclaw.testing.Samples.message;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.db.GroupRemoval.Outcome;
import dev.nanoclaw.db.InputStore.Limits;
import dev.nanoclaw.db.InputStore.Which;
import dev.nanoclaw.db.RunStore.Fate;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.AgentRun.EndReason;
import dev.nanoclaw.domain.ContextMode;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.ScheduledTask;
import dev.nanoclaw.testing.Samples;
import dev.nanoclaw.testing.Sql;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GroupRemovalTest {

  private static final Group FAMILY = Samples.group("family");
  private static final Group WORK = Samples.group("work");
  private static final Limits MANY = new Limits(50, 100_000);

  @TempDir private Path dir;
  private Database database;
  private MessageStore messages;
  private RunStore runs;
  private TaskStore tasks;
  private GroupStore groups;
  private GroupRemoval removal;

  @BeforeEach
  void open() {
    database = Database.open(dir);
    messages = new MessageStore(database);
    runs = new RunStore(database, (_, text) -> List.of(text), Samples.TASK_RULES);
    tasks = new TaskStore(database, (_, text) -> List.of(text), Samples.TASK_RULES);
    groups = new GroupStore(database);
    removal = new GroupRemoval(database, tasks);
    groups.add(FAMILY, "whatsapp");
    groups.add(WORK, "whatsapp");
  }

  @AfterEach
  void close() {
    database.close();
  }

  private List<String> rows(String query) {
    return Sql.rows(dir.resolve("messages.db"), query);
  }

  private AgentRun begin(Group group, String runId) {
    AgentRun run = Samples.run(group, runId);
    assertThat(runs.begin(run, group, MANY, NOW)).isInstanceOf(InputStore.Next.Claimed.class);
    return run;
  }

  private void end(AgentRun run, Group group, Fate fate) {
    Map<Long, Fate> fates =
        runs.inside(run).stream().collect(Collectors.toMap(it -> it.id(), _ -> fate));
    runs.end(
        run, group, EndReason.CRASHED, Optional.of(1), fates, "it broke", Optional.empty(), NOW);
  }

  private void ask(Group group, String id) {
    var _ = messages.add(message(group, id, "hello " + id), true);
  }

  private void addTask(String id, Group group) {
    tasks.add(
        new ScheduledTask(
            id,
            group.folder(),
            group.jid(),
            "look",
            "interval",
            "3600000",
            ContextMode.ISOLATED,
            Optional.of(NOW),
            Optional.empty(),
            Optional.empty(),
            ScheduledTask.Status.ACTIVE,
            0,
            Optional.empty(),
            NOW));
  }

  @Test
  void whatWaitsForItsAgentGoesAndWhatWasSaidStays() {
    for (Group group : List.of(FAMILY, WORK)) {
      String name = group.name();
      ask(group, name + "-dead");
      end(begin(group, name + "1"), group, new Fate.Dead("I give up"));
      ask(group, name + "-failed");
      end(begin(group, name + "2"), group, new Fate.Again(1, NOW));
      ask(group, name + "-new");
      addTask(name + "-task", group);
    }
    Sql.execute(
        dir.resolve("messages.db"), "INSERT INTO sessions VALUES ('family', 's1'), ('work', 's2')");
    assertThat(tasks.claimDue(NOW).lanes()).hasSize(2);

    assertThat(removal.remove(FAMILY.folder(), NOW))
        .isEqualTo(new Outcome.Removed(FAMILY, 1, 2, 1));

    assertThat(groups.all()).containsExactly(WORK);
    assertThat(rows("SELECT group_folder FROM sessions")).containsExactly("work");
    assertThat(rows("SELECT id FROM scheduled_tasks")).containsExactly("work-task");
    assertThat(rows("SELECT task_id, status FROM task_run_logs ORDER BY id"))
        .containsExactly("family-task|interrupted", "work-task|running");
    assertThat(rows("SELECT DISTINCT group_folder FROM agent_inputs WHERE state = 'pending'"))
        .containsExactly("work");
    assertThat(rows("SELECT group_folder FROM dead_letters")).containsExactly("work");
    assertThat(rows("SELECT chat_jid, count(*), sum(triggered) FROM messages GROUP BY chat_jid"))
        .containsExactlyInAnyOrder("family@g.us|3|0", "work@g.us|3|3");
  }

  @Test
  void anAgentThatTheChatGetsLaterBeginsWithWhatIsSaidToIt() {
    ask(FAMILY, "old");
    assertThat(removal.remove(FAMILY.folder(), NOW)).isInstanceOf(Outcome.Removed.class);
    for (String folder : List.of("family", "relatives")) {
      Group again =
          new Group(
              FAMILY.jid(),
              "again",
              new GroupFolder(folder),
              Optional.empty(),
              true,
              false,
              Optional.empty(),
              NOW);
      groups.add(again, "whatsapp");
      InputStore inputs = new InputStore(database);
      assertThat(inputs.nextWork(again, Which.CHAT, NOW)).as(folder).isEmpty();
      ask(again, "new in " + folder);
      assertThat(inputs.nextWork(again, Which.CHAT, NOW)).as(folder).isPresent();
      assertThat(removal.remove(again.folder(), NOW))
          .isEqualTo(new Outcome.Removed(again, 0, 1, 0));
    }
  }

  @Test
  void aGroupWithAContainerIsLeftAsItIs() {
    ask(FAMILY, "1");
    AgentRun run = begin(FAMILY, "run");
    addTask("task", FAMILY);
    assertThat(removal.remove(FAMILY.folder(), NOW)).isEqualTo(new Outcome.InUse());
    assertThat(groups.all()).contains(FAMILY);
    assertThat(tasks.all()).hasSize(1);
    end(run, FAMILY, new Fate.Again(1, NOW));
    assertThat(removal.remove(FAMILY.folder(), NOW))
        .isEqualTo(new Outcome.Removed(FAMILY, 1, 1, 0));
    assertThat(removal.remove(FAMILY.folder(), NOW)).isEqualTo(new Outcome.Unknown());
  }

  @Test
  void aTurnThatBeginsMeanwhileFindsNothingToDo() {
    ask(FAMILY, "1");
    assertThat(removal.remove(FAMILY.folder(), NOW)).isInstanceOf(Outcome.Removed.class);
    assertThat(runs.begin(Samples.run(FAMILY, "run"), FAMILY, MANY, NOW))
        .isEqualTo(new InputStore.Next.Nothing());
    assertThat(runs.open()).isEmpty();
  }
}
