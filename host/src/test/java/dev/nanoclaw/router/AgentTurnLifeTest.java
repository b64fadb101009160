package dev.nanoclaw.router;

import static dev.nanoclaw.testing.Samples.message;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.testing.Samples;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// How long containers live: limits, slots, restarts in between.
final class AgentTurnLifeTest extends AgentTurnFixture {

  private static final Group WORK = Samples.group("work");

  private void say(Group group, String id, String text) {
    var _ = host.inbox.received(message(group.jid(), id, text, clock.instant()));
  }

  @Test
  void aContainerThatIdlesGivesItsSlotToAnotherGroup() {
    settings.maxConcurrent = 1;
    engine.container("answer \"for $name\" $input; follow");
    start();
    host.groups.add(WORK, "recording");
    say("m1", "@Andy");
    until(() -> channel.sent().size() == 1);
    say(WORK, "w1", "@Andy");
    until(() -> channel.sent().size() == 2);
    assertThat(channel.sent().getFirst()).startsWith("for nanoclaw-family");
    assertThat(channel.sent().getLast()).startsWith("for nanoclaw-work");
    assertThat(ends()).startsWith("preempted|0");
  }

  @Test
  void aGroupThatWritesAllTheTimeDoesNotKeepAnotherWaiting() {
    settings.maxConcurrent = 1;
    engine.container("wait_for \"$state/go\"; answer first $input; follow");
    start();
    host.groups.add(WORK, "recording");
    say("m1", "@Andy");
    until(() -> engine.calls("run") == 1);
    say(WORK, "w1", "@Andy");
    say("m2", "@Andy, and another");
    engine.container("answer second $input; follow");
    engine.write("go", "");
    until(() -> channel.sent().size() == 3);
    assertThat(channel.sent()).containsExactly("first", "second", "second");
    assertThat(rows("SELECT group_folder FROM agent_runs ORDER BY rowid"))
        .containsExactly("family", "work", "family");
    assertThat(ends()).startsWith("preempted|0", "preempted|0");
  }

  @Test
  void aBatchWithAPoisonedMessageIsAnsweredExceptForThatOne() {
    settings.maxRetries = 3;
    engine.container(
        """
        case $request in *poison*) exit 3 ;; esac
        answer fine $input
        until [ -e "$inputs/_close" ]; do
          for file in "$inputs"/*.json; do
            [ -e "$file" ] || continue
            if grep -q poison "$file"; then exit 3; fi
            id=$(basename "$file" .json)
            rm "$file"
            answer fine "$id"
          done
          sleep 0.02
        done
        """);
    engine.breaks("version", "not there yet"); // so that they come in one batch
    start();
    say("m1", "@Andy one");
    say("m2", "@Andy poison");
    say("m3", "@Andy three");
    engine.works("version");
    for (int i = 0; i < 12 && !settled(); i++) {
      until(() -> settled() || host.queue.activeTurns() == 0);
      clock.advance(Duration.ofMinutes(6));
      host.queue.wake(Lane.chat(FAMILY.folder()));
    }
    until(this::settled);
    assertThat(inputs()).containsExactly("1|1|acked|2", "2|2|dead|4", "3|3|acked|2");
    assertThat(rows("SELECT count(*) FROM dead_letters")).containsExactly("1");
  }

  @Test
  void aBatchIsTakenApartAlsoWhereNothingIsTriedAgain() {
    settings.maxRetries = 0;
    engine.container("case $request in *poison*) exit 3 ;; esac; answer fine $input");
    engine.breaks("version", "not there yet"); // so that they come in one batch
    start();
    say("m1", "@Andy one");
    say("m2", "@Andy poison");
    say("m3", "@Andy three");
    engine.works("version");
    host.queue.wake(Lane.chat(FAMILY.folder()));
    until(() -> inputs().equals(List.of("1|1|acked|2", "2|2|dead|3", "3|3|acked|2")));
  }

  private boolean settled() {
    return rows("SELECT 1 FROM agent_inputs WHERE state IN ('acked', 'dead')").size() == 3;
  }

  @Test
  void aGroupsOwnTimeLimitMayBeShorter() {
    settings.timeout = Duration.ofMinutes(10);
    engine.container("wait_for \"$inputs/_close\"; exit 0");
    start();
    Group hasty = timeLimit("hasty", Duration.ofMillis(300));
    host.groups.add(hasty, "recording");
    say(hasty, "h1", "@Andy");
    until(() -> ended(1));
    assertThat(ends()).containsExactly("timeout|0");
  }

  @Test
  void aGroupsOwnTimeLimitMayBeLonger() {
    settings.timeout = Duration.ofMillis(300);
    engine.container("wait_for \"$state/go\"; answer patiently $input; follow");
    start();
    Group patient = timeLimit("patient", Duration.ofMinutes(10));
    host.groups.add(patient, "recording");
    say(patient, "p1", "@Andy");
    until(() -> engine.calls("run") == 1);
    say("m1", "@Andy"); // a group with the general limit, beside it
    until(() -> ends().contains("timeout|143") || ends().contains("timeout|137"));
    engine.write("go", "");
    until(() -> channel.sent().contains("patiently"));
    assertThat(rows("SELECT DISTINCT state FROM agent_runs WHERE group_folder = 'patient'"))
        .containsExactly("running");
  }

