package dev.nanoclaw.router;

import static dev.nanoclaw.testing.Samples.message;
import static org.awaitility.Awaitility.await;

import dev.nanoclaw.config.Credential;
import dev.nanoclaw.config.Home;
import dev.nanoclaw.config.Secret;
import dev.nanoclaw.container.AgentContainers;
import dev.nanoclaw.container.AgentUser;
import dev.nanoclaw.container.DockerLikeEngine;
import dev.nanoclaw.container.DockerLikeEngine.Dialect;
import dev.nanoclaw.container.Engines;
import dev.nanoclaw.container.GroupDirectories;
import dev.nanoclaw.container.Readiness;
import dev.nanoclaw.db.ChatStore;
import dev.nanoclaw.db.Database;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.db.InputStore;
import dev.nanoclaw.db.InputStore.Which;
import dev.nanoclaw.db.MessageStore;
import dev.nanoclaw.db.OutboxStore;
import dev.nanoclaw.db.RunStore;
import dev.nanoclaw.db.TaskStore;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.IncomingMessage;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.queue.GroupQueue;
import dev.nanoclaw.testing.FakeEngine;
import dev.nanoclaw.testing.RecordingChannel;
import dev.nanoclaw.testing.Samples;
import dev.nanoclaw.testing.Sql;
import dev.nanoclaw.testing.TestSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// From a message to its answer, with everything real but the engine. All polls are at ten minutes,
/// so what flows here flows because it was woken.
@Timeout(60)
@SuppressWarnings("NullAway.Init")
abstract class AgentTurnFixture {

  static final Group FAMILY = Samples.group("family");

  @TempDir Path home;
  final ShiftedClock clock = new ShiftedClock();
  final RecordingChannel channel = new RecordingChannel();
  TestSettings settings;
  FakeEngine engine;
  Host host; // by start()

  /// The time of day, and as much more as a test needs to pass.
  static final class ShiftedClock extends Clock {

    private final AtomicReference<Duration> shift = new AtomicReference<>(Duration.ZERO);

    void advance(Duration by) {
      shift.updateAndGet(it -> it.plus(by));
    }

    @Override
    public Instant instant() {
      return Instant.now().plus(shift.get());
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  /// What `app.NanoClaw` wires, without control socket and safety net.
  final class Host implements AutoCloseable {

    final Database database = Database.open(home.resolve("store"));
    final GroupStore groups = new GroupStore(database);
    final MessageStore messages = new MessageStore(database);
    final InputStore inputs = new InputStore(database);
    final RunStore runs = new RunStore(database, (_, text) -> List.of(text), Samples.TASK_RULES);
    final TaskStore tasks = new TaskStore(database, (_, text) -> List.of(text), Samples.TASK_RULES);
    final Troubles troubles = new Troubles();
    final Outbox outbox =
        new Outbox(new OutboxStore(database), List.of(channel), Duration.ofMinutes(10), clock);
    final AgentContainers containers;
    final AgentTurn turn;
    final GroupQueue queue;
    final Inbox inbox;

    Host() {
      AgentUser user = AgentUser.ofThisProcess();
      Conversation conversation =
          new Conversation() {
            @Override
            public void typing(ChatJid chat, boolean on) {}

            @Override
            public void outboxChanged() {
              outbox.wake();
            }

            @Override
            public void tasksChanged() {}
          };
      Engines engines =
          new Engines(List.of(new DockerLikeEngine(Dialect.DOCKER, engine.command())));
      containers =
          new AgentContainers(
              settings.container(),
              home.resolve("data"),
              new GroupDirectories(settings.paths(), new Home(home, home), user),
              user,
              engines,
              new AgentContainers.Placement("test", Optional.empty()));
      turn =
          new AgentTurn(
              new AgentTurn.Stores(groups, messages, inputs, runs),
              containers,
              new Readiness(
                  engines,
                  "agent:test",
                  () -> Optional.of(new Credential("ANTHROPIC_API_KEY", new Secret("k")))),
              settings.settings(),
              clock,
              conversation,
              troubles,
              filesFromAgent(database));
      queue = new GroupQueue(settings.maxConcurrent, turn::take, clock);
      inbox =
          new Inbox(
              messages,
              new ChatStore(database),
              groups,
              new TriggerRule("Andy"),
              new ChatCommands(runs, queue, troubles, conversation, clock),
              group ->
                  inputs
                      .nextWork(group, Which.CHAT, clock.instant())
                      .ifPresent(it -> queue.wakeAt(Lane.chat(group.folder()), it.when())));
      if (groups.all().isEmpty()) {
        groups.add(FAMILY, "recording");
      }
      outbox.start();
      turn.findLeftBehind().forEach(queue::wake);
    }

    @Override
    public void close() {
      queue.close();
      outbox.close();
      database.close();
    }
  }

  @BeforeEach
  void prepare() {
    settings = new TestSettings(home);
    engine = new FakeEngine(home.resolve("engine"));
  }

  @AfterEach
  void stop() {
    host.queue.finish(Duration.ofSeconds(5));
    host.close();
    engine.crash(); // what ignored that
  }

  /// Nobody; a test may have it otherwise.
  FilesFromAgent filesFromAgent(Database database) {
    return (_, _, _) -> new FilesFromAgent.Taken(false, false);
  }

  void start() {
    host = new Host();
  }

  void say(String id, String text) {
    var _ = host.inbox.received(message(FAMILY.jid(), id, text, clock.instant()));
  }

  void command(String id, String text, boolean owner) {
    var _ =
        host.inbox.received(
            new IncomingMessage(
                id,
                FAMILY.jid(),
                "whatsapp",
                true,
                "me",
                "Owner",
                text,
                clock.instant(),
                owner,
                false,
                Optional.empty()));
  }

  List<String> rows(String query) {
    return Sql.rows(home.resolve("store").resolve("messages.db"), query);
  }

  List<String> inputs() {
    return rows("SELECT from_seq, to_seq, state, attempts FROM agent_inputs ORDER BY id");
  }

  List<String> ends() {
    return rows("SELECT end_reason, exit_code FROM agent_runs ORDER BY started_at, rowid");
  }

  static void until(Callable<Boolean> what) {
    await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(10)).until(what);
  }

  boolean ended(int count) {
    return rows("SELECT 1 FROM agent_runs WHERE state = 'ended'").size() == count;
  }

  List<String> entries(String directory) throws IOException {
    try (Stream<Path> files = Files.list(home.resolve(directory))) {
      return files.map(it -> it.getFileName().toString()).toList();
    }
  }
}
