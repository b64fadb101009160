package dev.nanoclaw.router;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.nanoclaw.channel.Channel.SendResult;
import dev.nanoclaw.db.Database;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.db.OutboxStore;
import dev.nanoclaw.db.RunStore;
import dev.nanoclaw.db.RunStore.Notice;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.OutgoingMessage;
import dev.nanoclaw.testing.ManualClock;
import dev.nanoclaw.testing.RecordingChannel;
import dev.nanoclaw.testing.Samples;
import dev.nanoclaw.testing.Sql;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class OutboxTest {

  private static final Group FAMILY = Samples.group("family");
  private static final Group WORK = Samples.group("work");
  private static final Group NOBODY = Samples.group("nobody");

  @TempDir private Path dir;
  private final ManualClock clock = new ManualClock();
  private final RecordingChannel channel = new RecordingChannel();
  private Database database;
  private RunStore runs;
  private Outbox outbox;
  private int count;

  @BeforeEach
  void start() {
    database = Database.open(dir);
    GroupStore groups = new GroupStore(database);
    List.of(FAMILY, WORK, NOBODY).forEach(it -> groups.add(it, "x"));
    runs = new RunStore(database, (_, text) -> List.of(text), Samples.TASK_RULES);
    outbox = outbox(Duration.ofMinutes(10));
  }

  private Outbox outbox(Duration pollInterval) {
    return new Outbox(new OutboxStore(database), List.of(channel), pollInterval, clock);
  }

  @AfterEach
  void close() {
    outbox.close();
    database.close();
  }

  private void say(Group group, String text) {
    runs.tell(group, new Notice("n" + count++, text), clock.instant());
  }

  private List<String> rows() {
    return Sql.rows(
        dir.resolve("messages.db"), "SELECT text, state, attempts, error FROM outbox ORDER BY id");
  }

  private static boolean isOf(OutgoingMessage message, Group group) {
    return message.chat().equals(group.jid());
  }

  @Test
  void whatIsThereAtTheStartAndWhatIsWokenForIsSentInOrder() {
    say(FAMILY, "1");
    say(FAMILY, "2");
    outbox.start();
    await().until(() -> channel.sent().size() == 2);
    say(FAMILY, "3");
    outbox.wake();
    await().until(() -> rows().contains("3|sent|1|null"));
    assertThat(channel.sent()).containsExactly("1", "2", "3");
  }

  @Test
  void whatNobodyWokeForIsFoundByTheRegularLook() {
    outbox = outbox(Duration.ofMillis(10));
    outbox.start();
    say(FAMILY, "1");
    await().until(() -> channel.sent().equals(List.of("1")));
  }

  @Test
  void oneChatsFailureHoldsUpItselfAndNoOther() {
    channel.answer(
        it -> isOf(it, FAMILY) ? new SendResult.TryAgain("not connected") : new SendResult.Sent());
    say(FAMILY, "f1");
    say(FAMILY, "f2");
    say(WORK, "w1");
    say(WORK, "w2");
    outbox.start();
    await().until(() -> rows().contains("w2|sent|1|null"));
    await().until(() -> rows().contains("f1|pending|1|not connected"));
    assertThat(channel.sent()).containsExactly("w1", "w2");

    clock.advance(Duration.ofMillis(1999));
    outbox.wake();
    say(WORK, "w3");
    outbox.wake();
    await().until(() -> channel.sent().contains("w3"));
    assertThat(channel.tries().stream().filter(it -> isOf(it, FAMILY))).hasSize(1);

    channel.answer(_ -> new SendResult.Sent());
    clock.advance(Duration.ofMillis(1));
    outbox.wake();
    await().until(() -> channel.sent().contains("f2"));
    List<OutgoingMessage> tries = channel.tries().stream().filter(it -> isOf(it, FAMILY)).toList();
    assertThat(tries).extracting(OutgoingMessage::text).containsExactly("f1", "f1", "f2");
    assertThat(tries.get(1).messageId()).isEqualTo(tries.get(0).messageId());
    assertThat(tries.get(2).messageId()).isNotEqualTo(tries.get(0).messageId());
  }

  @Test
  void theWaitGrowsAndARefusalLetsTheNextOnePass() {
    channel.answer(it ->
        it.attempts() < 3 ? new SendResult.TryAgain("later") : new SendResult.Refused("blocked"));
    say(FAMILY, "1");
    say(FAMILY, "2");
    outbox.start();
    for (int i = 1; i <= 3; i++) {
      String row = "1|pending|" + i + "|later";
      await().until(() -> rows().contains(row));
      clock.advance(Duration.ofSeconds(2L << (i - 1)).minusMillis(1));
      outbox.wake();
      assertThat(channel.tries()).hasSize(i);
      clock.advance(Duration.ofMillis(1));
      outbox.wake();
    }
    await().until(() -> rows().contains("1|dead|4|blocked"));
    await().until(() -> rows().contains("2|pending|1|later"));
  }

  @Test
  void aChannelThatThrowsOrIsMissingIsTriedAgain() {
    channel.answer(it -> {
      if (it.attempts() == 0) {
        throw new IllegalStateException("a bug in the channel");
      }
      return new SendResult.Sent();
    });
    say(FAMILY, "1");
    say(NOBODY, "n");
    outbox.start();
    await()
        .until(() ->
            rows()
                .equals(
                    List.of(
                        "1|pending|1|a bug in the channel",
                        "n|pending|1|no channel for this chat is switched on")));
    clock.advance(Duration.ofSeconds(2));
    outbox.wake();
    await().until(() -> rows().contains("1|sent|2|null"));
  }

  @Test
  void aTryThatMayLeaveDoubtIsOnTheDiskBeforeItBegins() {
    List<String> meanwhile = new CopyOnWriteArrayList<>();
    channel.answer(_ -> {
      meanwhile.addAll(rows());
      return new SendResult.Sent();
    });
    say(FAMILY, "1");
    outbox.start();
    await().until(() -> rows().equals(List.of("1|sent|1|null")));
    assertThat(meanwhile).containsExactly("1|sending|1|null");
  }

  @Test
  void aTryThatLeavesNoDoubtIsNotNotedBefore() {
    List<String> meanwhile = new CopyOnWriteArrayList<>();
    channel.leavesNoDoubt();
    channel.answer(_ -> {
      meanwhile.addAll(rows());
      return new SendResult.Sent();
    });
    say(FAMILY, "1");
    outbox.start();
    await().until(() -> rows().equals(List.of("1|sent|1|null")));
    assertThat(meanwhile).containsExactly("1|pending|0|null");
  }

  @Test
  void whatWaitsForItsNextTryGoesOutAtOnceWhenTheChannelIsBack() {
    channel.answer(it ->
        it.attempts() == 0 ? new SendResult.TryAgain("not connected") : new SendResult.Sent());
    say(FAMILY, "1");
    say(WORK, "2");
    outbox.start();
    await().until(() -> rows().stream().allMatch(it -> it.endsWith("pending|1|not connected")));
    outbox.flush();
    await().until(() -> rows().stream().allMatch(it -> it.endsWith("sent|2|null")));
  }

  @Test
  void aChannelThatNamesItsPauseGetsIt() {
    channel.answer(it ->
        it.attempts() == 0
            ? new SendResult.TryAgain("too fast", Optional.of(Duration.ofMinutes(3)))
            : new SendResult.Sent());
    say(FAMILY, "1");
    outbox.start();
    await().until(() -> rows().equals(List.of("1|pending|1|too fast")));
    clock.advance(Duration.ofMinutes(3).minusMillis(1));
    outbox.wake();
    say(WORK, "2");
    outbox.wake();
    await().until(() -> rows().contains("2|pending|1|too fast"));
    assertThat(rows()).contains("1|pending|1|too fast");
    clock.advance(Duration.ofMillis(1));
    outbox.wake();
    await().until(() -> rows().contains("1|sent|2|null"));
  }

  @Test
  void aChatThatIsBeingSentToHoldsUpNoOther() throws InterruptedException {
    CountDownLatch go = new CountDownLatch(1);
    channel.answer(it -> {
      try {
        assertThat(!isOf(it, FAMILY) || go.await(20, SECONDS)).isTrue();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      return new SendResult.Sent();
    });
    say(FAMILY, "slow");
    say(FAMILY, "behind it");
    say(WORK, "quick");
    outbox.start();
    await().until(() -> rows().contains("quick|sent|1|null"));
    assertThat(rows()).contains("behind it|pending|0|null");
    go.countDown();
    await().until(() -> rows().contains("behind it|sent|1|null"));
  }

  @Test
  void closeWaitsForTheTryThatIsOnItsWay() throws InterruptedException {
    CountDownLatch sending = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    channel.answer(_ -> {
      sending.countDown();
      try {
        assertThat(go.await(20, SECONDS)).isTrue();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      return new SendResult.Sent();
    });
    say(FAMILY, "1");
    say(FAMILY, "2");
    outbox.start();
    sending.await();
    Thread closing = Thread.ofVirtual().start(outbox::close);
    go.countDown();
    closing.join();
    assertThat(rows()).containsExactly("1|sent|1|null", "2|pending|0|null");
  }
}
