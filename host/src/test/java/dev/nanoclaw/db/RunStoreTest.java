package dev.nanoclaw.db;

import static dev.nanoclaw.testing.Samples.NOW;
import static dev.nanoclaw.testing.Samples.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nanoclaw.db.InputStore.Limits;
import dev.nanoclaw.db.RunStore.Effect;
import dev.nanoclaw.db.RunStore.Fate;
import dev.nanoclaw.db.RunStore.Notice;
import dev.nanoclaw.db.RunStore.Session;
import dev.nanoclaw.domain.AgentInput;
import dev.nanoclaw.domain.AgentInput.Content;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.AgentRun.EndReason;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.OutgoingMessage;
import dev.nanoclaw.testing.Samples;
import dev.nanoclaw.testing.Sql;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunStoreTest {

  private static final Group FAMILY = Samples.group("family");
  private static final Group WORK = Samples.group("work");
  private static final Limits ONE = new Limits(1, 1000);

  @TempDir private Path dir;
  private Database database;
  private RunStore runs;
  private OutboxStore outbox;
  private GroupStore groups;
  private AgentRun run;
  private AgentInput input;

  @BeforeEach
  void aRunWithOneInputInside() {
    database = Database.open(dir);
    runs = new RunStore(database, (_, text) -> List.of(text), Samples.TASK_RULES);
    outbox = new OutboxStore(database);
    groups = new GroupStore(database);
    groups.add(FAMILY, "whatsapp");
    groups.add(WORK, "whatsapp");
    MessageStore messages = new MessageStore(database);
    messages.add(message(FAMILY, "1", "one"), true);
    messages.add(message(WORK, "1", "two"), true);
    messages.add(message(FAMILY, "2", "three"), true);
    run = Samples.run(FAMILY, "r1");
    var _ = runs.begin(run, FAMILY, ONE, NOW);
    input = runs.inside(run).getFirst();
  }

  @AfterEach
  void close() {
    database.close();
  }

  private static Effect effect(
      long end, String answer, Session session, List<Long> acked, Map<Long, Fate> failed) {
    return new Effect(
        end,
        Optional.of(answer),
        session,
        acked,
        failed,
        "it broke",
        Optional.of(new Notice("n", "by the way")),
        true);
  }

  private List<String> rows(String query) {
    return Sql.rows(dir.resolve("messages.db"), query);
  }

  private List<String> texts() {
    return rows("SELECT text FROM outbox ORDER BY id");
  }

  @Test
  void aRunIsOpenUntilItEnds() {
    assertThat(runs.open()).containsExactly(run);
    runs.end(run, FAMILY, EndReason.IDLE, Optional.of(0), Map.of(), "", Optional.empty(), NOW);
    assertThat(runs.open()).isEmpty();
    assertThat(rows("SELECT state, end_reason, exit_code, ended_at FROM agent_runs"))
        .containsExactly("ended|idle|0|2026-03-01T12:00:00.000Z");
  }

  @Test
  void aFrameIsTakenWholeAndTheSameFrameTwiceChangesNothing() {
    Effect effect = effect(100, "hello", new Session.Set("s1"), List.of(input.id()), Map.of());
    assertThat(runs.takeFrame(run, FAMILY, effect, NOW.plusSeconds(1))).isEmpty();
    List<String> outboxBefore = rows("SELECT * FROM outbox");
    List<String> inputsBefore = rows("SELECT * FROM agent_inputs");

    assertThat(runs.takeFrame(run, FAMILY, effect, NOW.plusSeconds(9))).isEmpty();
    Effect older = effect(50, "old", new Session.Set("s0"), List.of(), Map.of());
    runs.takeFrame(run, FAMILY, older, NOW.plusSeconds(9));

    assertThat(rows("SELECT * FROM outbox")).isEqualTo(outboxBefore).hasSize(2);
    assertThat(rows("SELECT * FROM agent_inputs")).isEqualTo(inputsBefore);
    assertThat(rows("SELECT output_read, turn_since FROM agent_runs"))
        .containsExactly("100|2026-03-01T12:00:01.000Z");
    assertThat(groups.session(FAMILY.folder())).contains("s1");
    assertThat(texts()).containsExactly("hello", "by the way");
  }

  @Test
  void aFrameThatCannotBeStoredLeavesNothing() {
    Sql.execute(
        dir.resolve("messages.db"),
        "CREATE TRIGGER no_session BEFORE INSERT ON sessions BEGIN SELECT RAISE(ABORT, 'no'); END");
    assertThatThrownBy(() ->
            runs.takeFrame(
                run,
                FAMILY,
                effect(100, "hello", new Session.Set("s1"), List.of(input.id()), Map.of()),
                NOW))
        .isInstanceOf(DatabaseException.class);
    assertThat(texts()).isEmpty();
    assertThat(runs.inside(run)).containsExactly(input);
    assertThat(runs.open()).containsExactly(run);
  }

  @Test
  void anAnswerIsStoredInPartsWithIdsOfTheirOwnAndTheFirstRepliesToWhoAsked() {
    runs = new RunStore(database, (_, text) -> List.of(text.split(" ", -1)), Samples.TASK_RULES);
    Effect effect = effect(100, "one two three", new Session.Keep(), List.of(input.id()), Map.of());
    runs.takeFrame(run, FAMILY, effect, NOW);
    runs.takeFrame(run, FAMILY, effect, NOW);
    assertThat(
            rows("SELECT part, text, reply_to FROM outbox WHERE source LIKE 'run:%' ORDER BY id"))
        .containsExactly("0|one|1", "1|two|null", "2|three|null");
    assertThat(rows("SELECT DISTINCT message_id FROM outbox WHERE source LIKE 'run:%'")).hasSize(3);
    assertThat(outbox.heads().getFirst().replyTo())
        .hasValueSatisfying(it -> assertThat(it.text()).isEqualTo("one"));
    runs.tell(FAMILY, new Notice("n", "longer than before"), NOW);
    assertThat(rows("SELECT text FROM outbox WHERE source LIKE 'host:%'"))
        .as("of a notice the first words count")
        .containsExactly("by", "the", "way");
    String ours = rows("SELECT message_id FROM outbox LIMIT 1").getFirst();
    assertThat(outbox.isOurs(ours)).isTrue();
    assertThat(outbox.isOurs("3EB0")).isFalse();
  }

  @Test
  void twoFramesMaySayTheSame() {
    runs.takeFrame(run, FAMILY, effect(1, "a", new Session.Keep(), List.of(), Map.of()), NOW);
    runs.takeFrame(run, FAMILY, effect(2, "a", new Session.Keep(), List.of(), Map.of()), NOW);
    assertThat(texts()).containsExactly("a", "by the way", "a");
    assertThat(runs.inside(run)).as("in neither list: still inside").containsExactly(input);
  }

  @Test
  void aFrameCannotTouchTheInputsOfAnotherRun() {
    AgentRun other = Samples.run(WORK, "r2");
    var _ = runs.begin(other, WORK, ONE, NOW);
    long foreign = runs.inside(other).getFirst().id();
    runs.takeFrame(
        run,
        FAMILY,
        effect(
            1,
            "a",
            new Session.Keep(),
            List.of(foreign, 4711L),
            Map.of(foreign, new Fate.Dead("never"))),
        NOW);
    assertThat(runs.inside(other)).hasSize(1);
    assertThat(rows("SELECT count(*) FROM dead_letters")).containsExactly("0");
  }

  @Test
  void aSessionCanBeForgotten() {
    runs.takeFrame(run, FAMILY, effect(1, "a", new Session.Set("s"), List.of(), Map.of()), NOW);
    runs.takeFrame(run, FAMILY, effect(2, "a", new Session.Set("t"), List.of(), Map.of()), NOW);
    assertThat(groups.session(FAMILY.folder())).contains("t");
    runs.takeFrame(run, FAMILY, effect(3, "a", new Session.Forget(), List.of(), Map.of()), NOW);
    assertThat(groups.session(FAMILY.folder())).isEmpty();
  }

  @Test
  void whatIsInsideAtTheEndComesBack() {
    Instant later = NOW.plusSeconds(5);
    runs.end(
        run,
        FAMILY,
        EndReason.CRASHED,
        Optional.of(1),
        Map.of(input.id(), new Fate.Again(3, later)),
        "it broke",
        Optional.of(new Notice("n", "trouble")),
        NOW);
    assertThat(rows("SELECT state, attempts, next_attempt, error FROM agent_inputs"))
        .containsExactly("pending|3|2026-03-01T12:00:05.000Z|it broke");
    assertThat(texts()).containsExactly("trouble");
    AgentRun next = Samples.run(FAMILY, "r3");
    var _ = runs.begin(next, FAMILY, ONE, later);
    assertThat(runs.inside(next))
        .containsExactly(
            new AgentInput(input.id(), FAMILY.folder(), new Content.Messages(1, 1), 3, NOW));
    assertThat(runs.inside(run)).isEmpty();
  }

  @Test
  void aDeadLetterIsKeptAndTheChatToldOnce() {
    Map<Long, Fate> fates = Map.of(input.id(), new Fate.Dead("I give up"));
    runs.takeFrame(run, FAMILY, effect(1, "a", new Session.Keep(), List.of(), fates), NOW);
    runs.end(run, FAMILY, EndReason.CRASHED, Optional.of(1), fates, "x", Optional.empty(), NOW);
    assertThat(rows("SELECT input_id, group_folder, chat_jid, reason FROM dead_letters"))
        .containsExactly(input.id() + "|family|family@g.us|it broke");
    assertThat(rows("SELECT state, attempts FROM agent_inputs")).containsExactly("dead|1");
    assertThat(texts()).containsExactly("a", "I give up", "by the way");
  }

  @Test
  void aNoticeIsToldOncePerGroupAndId() {
    runs.tell(FAMILY, new Notice("x", "once"), NOW);
    runs.tell(FAMILY, new Notice("x", "twice"), NOW);
    runs.tell(WORK, new Notice("x", "elsewhere"), NOW);
    assertThat(texts()).containsExactly("once", "elsewhere");
  }

  @Test
  void theOutboxShowsTheOldestUnsentMessageOfEachChatWithOneIdForAllTries() {
    runs.tell(FAMILY, new Notice("1", "f1"), NOW);
    runs.tell(WORK, new Notice("1", "w1"), NOW);
    runs.tell(FAMILY, new Notice("2", "f2"), NOW);
    OutgoingMessage first = head("f1");
    assertThat(outbox.heads())
        .extracting(OutgoingMessage::text)
        .containsExactlyInAnyOrder("f1", "w1");
    assertThat(first.messageId()).matches("3EB0[0-9A-F]{18}");

    outbox.sending(first);
    assertThat(head("f1")).as("a try whose end nobody knows is tried again").isNotNull();
    outbox.failed(first, "no net", NOW.plusSeconds(2));
    OutgoingMessage again = head("f1");
    assertThat(again.messageId()).isEqualTo(first.messageId());
    assertThat(again.attempts()).isOne();
    assertThat(again.notBefore()).contains(NOW.plusSeconds(2));

    outbox.sent(again, NOW);
    assertThat(head("f2").attempts()).isZero();
    outbox.dead(head("f2"), "blocked");
    assertThat(outbox.hasUnsent(FAMILY.jid())).isFalse();
    assertThat(outbox.hasUnsent(WORK.jid())).isTrue();
    assertThat(rows("SELECT text, state, error, sent_at FROM outbox ORDER BY id"))
        .containsExactly(
            "f1|sent|null|2026-03-01T12:00:00.000Z",
            "w1|pending|null|null",
            "f2|dead|blocked|null");
  }

  private OutgoingMessage head(String text) {
    return outbox.heads().stream().filter(it -> it.text().equals(text)).findFirst().orElseThrow();
  }
}
