package dev.nanoclaw.db;

import static dev.nanoclaw.testing.Samples.NOW;
import static dev.nanoclaw.testing.Samples.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nanoclaw.db.DeadLetterStore.Change;
import dev.nanoclaw.db.DeadLetterStore.Which;
import dev.nanoclaw.db.InputStore.Limits;
import dev.nanoclaw.db.InputStore.Next;
import dev.nanoclaw.db.RunStore.Fate;
import dev.nanoclaw.db.RunStore.Notice;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.AgentRun.EndReason;
import dev.nanoclaw.domain.DeadLetter;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.OutgoingMessage;
import dev.nanoclaw.testing.Samples;
import dev.nanoclaw.testing.Sql;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeadLetterStoreTest {

  private static final Group FAMILY = Samples.group("family");
  private static final Limits MANY = new Limits(50, 100_000);
  private static final Instant LATER = NOW.plusSeconds(60);

  @TempDir private Path dir;
  private Database database;
  private MessageStore messages;
  private InputStore inputs;
  private RunStore runs;
  private OutboxStore outbox;
  private DeadLetterStore letters;

  @BeforeEach
  void open() {
    database = Database.open(dir);
    messages = new MessageStore(database);
    inputs = new InputStore(database);
    runs = new RunStore(database, (_, text) -> List.of(text), Samples.TASK_RULES);
    outbox = new OutboxStore(database);
    letters = new DeadLetterStore(database);
    new GroupStore(database).add(FAMILY, "whatsapp");
  }

  @AfterEach
  void close() {
    database.close();
  }

  private List<String> rows(String query) {
    return Sql.rows(dir.resolve("messages.db"), query);
  }

  /// Gives a run what waits, and lets it end with that fate.
  private void giveUp(String runId, Instant when) {
    AgentRun run = Samples.run(FAMILY, runId);
    assertThat(runs.begin(run, FAMILY, MANY, when)).isInstanceOf(Next.Claimed.class);
    Map<Long, Fate> fates =
        runs.inside(run).stream()
            .collect(Collectors.toMap(it -> it.id(), _ -> new Fate.Dead("I give up")));
    runs.end(
        run,
        FAMILY,
        EndReason.CRASHED,
        Optional.of(1),
        fates,
        "it broke",
        Optional.of(new Notice("ended:" + fates.keySet().iterator().next(), "Trouble.")),
        when);
  }

  private OutgoingMessage refused(String text) {
    runs.tell(FAMILY, new Notice("x:" + text, text), NOW);
    OutgoingMessage message =
        outbox.heads().stream().filter(it -> it.text().equals(text)).findFirst().orElseThrow();
    outbox.dead(message, "blocked");
    return message;
  }

  private static Which these(String... ids) {
    return new Which.These(
        Arrays.stream(ids).map(DeadLetter.Id::of).collect(Collectors.toUnmodifiableSet()));
  }

  private List<String> ids() {
    return letters.all().stream().map(it -> it.id().toString()).toList();
  }

  @Test
  void whatWasGivenUpAndWhatWasRefusedAreShownTogether() {
    OutgoingMessage refused = refused("hello");
    messages.add(message(FAMILY, "1", "some context"), false);
    messages.add(message(FAMILY, "2", "what is this"), true);
    giveUp("r", LATER);
    assertThat(letters.all())
        .containsExactly(
            new DeadLetter(
                DeadLetter.Id.of("out-" + refused.id()),
                NOW,
                Optional.of(FAMILY.folder()),
                FAMILY.jid(),
                "blocked",
                "hello"),
            new DeadLetter(
                DeadLetter.Id.of("in-1"),
                LATER,
                Optional.of(FAMILY.folder()),
                FAMILY.jid(),
                "it broke",
                "what is this"));
    assertThat(letters.count()).isEqualTo(2);
  }

  @Test
  void anInputIsTriedAgainAsIfItWereNewAlthoughNewerOnesAreDone() {
    messages.add(message(FAMILY, "1", "first"), true);
    giveUp("r1", NOW);
    messages.add(message(FAMILY, "2", "second"), true);
    AgentRun run = Samples.run(FAMILY, "r2");
    var _ = runs.begin(run, FAMILY, MANY, NOW);
    database.write(sql -> {
      Inputs.acknowledge(sql, "r2", List.of(2L));
      return 0;
    });
    assertThat(inputs.nextWork(FAMILY, InputStore.Which.CHAT, NOW)).isEmpty();

    assertThat(letters.retry(these("in-1"), NOW))
        .isInstanceOfSatisfying(
            Change.Done.class,
            it -> assertThat(it.letters()).extracting(DeadLetter::text).containsExactly("first"));
    assertThat(ids()).isEmpty();
    assertThat(letters.count()).isZero();
    assertThat(inputs.settled(FAMILY, 1)).isFalse();
    assertThat(rows("SELECT state, attempts, next_attempt, error FROM agent_inputs WHERE id = 1"))
        .containsExactly("pending|0|null|null");
    assertThat(inputs.claimNext(FAMILY, InputStore.Which.CHAT, "r2", MANY, NOW))
        .isInstanceOfSatisfying(
            Next.Claimed.class,
            it -> {
              assertThat(it.input().id()).isEqualTo(1);
              assertThat(it.input().attempts()).isZero();
            });
  }

  @Test
  void whoIsGivenUpASecondTimeIsALetterAgainAndTheChatIsToldAgain() {
    messages.add(message(FAMILY, "1", "first"), true);
    giveUp("r1", NOW);
    var _ = letters.retry(new Which.All(), NOW);
    giveUp("r2", LATER);
    assertThat(ids()).containsExactly("in-1");
    assertThat(rows("SELECT text FROM outbox ORDER BY id"))
        .containsExactly("I give up", "Trouble.", "I give up", "Trouble.");
  }

  @Test
  void aRefusedMessageIsSentAgainWithTheIdThatItHad() {
    OutgoingMessage refused = refused("hello");
    assertThat(outbox.heads()).isEmpty();
    assertThat(letters.retry(these("out-" + refused.id()), NOW)).isInstanceOf(Change.Done.class);
    OutgoingMessage again = outbox.heads().getFirst();
    assertThat(again.messageId()).isEqualTo(refused.messageId());
    assertThat(again.attempts()).isZero();
    assertThat(again.notBefore()).isEmpty();
    assertThat(ids()).isEmpty();
  }

  @Test
  void whatIsDroppedIsGoneFromTheListAndStaysKnown() {
    OutgoingMessage refused = refused("hello");
    messages.add(message(FAMILY, "1", "first"), true);
    giveUp("r1", LATER);
    assertThat(letters.drop(new Which.All()))
        .isInstanceOfSatisfying(Change.Done.class, it -> assertThat(it.letters()).hasSize(2));

    assertThat(ids()).isEmpty();
    assertThat(letters.count()).isZero();
    assertThat(inputs.nextWork(FAMILY, InputStore.Which.CHAT, LATER)).isEmpty();
    assertThat(rows("SELECT state FROM agent_inputs")).containsExactly("dead");
    assertThat(outbox.heads()).extracting(OutgoingMessage::text).doesNotContain("hello");
    assertThat(outbox.isOurs(refused.messageId())).isTrue();
    runs.tell(FAMILY, new Notice("x:hello", "hello"), LATER);
    assertThat(rows("SELECT count(*) FROM outbox WHERE text = 'hello'"))
        .as("the same source says it once")
        .containsExactly("1");
    assertThat(letters.retry(these("in-1"), NOW)).isInstanceOf(Change.Unknown.class);
  }

  @Test
  void oneUnknownIdChangesNothing() {
    OutgoingMessage refused = refused("hello");
    messages.add(message(FAMILY, "1", "first"), true);
    giveUp("r1", NOW);
    Which wish = these("in-1", "out-" + refused.id(), "in-99", "out-98");
    assertThat(letters.retry(wish, NOW))
        .isEqualTo(
            new Change.Unknown(Set.of(DeadLetter.Id.of("in-99"), DeadLetter.Id.of("out-98"))));
    assertThat(letters.drop(wish)).isInstanceOf(Change.Unknown.class);
    assertThat(ids()).hasSize(2);
    String ofAnother = "out-" + outbox.heads().getFirst().id();
    assertThat(letters.retry(these(ofAnother), NOW))
        .as("a message that is not dead is no dead letter")
        .isInstanceOf(Change.Unknown.class);
    assertThat(new DeadLetterStore(database).retry(new Which.These(Set.of()), NOW))
        .isEqualTo(new Change.Done(List.of()));
  }

  @Test
  void anIdIsReadAsAPersonTypesIt() {
    assertThat(DeadLetter.Id.of(" IN-007 ")).hasToString("in-7");
    assertThat(DeadLetter.Id.of("out-34")).hasToString("out-34");
    for (String it : List.of("", "12", "in-", "in-x", "out--1", "in-1234567890123456789")) {
      assertThatThrownBy(() -> DeadLetter.Id.of(it))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("not the id of a dead letter: '%s' (they look like in-12 or out-34)", it);
    }
  }

  @Test
  void whoOnlyReadsSeesTheLettersAndCannotChangeThem() {
    refused("hello");
    try (Database other = Database.openToRead(dir).orElseThrow()) {
      DeadLetterStore reader = new DeadLetterStore(other);
      assertThat(reader.all()).hasSize(1);
      assertThatThrownBy(() -> reader.drop(new Which.All()))
          .isInstanceOf(DatabaseException.class)
          .hasMessageContaining("readonly");
    }
    assertThat(letters.count()).isOne();
    assertThat(Database.openToRead(dir.resolve("elsewhere"))).isEmpty();
    assertThat(dir.resolve("elsewhere")).doesNotExist();
    Sql.execute(
        dir.resolve("messages.db"), "DELETE FROM flyway_schema_history WHERE version = '4'");
    assertThatThrownBy(() -> Database.openToRead(dir))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("was written by an older NanoClaw");
  }
}
