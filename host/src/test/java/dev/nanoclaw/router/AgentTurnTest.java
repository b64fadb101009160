package dev.nanoclaw.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.domain.IncomingMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Messages, follow-ups, commands of the owner, and hosts that come and go.
final class AgentTurnTest extends AgentTurnFixture {

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
  void aCommandThatWasStoredAndNotCarriedOutIsWhenItComesAgain() {
    engine.container("answer hello $input; follow");
    start();
    say("m1", "@Andy");
    until(() -> channel.sent().size() == 1);
    IncomingMessage command =
        new IncomingMessage(
            "c1",
            FAMILY.jid(),
            "whatsapp",
            true,
            "me",
            "Owner",
            "/new",
            clock.instant(),
            true,
            false,
            Optional.empty());
    assertThat(host.messages.addCommand(command)).isPresent(); // and there the host was killed
    assertThat(rows("SELECT count(*) FROM sessions")).containsExactly("1");
    command("c1", "/new", true);
    until(() -> channel.sent().size() == 2);
    assertThat(rows("SELECT count(*) FROM sessions")).containsExactly("0");
    until(() -> ended(1));
    say("m2", "@Andy");
    until(() -> channel.sent().size() == 3);
    command("c1", "/new", true);
    assertThat(rows("SELECT count(*) FROM sessions")).as("only once").containsExactly("1");
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

  private boolean exitCodeIsWritten() throws IOException {
    try (Stream<Path> runs = Files.list(home.resolve("data/runs"))) {
      return runs.allMatch(it -> Files.exists(it.resolve("rc")));
    }
  }

  /// The wrapper of an earlier version wrote no `begun`, and its host kept no record of what it
  /// gave.
  private void asOfAnEarlierVersion() throws IOException {
    Path run = home.resolve("data/runs").resolve(entries("data/runs").getFirst());
    Files.deleteIfExists(run.resolve("begun"));
    dev.nanoclaw.container.Trees.delete(run.resolve("given"));
  }

  @Test
  void aContainerOfAnEarlierVersionGoesOn() throws IOException {
    engine.container("wait_for \"$state/go\"; answer first $input; follow");
    start();
    say("m1", "@Andy");
    until(() -> engine.calls("run") == 1);
    host.close();
    asOfAnEarlierVersion();
    start();
    say("m2", "@Andy");
    until(() -> inputs().equals(List.of("1|1|claimed|0", "2|2|claimed|0")));
    engine.write("go", "");
    until(() -> channel.sent().equals(List.of("first", "followed 000000000002")));
    assertThat(engine.calls("run")).isOne();
  }

  @Test
  void anAnswerOfAnEarlierVersionsContainerThatEndedMeanwhileIsTaken() throws IOException {
    engine.container("wait_for \"$state/go\"; answer late $input");
    start();
    say("m1", "@Andy");
    until(() -> engine.calls("run") == 1);
    host.close();
    engine.write("go", "");
    until(this::exitCodeIsWritten);
    asOfAnEarlierVersion();
    start();
    until(() -> ended(1));
    until(() -> channel.sent().equals(List.of("late")));
    assertThat(engine.calls("run")).isOne();
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
    until(this::exitCodeIsWritten); // the wrapper's last word
    dev.nanoclaw.container.Trees.delete(home.resolve("data/runs"));
    engine.container("answer again $input");
    start();
    until(() -> channel.sent().equals(List.of("again")));
    until(() -> ended(2));
    assertThat(ends()).containsExactly("lost|null", "completed|0");
    assertThat(inputs()).containsExactly("1|1|acked|0");
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
}