  @Test
  void aMachineThatSleptHasNotMadeTheAgentSilent() {
    settings.timeout = Duration.ofMinutes(10);
    engine.container("wait_for \"$state/go\"; answer awake $input; follow");
    start();
    say("m1", "@Andy");
    until(() -> engine.calls("run") == 1);
    clock.advance(Duration.ofMinutes(40));
    long asked = engine.calls("ps");
    clock.advance(Duration.ofSeconds(11));
    until(() -> engine.calls("ps") > asked); // it has looked
    clock.advance(Duration.ofDays(-1));
    engine.write("go", "");
    until(() -> channel.sent().equals(List.of("awake")));
    assertThat(inputs()).containsExactly("1|1|acked|0");
  }

  @Test
  void aMessageThatWaitsForItsNextTryTakesNoSlot() {
    settings.maxConcurrent = 1;
    engine.container("exit 3");
    start();
    host.groups.add(WORK, "recording");
    say(WORK, "w1", "@Andy");
    until(() -> ended(1));
    engine.container("answer hello $input; follow");
    say("m1", "@Andy");
    until(() -> channel.sent().contains("hello"));
    say(WORK, "w2", "@Andy, still there?");
    say("m2", "@Andy");
    until(() -> channel.sent().size() == 3);
    assertThat(ends()).containsExactly("crashed|3", "null|null");
    assertThat(engine.calls("run")).isEqualTo(2);
  }

  @Test
  void anInputThatCrossesTheEndOfATurnKeepsItOpen() {
    engine.container(
        """
        wait_for "$inputs/000000000002.json"
        answer first $input
        wait_for "$state/go"
        rm "$inputs/000000000002.json"
        answer second 000000000002
        follow
        """);
    settings.idleTimeout = Duration.ofMillis(300);
    start();
    say("m1", "@Andy");
    until(() -> engine.calls("run") == 1);
    say("m2", "@Andy, and this");
    until(() -> channel.sent().equals(List.of("first")));
    assertThat(rows("SELECT turn_since IS NULL FROM agent_runs")).containsExactly("0");
    engine.write("go", "");
    until(() -> channel.sent().equals(List.of("first", "second")));
    until(() -> ended(1));
    assertThat(ends()).containsExactly("idle|0");
  }

  @Test
  void anEngineThatAnswersSlowlyStillEndsARun() throws IOException {
    engine.container("exit 3");
    engine.write("slow-ps", "1.3");
    start();
    say("m1", "@Andy");
    until(() -> ended(1));
    assertThat(ends()).containsExactly("crashed|3");
  }

  private static Group timeLimit(String folder, Duration limit) {
    return new Group(
        new ChatJid(folder + "@g.us"),
        folder,
        new GroupFolder(folder),
        Optional.empty(),
        true,
        false,
        Optional.of(limit),
        Samples.NOW);
  }

  @Test
  void theIdleTimeGoesOnOverARestart() {
    engine.container("answer hello $input; follow");
    start();
    say("m1", "@Andy");
    until(() -> channel.sent().size() == 1);
    clock.advance(Duration.ofMinutes(9));
    host.close();
    clock.advance(Duration.ofMinutes(2));
    start();
    until(() -> ended(1));
    assertThat(ends()).containsExactly("idle|0");
  }

  @Test
  void whatARunSaidBeforeItWasLostIsToldToTheNext() throws IOException {
    settings.timeout = Duration.ofDays(99);
    engine.container(
        """
        frame success "\\"result\\":\\"half of it\\",\\"acked\\":[],\\"failed\\":[],\\"idle\\":false"
        wait_for "$state/lost"
        """);
    start();
    say("m1", "@Andy");
    until(() -> channel.sent().equals(List.of("half of it")));
    engine.container("printf '%s' \"$request\" >\"$state/request\"; answer rest $input; follow");
    engine.crash();
    until(() -> {
      clock.advance(Duration.ofSeconds(11)); // the next question to the engine
      host.queue.wake(Lane.chat(FAMILY.folder()));
      return channel.sent().contains("rest");
    });
    assertThat(Files.readString(engine.file("request")))
        .contains("<already-sent>", "<sent>half of it</sent>");
    assertThat(ends()).startsWith("lost|null");
    assertThat(inputs()).containsExactly("1|1|acked|0");
  }

  @Test
  void aContainerThatBelongsToNoRunIsRemoved() throws IOException {
    engine.container("answer hello $input; follow");
    start();
    say("m1", "@Andy");
    until(() -> channel.sent().size() == 1);
    List<String> command = new ArrayList<>(engine.command());
    command.addAll(List.of("run", "--name", "stray"));
    Process stray = new ProcessBuilder(command).start();
    stray.getOutputStream().write("{}\n".getBytes(StandardCharsets.UTF_8));
    stray.getOutputStream().flush();
    until(() -> Files.exists(engine.file("running/stray")));
    host.containers.endLeftovers(
        () -> host.runs.open().stream().map(AgentRun::container).collect(Collectors.toSet()));
    until(() -> !stray.isAlive());
    assertThat(engine.calls("rm")).isOne();
    say("m2", "@Andy");
    until(() -> channel.sent().size() == 2);
    assertThat(engine.calls("run")).as("the other goes on").isEqualTo(2);
  }

  @Test
  void anEngineThatHangsDelaysNoFrame() throws IOException {
    engine.container("wait_for \"$state/go\"; answer promptly $input; follow");
    start();
    say("m1", "@Andy");
    until(() -> engine.calls("run") == 1);
    engine.hangs("ps");
    clock.advance(Duration.ofMinutes(1));
    host.queue.wake(Lane.chat(FAMILY.folder()));
    until(() -> engine.calls("ps") >= 1);
    engine.write("go", "");
    until(() -> channel.sent().equals(List.of("promptly")));
    assertThat(Files.exists(engine.file("hung-ps"))).as("the question was still open").isFalse();
    engine.resumes("ps");
  }
}
