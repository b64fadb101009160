package dev.nanoclaw.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.protocol.AgentFrame;
import dev.nanoclaw.protocol.AgentFrame.ErrorKind;
import dev.nanoclaw.protocol.AgentFrame.Status;
import dev.nanoclaw.protocol.Json;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

final class TurnsTest {

  private final AtomicBoolean unreachable = new AtomicBoolean();
  private final Turns turns = new Turns("nonce", unreachable::get);

  @Test
  void aResultAcksTheMessagesItNamesAndIdleWaitsForTheRest() {
    String first = turns.open(List.of("a", "b"));
    String joined = turns.open(List.of("c"));
    String later = turns.open(List.of("d"));

    AgentFrame frame = take(success("\"one\"", first, joined));
    assertThat(frame.acked()).containsExactly("a", "b", "c");
    assertThat(frame.idle()).isFalse();
    assertThat(frame.result()).contains("one");
    assertThat(frame.newSessionId()).contains("s");

    AgentFrame last = take(success("\"\"", later));
    assertThat(last.acked()).containsExactly("d");
    assertThat(last.idle()).isTrue();
    assertThat(last.result()).isEmpty();
  }

  @Test
  void anInputIsKnownUntilItGoesBack() {
    assertThat(turns.knows("a")).isFalse();
    String uuid = turns.open(List.of("a", "b"));
    assertThat(turns.knows("b")).as("it is inside").isTrue();
    take(failure(500, "", uuid));
    assertThat(turns.knows("b")).as("it may be given again").isFalse();
    take(success("\"\"", turns.open(List.of("b"))));
    assertThat(turns.knows("b")).as("it is answered").isTrue();
  }

  @Test
  void aTurnThatNobodyAskedForAcksNothing() {
    turns.open(List.of("a"));

    AgentFrame frame = take(success("\"by myself\""));
    assertThat(frame.acked()).isEmpty();
    assertThat(frame.result()).contains("by myself");
    assertThat(frame.idle()).isFalse();
  }

  @Test
  void aResultWithoutNamesMeansTheMessagesThatHadStarted() {
    String first = turns.open(List.of("a"));
    turns.open(List.of("b"));
    line("{'type':'command_lifecycle','command_uuid':'%s','state':'started'}".formatted(first));

    AgentFrame frame = take("{'type':'result','subtype':'success','session_id':'s','num_turns':1}");
    assertThat(frame.acked()).containsExactly("a");
    assertThat(frame.idle()).isFalse();
  }

  @Test
  void successWithIsErrorIsAnError() {
    String uuid = turns.open(List.of("a"));

    AgentFrame frame = take(failure(429, "limit resets at 5pm", uuid));
    assertThat(frame.status()).isEqualTo(Status.ERROR);
    assertThat(frame.errorKind()).contains(ErrorKind.RATE_LIMIT);
    assertThat(frame.failed()).containsExactly("a");
    assertThat(frame.acked()).isEmpty();
    assertThat(frame.error()).hasValueSatisfying(it -> assertThat(it).contains("resets at 5pm"));
    assertThat(frame.result()).isEmpty();
  }

  @Test
  void troubleIsNamedAfterWhoHasToAct() {
    assertThat(kind(401)).isEqualTo(ErrorKind.AUTH);
    assertThat(kind(403)).isEqualTo(ErrorKind.AUTH);
    assertThat(kind(404)).isEqualTo(ErrorKind.MODEL);
    assertThat(kind(400)).isEqualTo(ErrorKind.OTHER);
    assertThat(kind(413)).isEqualTo(ErrorKind.OTHER);
    assertThat(kind(500)).isEqualTo(ErrorKind.OVERLOADED);
    assertThat(kind(529)).isEqualTo(ErrorKind.OVERLOADED);
    assertThat(kind(502)).isEqualTo(ErrorKind.OVERLOADED);
    unreachable.set(true);
    assertThat(kind(502)).isEqualTo(ErrorKind.NETWORK);
  }

  @Test
  void noCreditIsTroubleWithTheCredentialThoughTheStatusIs400() {
    String uuid = turns.open(List.of("a"));
    line("{'type':'assistant','parent_tool_use_id':null,'error':'billing_error'}");
    line("{'type':'assistant','parent_tool_use_id':'toolu_1'}");

    assertThat(take(failure(400, "low", uuid)).errorKind()).contains(ErrorKind.AUTH);
  }

  @Test
  void anUnknownSessionGivesAllInputsBackAndNoSession() {
    turns.open(List.of("a", "b"));

    AgentFrame frame =
        take(
            "{'type':'result','subtype':'error_during_execution','is_error':true,'num_turns':0,"
                + "'session_id':'s','errors':['No conversation found with session ID: x']}");
    assertThat(frame.errorKind()).contains(ErrorKind.SESSION_LOST);
    assertThat(frame.failed()).containsExactly("a", "b");
    assertThat(frame.newSessionId()).isEmpty();
    assertThat(turns.lost(ErrorKind.OTHER, "gone")).isEmpty();
  }

