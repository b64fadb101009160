package dev.nanoclaw.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.testing.Sql;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Agents, engines and disks that fail.
final class AgentTurnTroubleTest extends AgentTurnFixture {

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
    host.queue.wake(Lane.chat(FAMILY.folder()));
    String trouble =
        "Something went wrong: the agent gave no sign within its time limit."
            + " Nothing is lost, and I try again by myself.";
    until(() -> channel.sent().equals(List.of(trouble, "late", "late")));
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
    host.queue.wake(Lane.chat(FAMILY.folder()));
    until(() -> ended(2));
    assertThat(inputs()).containsExactly("1|1|pending|0");
    engine.works("run");
    engine.container("answer finally $input");
    clock.advance(Retries.PARKED);
    host.queue.wake(Lane.chat(FAMILY.folder()));
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
  void anAgentThatEndsTogetherWithItsEngineIsLostAndCountsForNobody() throws IOException {
    engine.container("exit 143");
    engine.breaks("ps", "the daemon is stopping");
    start();
    say("m1", "@Andy");
    until(() -> engine.calls("ps") >= 2);
    engine.container("answer finally $input; follow");
    engine.works("ps");
    until(() -> channel.sent().size() == 1);
    assertThat(channel.sent()).containsExactly("finally");
    assertThat(ends()).startsWith("lost|143");
    assertThat(inputs()).containsExactly("1|1|acked|0");
  }

  @Test
  void anEngineThatLosesSightOfItsContainerCountsForNobody() throws IOException {
    engine.container("echo 'level=error msg=\"error waiting for container: EOF\"' >&2; exit 125");
    start();
    say("m1", "@Andy");
    until(() -> ended(1));
    engine.container("answer finally $input; follow");
    until(() -> channel.sent().size() == 1);
    assertThat(channel.sent()).containsExactly("finally");
    assertThat(ends()).startsWith("lost|-1");
  }

  @Test
  void aMissingEngineIsToldOncePerMessageAndHeals() {
    engine.breaks("version", "cannot connect to the daemon");
    start();
    say("m1", "@Andy");
    until(() -> channel.sent().size() == 1);
    assertThat(channel.sent().getFirst()).contains("No container engine answers", "cannot connect");
    host.queue.wake(Lane.chat(FAMILY.folder()));
    host.queue.wake(Lane.chat(FAMILY.folder()));
    until(() -> host.queue.activeTurns() == 0);
    assertThat(channel.sent()).hasSize(1);
    assertThat(rows("SELECT * FROM agent_runs")).isEmpty();
    engine.works("version");
    engine.container("answer healed $input");
    host.queue.wake(Lane.chat(FAMILY.folder()));
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
      host.queue.wake(Lane.chat(FAMILY.folder()));
    }
    until(() -> inputs().equals(List.of("1|1|dead|3")));
    until(() -> channel.sent().size() == 2);
    assertThat(channel.sent().getFirst()).startsWith("Something went wrong: the agent crashed.");
    assertThat(channel.sent().getLast()).startsWith("I could not answer your last message after 3");
    assertThat(rows("SELECT input_id, chat_jid FROM dead_letters"))
        .containsExactly("1|family@g.us");
    engine.container("answer fine $input");
    say("m2", "@Andy");
    until(() -> channel.sent().size() == 3);
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
    assertThat(channel.sent().getFirst()).startsWith("No credit. Nothing is lost");
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
    await().during(Duration.ofMillis(500)).until(() -> ended(0));
    assertThat(host.queue.activeTurns()).as("it keeps its slot").isOne();
    Sql.execute(file, "DROP TRIGGER stop");
    say("m2", "@Andy");
    until(() -> channel.sent().equals(List.of("a", "a")));
    until(() -> ended(2));
    assertThat(inputs()).containsExactly("1|1|acked|0", "2|2|acked|0");
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
