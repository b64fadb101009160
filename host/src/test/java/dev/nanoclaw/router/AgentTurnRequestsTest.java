package dev.nanoclaw.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.config.Home;
import dev.nanoclaw.container.AgentUser;
import dev.nanoclaw.container.GroupDirectories;
import dev.nanoclaw.db.ChatStore;
import dev.nanoclaw.db.Database;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.db.HandledFiles;
import dev.nanoclaw.db.OutboxStore;
import dev.nanoclaw.db.RunStore;
import dev.nanoclaw.db.TaskStore;
import dev.nanoclaw.ipc.AgentRequests;
import dev.nanoclaw.scheduler.Tasks;
import dev.nanoclaw.testing.Samples;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/// What a running agent asks for by files, from its container to the chat and the tasks and back.
final class AgentTurnRequestsTest extends AgentTurnFixture {

  /// `put PLACE JSON`: whole, or not at all, as the runner does it.
  private static final String PUT =
      """
      put() { printf '%s' "$2" >"$ipc/${1%/*}/.${1#*/}"; mv "$ipc/${1%/*}/.${1#*/}" "$ipc/$1"; }
      message() { put "messages/$1.json" "{\\"type\\":\\"message\\",\\"text\\":\\"$2\\"}"; }
      list() { put "tasks/$1.json" "{\\"request_id\\":\\"$1\\",\\"type\\":\\"list_tasks\\"}"; }
      """;

  /// Happens once, behind the next look at what the agent asks for.
  private final AtomicReference<Runnable> behindALook = new AtomicReference<>(() -> {});

  @Override
  FilesFromAgent filesFromAgent(Database database) {
    GroupStore groups = new GroupStore(database);
    ChatStore chats = new ChatStore(database);
    AgentRequests requests =
        new AgentRequests(
            new AgentRequests.Parts(
                new HandledFiles(database),
                new RunStore(database, (_, text) -> List.of(text), Samples.TASK_RULES),
                new OutboxStore(database),
                groups,
                new Tasks(
                    new TaskStore(database, (_, text) -> List.of(text), Samples.TASK_RULES),
                    Samples.TASK_RULES,
                    clock,
                    () -> {},
                    _ -> {}),
                new Registrations(chats, groups, _ -> Optional.empty(), clock),
                new GroupDirectories(
                    settings.paths(), new Home(home, home), AgentUser.ofThisProcess()),
                () -> {},
                "Andy"),
            clock);
    return (run, group, files) -> {
      FilesFromAgent.Taken taken = requests.take(run, group, files);
      behindALook.getAndSet(() -> {}).run();
      return taken;
    };
  }

  private void container(String script) {
    engine.container(PUT + script);
  }

  private List<String> said() {
    return rows("SELECT text FROM outbox ORDER BY id");
  }

  @Test
  void whatItSaidBeforeItsAnswerComesBeforeIt() {
    container(
        """
        wait_for "$state/go"
        message 1 first
        answer second $input
        touch "$state/written"
        follow
        """);
    // both come between a look at the files and the look at the output that follows it
    behindALook.set(() -> {
      engine.write("go", "");
      until(() -> Files.exists(engine.file("written")));
    });
    start();
    say("m1", "@Andy hi");
    until(() -> channel.sent().size() == 2);
    assertThat(channel.sent()).containsExactly("first", "second");
    assertThat(said()).containsExactly("first", "second");
  }

  @Test
  void aMessageIsASignOfLife() {
    container(
        "wait_for \"$state/go\"; message 1 working; wait_for \"$state/end\"; answer done $input;"
            + " follow");
    start();
    say("m1", "@Andy hi");
    until(() -> engine.calls("run") == 1);
    String turnSince = "SELECT turn_since FROM agent_runs";
    String before = rows(turnSince).getFirst();
    clock.advance(Duration.ofSeconds(10));
    engine.write("go", "");
    until(() -> channel.sent().equals(List.of("working")));
    assertThat(rows(turnSince).getFirst()).isGreaterThan(before);
    assertThat(inputs()).as("its turn goes on").containsExactly("1|1|claimed|0");

    engine.write("end", "");
    until(() -> channel.sent().equals(List.of("working", "done")));
  }

  @Test
  void aRequestGetsItsAnswerWhileTheTurnGoesOn() throws IOException {
    container(
        """
        put tasks/1.json '{"request_id":"r-1","type":"schedule_task","prompt":"p","schedule_type":"interval","schedule_value":"1h"}'
        wait_for "$ipc/responses/r-1.json"
        cp "$ipc/responses/r-1.json" "$state/response"
        answer done $input
        follow
        """);
    start();
    say("m1", "@Andy every hour, please");
    until(() -> channel.sent().equals(List.of("done")));
    String id = rows("SELECT id FROM scheduled_tasks WHERE group_folder = 'family'").getFirst();
    assertThat(Files.readString(engine.file("response")))
        .contains("\"ok\":true", "\"task_id\":\"" + id + "\"", "Scheduled: ");
  }

  @Test
  void manyRequestsAreWorkedOffInOneTurn() {
    container(
        """
        for i in $(seq 130); do list "r-$i"; done
        until [ $(ls "$ipc/responses" | wc -l) = 130 ]; do sleep 0.02; done
        answer "$(ls "$ipc/tasks" | wc -l) are left" $input
        follow
        """);
    start();
    say("m1", "@Andy hi");
    until(() -> channel.sent().equals(List.of("0 are left")));
    assertThat(engine.calls("run")).isOne();
    assertThat(rows("SELECT 1 FROM agent_runs WHERE state = 'running'")).hasSize(1);
  }

  @Test
  void whatItWroteJustBeforeItsEndIsCarriedOut() {
    container(
        """
        answer hello $input
        wait_for "$state/go"
        for i in $(seq 130); do list "1-$i"; done
        message 2 goodbye
        """);
    start();
    say("m1", "@Andy hi");
    until(() -> channel.sent().equals(List.of("hello")));
    // nothing is looked at until the container is gone
    behindALook.set(() -> {
      engine.write("go", "");
      until(() -> entries("engine/running").isEmpty());
    });
    until(() -> ended(1));
    until(() -> channel.sent().equals(List.of("hello", "goodbye")));
    assertThat(ends()).containsExactly("completed|0");
  }
}
