package dev.nanoclaw.router;

import static dev.nanoclaw.testing.Samples.message;
import static org.assertj.core.api.Assertions.assertThat;
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
import dev.nanoclaw.db.Database;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.db.InputStore;
import dev.nanoclaw.db.MessageStore;
import dev.nanoclaw.db.OutboxStore;
import dev.nanoclaw.db.RunStore;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.IncomingMessage;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// From a message to its answer, with everything real but the engine. All polls are at ten minutes,
/// so what flows here flows because it was woken.
@Timeout(60)
@SuppressWarnings("NullAway.Init")
class AgentTurnTest {

  private static final Group FAMILY = Samples.group("family");

  @TempDir private Path home;
  private final ShiftedClock clock = new ShiftedClock();
  private final RecordingChannel channel = new RecordingChannel();
  private TestSettings settings;
  private FakeEngine engine;
  private Host host; // by start()

  /// The time of day, and as much more as a test needs to pass.
  private static final class ShiftedClock extends Clock {

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
  private final class Host implements AutoCloseable {

    final Database database = Database.open(home.resolve("store"));
    final GroupStore groups = new GroupStore(database);
    final MessageStore messages = new MessageStore(database);
    final RunStore runs = new RunStore(database);
    final Troubles troubles = new Troubles();
    final Outbox outbox =
        new Outbox(new OutboxStore(database), List.of(channel), Duration.ofMinutes(10), clock);
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
          };
      Engines engines =
          new Engines(List.of(new DockerLikeEngine(Dialect.DOCKER, engine.command())));
      turn =
          new AgentTurn(
              new AgentTurn.Stores(groups, messages, new InputStore(database), runs),
              new AgentContainers(
                  settings.container(),
                  home.resolve("data"),
                  new GroupDirectories(settings.paths(), new Home(home, home), user),
                  user,
                  engines,
                  new AgentContainers.Placement("test", Optional.empty())),
              new Readiness(
                  engines,
                  "agent:test",
                  () -> Optional.of(new Credential("ANTHROPIC_API_KEY", new Secret("k")))),
              settings.settings(),
              clock,
              conversation,
              troubles);
      queue = new GroupQueue(settings.maxConcurrent, turn::take, clock);
      inbox =
          new Inbox(
              messages,
              groups,
              new TriggerRule("Andy"),
              new ChatCommands(runs, queue, troubles, conversation, clock),
              queue::wake,
              clock);
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
  }

  private void start() {
    host = new Host();
  }

  private void say(String id, String text) {
    var _ = host.inbox.received(message(FAMILY.jid(), id, text, clock.instant()));
  }

  private void command(String id, String text, boolean owner) {
    var _ =
        host.inbox.received(
            new IncomingMessage(
                id,
                FAMILY.jid(),
                "me",
                "Owner",
                text,
                clock.instant(),
                owner,
                false,
                Optional.empty()));
  }

  private List<String> rows(String query) {
    return Sql.rows(home.resolve("store").resolve("messages.db"), query);
  }

  private List<String> inputs() {
    return rows("SELECT from_seq, to_seq, state, attempts FROM agent_inputs ORDER BY id");
  }

  private List<String> ends() {
    return rows("SELECT end_reason, exit_code FROM agent_runs ORDER BY started_at, rowid");
  }