  @Test
  void aLostCliGivesEverythingBackOnce() throws InterruptedException {
    turns.open(List.of("a"));
    turns.open(List.of("b"));

    AgentFrame frame = turns.lost(ErrorKind.OTHER, "gone").orElseThrow();
    assertThat(frame.failed()).containsExactly("a", "b");
    assertThat(frame.error()).contains("gone");
    assertThat(turns.lost(ErrorKind.OTHER, "gone")).isEmpty();
    assertThat(turns.awaitNoneOpen(Duration.ZERO)).isTrue();
  }

  @Test
  void aTurnThatSomebodyStoppedIsDoneAndOneThatBrokeOffByItselfIsNot() {
    assertThat(turns.stop()).as("without a turn").isFalse();
    String first = turns.open(List.of("a"));
    String waiting = turns.open(List.of("b"));
    assertThat(turns.stop()).isTrue();
    assertThat(turns.stopping()).isTrue();

    AgentFrame stopped = take(aborted(first));
    assertThat(stopped.status()).isEqualTo(Status.SUCCESS);
    assertThat(stopped.acked()).containsExactly("a");
    assertThat(stopped.result()).isEmpty();
    assertThat(stopped.idle()).isFalse();
    assertThat(turns.stopping()).isFalse();

    AgentFrame broken = take(aborted(waiting));
    assertThat(broken.status()).isEqualTo(Status.ERROR);
    assertThat(broken.failed()).containsExactly("b");
  }

  @Test
  void aTurnThatFailsForItsOwnReasonsWhileItIsToStopFailed() {
    String uuid = turns.open(List.of("a"));
    turns.stop();

    assertThat(take(failure(401, "no", uuid)).errorKind()).contains(ErrorKind.AUTH);
  }

  @Test
  void aMessageThatTheCliCancelledIsGivenBackOnceNothingRuns() throws InterruptedException {
    String answered = turns.open(List.of("a"));
    String dropped = turns.open(List.of("b"));
    lifecycle(answered, "cancelled");
    lifecycle(dropped, "cancelled");
    assertThat(take(success("\"one\"", answered)).acked()).containsExactly("a");
    assertThat(turns.awaitNoneOpen(Duration.ofMillis(1))).isFalse();

    AgentFrame frame = take("{'type':'system','subtype':'session_state_changed','state':'idle'}");
    assertThat(frame.failed()).containsExactly("b");
    assertThat(frame.idle()).isTrue();
    assertThat(line("{'type':'system','subtype':'session_state_changed','state':'idle'}"))
        .isEmpty();
  }

  @Test
  void anEndOfTheCliIsPutIntoWords() {
    assertThat(Trouble.ofExit(137, "", false)).contains("memory", "137");
    assertThat(Trouble.ofExit(3, "boom", false))
        .isEqualTo("Claude Code ended unexpectedly (exit code 3): boom");
    assertThat(Trouble.ofExit(1, "boom", true)).isEqualTo(Trouble.DISK_FULL);
  }

  private void lifecycle(String uuid, String state) {
    assertThat(
            line(
                "{'type':'command_lifecycle','command_uuid':'%s','state':'%s'}"
                    .formatted(uuid, state)))
        .isEmpty();
  }

  private static String aborted(String uuid) {
    return "{'type':'result','subtype':'error_during_execution','is_error':true,'session_id':'s',"
        + "'terminal_reason':'aborted_tools','user_message_uuids':['"
        + uuid
        + "']}";
  }

  private ErrorKind kind(int status) {
    String uuid = turns.open(List.of("x"));
    return take(failure(status, "detail", uuid)).errorKind().orElseThrow();
  }

  private AgentFrame take(String json) {
    return line(json).orElseThrow();
  }

  private Optional<AgentFrame> line(String json) {
    return turns.take(Json.tree(json.replace('\'', '"')));
  }

  private static String success(String result, String... uuids) {
    return "{'type':'result','subtype':'success','is_error':false,'session_id':'s','result':"
        + result
        + ",'user_message_uuids':"
        + Json.line(List.of(uuids))
        + "}";
  }

  private static String failure(int status, String text, String uuid) {
    return "{'type':'result','subtype':'success','is_error':true,'session_id':'s',"
        + "'terminal_reason':'api_error','api_error_status':"
        + status
        + ",'result':'"
        + text
        + "','user_message_uuids':['"
        + uuid
        + "']}";
  }
}