  private static void until(Callable<Boolean> what) {
    await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(10)).until(what);
  }

  private boolean ended(int count) {
    return rows("SELECT 1 FROM agent_runs WHERE state = 'ended'").size() == count;
  }

  private List<String> entries(String directory) throws IOException {
    try (Stream<Path> files = Files.list(home.resolve(directory))) {
      return files.map(it -> it.getFileName().toString()).toList();
    }
  }

  @Test
  void aMessageIsAnsweredAndTheNextGoesIntoTheSameContainerUntilItIdles() throws IOException {
    engine.container(
        """
        printf '%s' "$request" >"$state/request"
        echo a line for the log
        echo an error >&2
        answer hello $input
        follow
        """);
    start();
    say("m0", "not for you");
    say("m1", "@Andy <hi>");
    until(() -> channel.sent().size() == 1);
    say("m2", "nor this");
    say("m3", "@Andy again");
    until(() -> channel.sent().size() == 2);
    host.close();
    settings.idleTimeout = Duration.ofMillis(50);
    start(); // only with other settings: the container goes on
    until(() -> ended(1));

    assertThat(channel.sent()).containsExactly("hello", "followed 000000000002");
    assertThat(inputs()).containsExactly("1|2|acked|0", "3|4|acked|0");
    assertThat(ends()).containsExactly("idle|0");
    assertThat(engine.calls("run")).isOne();
    assertThat(rows("SELECT session_id FROM sessions")).containsExactly("s1");
    assertThat(rows("SELECT source, part, state FROM outbox"))
        .hasSize(2)
        .allSatisfy(it -> assertThat(it).matches("run:[0-9a-f-]+\\|0\\|sent"));
    assertThat(Files.readString(engine.file("request")))
        .contains(
            "not for you</message>",
            "@Andy &lt;hi&gt;",
            "\"secrets\":{\"ANTHROPIC_API_KEY\":\"k\"}",
            "\"inputs\":[\"000000000001\"]")
        .doesNotContain("nor this", "\n");
    until(() -> entries("data/runs").isEmpty() && entries("data/ipc/family").isEmpty());
    Path log = home.resolve("data/logs/family").resolve(entries("data/logs/family").getFirst());
    assertThat(Files.readString(log)).contains("a line for the log\n", "an error\n");
    assertThat(Files.readString(log)).doesNotContain("NANOCLAW_OUTPUT", "hello");
  }

  @Test
  void theOwnerHearsTheStatusWithoutTheAgentAndNobodyElseDoes() throws IOException {
    engine.container("printf '%s' \"$request\" >\"$state/request\"; answer hi $input; follow");
    start();
    command("c1", "/status", true);
    until(() -> channel.sent().size() == 1);
    assertThat(channel.sent()).containsExactly("No container runs; the next message starts one.");
    command("c2", " /STATUS ", false);
    command("c2", "/status", true); // an id that is known changes nothing
    say("m1", "@Andy");
    until(() -> channel.sent().size() == 2);
    assertThat(Files.readString(engine.file("request")))
        .contains("/STATUS") // somebody else's is a message like any other
        .doesNotContain("/status");
    command("c3", "/status", true);
    until(() -> channel.sent().size() == 3);
    assertThat(channel.sent().getLast()).startsWith("I wait for messages, in a container started ");
  }

  @Test
  void theOwnerStartsANewSessionAndTheOpenTurnKeepsItsOwn() throws IOException {
    engine.container("wait_for \"$state/go\"; answer first $input; follow");
    start();
    say("m1", "@Andy");
    until(() -> engine.calls("run") == 1);
    command("c1", "/new", true);
    until(() -> channel.sent().size() == 1);
    assertThat(channel.sent().getFirst()).startsWith("I finish what I am at;");
    say("m2", "@Andy, this is for the new session");
    Files.writeString(engine.file("go"), "");
    engine.container("printf '%s' \"$request\" >\"$state/request\"; answer second $input; follow");
    until(() -> channel.sent().size() == 3);
    assertThat(channel.sent().subList(1, 3)).containsExactly("first", "second");
    assertThat(Files.readString(engine.file("request"))).contains("\"session_id\":null");
  }

  @Test
  void theOwnerBreaksOffTheTurnThatRuns() {
    engine.container(
        "wait_for \"$inputs/_interrupt\"; rm \"$inputs/_interrupt\"; answer '' $input; follow");
    start();
    command("c1", "/stop", true);
    until(() -> channel.sent().equals(List.of("Nothing is running.")));
    say("m1", "@Andy");
    until(() -> engine.calls("run") == 1);
    command("c2", "/stop", true);
    until(() -> inputs().equals(List.of("1|2|acked|0")));
    until(() -> channel.sent().equals(List.of("Nothing is running.", "Stopping.")));
    say("m2", "@Andy again");
    until(() -> channel.sent().size() == 3);
    assertThat(engine.calls("run")).isOne();
  }

  @Test
  void theNextRunGoesOnWithTheSession() throws IOException {
    engine.container("printf '%s' \"$request\" >\"$state/request\"; answer a $input");
    start();
    say("m1", "@Andy");
    until(() -> ended(1));
    assertThat(Files.readString(engine.file("request"))).contains("\"session_id\":null");
    say("m2", "@Andy");
    until(() -> ended(2));
    assertThat(Files.readString(engine.file("request"))).contains("\"session_id\":\"s1\"");
    assertThat(ends()).containsExactly("completed|0", "completed|0");
  }

  @Test
  void whoGivesNoSignIsEndedAndTheMessageTriedAgain() {
    settings.timeout = Duration.ofMillis(400);
    engine.container("wait_for \"$inputs/_close\"; exit 0");
    start();
    say("m1", "@Andy");
    until(() -> ended(1));
    assertThat(ends()).containsExactly("timeout|0");
    until(() -> inputs().equals(List.of("1|1|pending|1")));
    assertThat(rows("SELECT error FROM agent_inputs")).hasSize(1);
    host.close();
    settings.timeout = Duration.ofMinutes(10);
    start();
    engine.container("answer late $input");
    say("m2", "@Andy, newer");
    until(() -> host.queue.activeTurns() == 0);
    assertThat(engine.calls("run")).as("the newer one waits behind it").isOne();
    clock.advance(Duration.ofSeconds(5));
    host.queue.wake(FAMILY.folder());
    until(() -> channel.sent().equals(List.of("late", "late")));
    until(() -> inputs().equals(List.of("1|1|acked|1", "2|2|acked|0")));
  }

  @Test
  void anEngineThatRefusesIsToldOnceAndCountsForNobody() {
    engine.breaks("run", "docker: no space left on device.");
    start();
    say("m1", "@Andy");
    until(() -> ended(1));
    until(() -> channel.sent().size() == 1);
    assertThat(channel.sent().getFirst())
        .contains("could not be started (docker: no space left on device.)");
    assertThat(host.troubles.of(FAMILY.folder())).isPresent();
    clock.advance(Retries.PARKED);
    host.queue.wake(FAMILY.folder());
    until(() -> ended(2));
    assertThat(inputs()).containsExactly("1|1|pending|0");
    engine.works("run");
    engine.container("answer finally $input");
    clock.advance(Retries.PARKED);
    host.queue.wake(FAMILY.folder());
    until(() -> channel.sent().size() == 2);
    assertThat(channel.sent().getLast()).isEqualTo("finally");
    assertThat(host.troubles.of(FAMILY.folder())).isEmpty();
  }

  @Test
  void anEngineThatIsGoneCountsForNobody() throws IOException {
    engine.container("exit 127");
    start();
    say("m1", "@Andy");
    until(() -> ended(1));
    assertThat(inputs()).containsExactly("1|1|pending|0");
  }

  @Test
  void aMissingEngineIsToldOncePerMessageAndHeals() {
    engine.breaks("version", "cannot connect to the daemon");
    start();
    say("m1", "@Andy");
    until(() -> channel.sent().size() == 1);
    assertThat(channel.sent().getFirst()).contains("No container engine answers", "cannot connect");
    host.queue.wake(FAMILY.folder());
    host.queue.wake(FAMILY.folder());
    until(() -> host.queue.activeTurns() == 0);
    assertThat(channel.sent()).hasSize(1);
    assertThat(rows("SELECT * FROM agent_runs")).isEmpty();
    engine.works("version");
    engine.container("answer healed $input");
    host.queue.wake(FAMILY.folder());
    until(() -> channel.sent().size() == 2);
    assertThat(inputs()).containsExactly("1|1|acked|0");
  }

  @Test
  void aMessageThatCrashesItsAgentEveryTimeBecomesADeadLetterAndTheNextIsAnswered() {
    settings.maxRetries = 2;
    engine.container("exit 3");
    start();
    say("m1", "@Andy boom");
    for (int attempt = 1; attempt <= 2; attempt++) {
      String row = "1|1|pending|" + attempt;
      until(() -> inputs().equals(List.of(row)));
      clock.advance(Duration.ofSeconds(5L << (attempt - 1)));
      host.queue.wake(FAMILY.folder());
    }
    until(() -> inputs().equals(List.of("1|1|dead|3")));
    until(() -> channel.sent().size() == 1);
    assertThat(channel.sent().getFirst())
        .startsWith("I could not answer your last message after 3");
    assertThat(rows("SELECT input_id, chat_jid FROM dead_letters"))
        .containsExactly("1|family@g.us");
    engine.container("answer fine $input");
    say("m2", "@Andy");
    until(() -> channel.sent().size() == 2);
    until(() -> inputs().equals(List.of("1|1|dead|3", "2|2|acked|0")));
    until(() -> ended(4));
    assertThat(ends()).containsExactly("crashed|3", "crashed|3", "crashed|3", "completed|0");
  }

  @Test
  void troubleWithTheApiParksTheGroupAndCountsForNobody() {
    engine.container(
        """
        frame error "\\"error\\":\\"No credit.\\",\\"error_kind\\":\\"auth\\",\\"acked\\":[],\\"failed\\":[\\"$input\\"],\\"idle\\":true"
        follow
        """);
    start();
    say("m1", "@Andy");
    until(() -> ended(1));
    assertThat(inputs()).containsExactly("1|1|pending|0");
    until(() -> channel.sent().size() == 1);
    assertThat(channel.sent().getFirst()).startsWith("No credit. Your message is kept");
  }

  @Test
  void aRestartInMidTurnTakesTheRunUpAndItsFramesOnce() {
    engine.container(
        """
        frame success "\\"result\\":\\"first\\",\\"acked\\":[],\\"failed\\":[],\\"idle\\":false"
        wait_for "$state/go"
        answer second $input
        follow
        """);
    start();
    say("m1", "@Andy");
    until(() -> channel.sent().equals(List.of("first")));
    host.close();
    engine.write("go", "");
    start();
    until(() -> channel.sent().equals(List.of("first", "second")));
    say("m2", "@Andy");
    until(() -> channel.sent().size() == 3);
    assertThat(inputs()).containsExactly("1|1|acked|0", "2|2|acked|0");
    host.queue.finish(Duration.ofSeconds(20));
    assertThat(ends()).containsExactly("completed|0");
    assertThat(engine.calls("run")).isOne();
    assertThat(rows("SELECT count(*) FROM outbox")).containsExactly("3");
  }

  @Test
  void whatWasSaidWhileTheHostWasAwayArrivesThoughTheContainerEnded() {
    engine.container("wait_for \"$state/go\"; answer done $input");
    start();
    say("m1", "@Andy");
    until(() -> engine.calls("run") == 1);
    host.close();
    engine.write("go", "");
    until(() -> !Files.exists(engine.file("running")) || isEmpty(engine.file("running")));
    start();
    until(() -> channel.sent().equals(List.of("done")));
    until(() -> ended(1));
    assertThat(ends()).containsExactly("completed|0");
  }

  private static boolean isEmpty(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.findAny().isEmpty();
    }
  }

  @Test
  void aRunWhoseFilesAreGoneIsLostAndItsMessageGivenAgain() throws IOException {
    engine.container("wait_for \"$state/never\"");
    start();
    say("m1", "@Andy");
    until(() -> engine.calls("run") == 1 && !isEmpty(engine.file("running")));
    host.close();
    engine.write("never", "");
    until(() -> isEmpty(engine.file("running")));
    dev.nanoclaw.container.Trees.delete(home.resolve("data/runs"));
    engine.container("answer again $input");
    start();
    until(() -> channel.sent().equals(List.of("again")));
    until(() -> ended(2));
    assertThat(ends()).containsExactly("lost|null", "completed|0");
    assertThat(inputs()).containsExactly("1|1|acked|0");
  }

  @Test
  void aTurnThatFailsOnTheWayIsTakenUpByTheNext() {
    engine.container("answer a $input");
    start();
    Path file = home.resolve("store").resolve("messages.db");
    Sql.execute(
        file,
        "CREATE TRIGGER stop BEFORE UPDATE OF end_reason ON agent_runs BEGIN SELECT RAISE(ABORT,"
            + " 'disk'); END");
    say("m1", "@Andy");
    until(() -> channel.sent().equals(List.of("a")));
    until(() -> host.queue.activeTurns() == 0);
    assertThat(ended(0)).isTrue();
    Sql.execute(file, "DROP TRIGGER stop");
    say("m2", "@Andy");
    until(() -> channel.sent().equals(List.of("a", "a")));
    until(() -> ended(2));
    assertThat(inputs()).containsExactly("1|1|acked|0", "2|2|acked|0");
  }

  @Test
  void aGroupWhoseFolderIsALinkIsToldSo() throws IOException {
    start();
    Files.createDirectories(home.resolve("groups"));
    Files.createSymbolicLink(home.resolve("groups/family"), home);
    say("m1", "@Andy");
    until(() -> channel.sent().size() == 1);
    assertThat(channel.sent().getFirst()).contains("groups/family is a link");
    assertThat(engine.calls("run")).isZero();
    assertThat(inputs()).containsExactly("1|1|pending|0");
  }

  @Test
  void anEndThatTheEngineDoesNotConfirmIsAskedForOnceASecond() {
    engine.container("exit 3");
    engine.breaks("ps", "the daemon is restarting");
    start();
    say("m1", "@Andy");
    until(() -> engine.calls("ps") >= 1);
    await().during(Duration.ofMillis(700)).until(() -> engine.calls("ps") <= 2);
    until(() -> engine.calls("ps") >= 2);
    assertThat(ended(0)).isTrue();
    engine.works("ps");
    until(() -> ended(1));
    assertThat(ends()).containsExactly("crashed|3");
  }

  @Test
  void aFloodOfOutputStallsNothingAndTheTimeLimitHolds() throws IOException {
    settings.timeout = Duration.ofMillis(500);
    engine.container(
        """
        (while :; do yes | head -c 1000000; sleep 0.03; done) & flood=$!
        wait_for "$inputs/_close"
        kill $flood
        """);
    start();
    say("m1", "@Andy");
    until(() -> ended(1));
    assertThat(ends()).containsExactly("timeout|0");
    Path log = home.resolve("data/logs/family").resolve(entries("data/logs/family").getFirst());
    assertThat(Files.size(log)).isLessThan(6 * 1024 * 1024);
  }

  @Test
  void aLineThatIsTooLongEndsTheRun() {
    settings.maxOutput = 1000;
    engine.container("head -c 2000 /dev/zero | tr '\\0' x; wait_for \"$inputs/_close\"; exit 0");
    start();
    say("m1", "@Andy");
    until(() -> ended(1));
    assertThat(ends()).containsExactly("killed|0");
  }

  @Test
  void aFloodWithoutAnAnswerEndsTheRunAndIsNamed() throws IOException {
    settings.maxOutput = 100_000; // so a megabyte is a flood
    // not without end: what outlives its container here would fill the disk
    engine.container("yes 'a short line' | head -c 3000000; wait_for \"$state/never\"");
    start();
    say("m1", "@Andy");
    until(() -> ended(1));
    assertThat(ends()).singleElement().asString().startsWith("killed|");
    Path log = home.resolve("data/logs/family").resolve(entries("data/logs/family").getFirst());
    assertThat(Files.readAllLines(log))
        .contains("[it wrote more than 1000000 bytes without an answer]");
  }

  @Test
  void aContainerThatWroteMuchGivesWayToANewOneBetweenTurns() {
    settings.maxOutput = 100_000;
    engine.container(
        "head -c 900000 /dev/zero | tr '\\0' '\\n'; answer one $input;"
            + " head -c 900000 /dev/zero | tr '\\0' '\\n'; wait_for \"$inputs/_close\"; exit 0");
    start();
    say("m1", "@Andy");
    until(() -> ended(1));
    assertThat(ends()).containsExactly("completed|0");
  }

  @Test
  void aFullDatabaseLosesNoFrame() {
    engine.container("wait_for \"$state/go\"; answer kept $input; follow");
    start();
    Path file = home.resolve("store").resolve("messages.db");
    say("m1", "@Andy");
    until(() -> engine.calls("run") == 1);
    Sql.execute(
        file, "CREATE TRIGGER stop BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'disk'); END");
    engine.write("go", "");
    await()
        .during(Duration.ofMillis(200))
        .until(() -> rows("SELECT output_read FROM agent_runs").equals(List.of("0")));
    Sql.execute(file, "DROP TRIGGER stop");
    until(() -> channel.sent().equals(List.of("kept")));
    assertThat(inputs()).containsExactly("1|1|acked|0");
    assertThat(new GroupFolder("family")).isEqualTo(FAMILY.folder());
  }
}
