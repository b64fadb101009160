package dev.nanoclaw.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.nanoclaw.db.Database;
import dev.nanoclaw.db.FinishedWork;
import dev.nanoclaw.testing.Sql;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class HousekeepingTest {

  private static final int KEPT = 500;

  @TempDir private Path dir;
  private Database database;
  private int said;

  @BeforeEach
  void open() {
    database = Database.open(dir);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private void say(int count) {
    Sql.execute(
        dir.resolve("messages.db"),
        ("INSERT INTO outbox (source, source_id, part, chat_jid, text, message_id, state,"
             + " created_at) WITH RECURSIVE n (i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE"
             + " i < %d) SELECT 'run:r', i, 0, 'a@g.us', 'x', i, 'sent', 'x' FROM n")
            .formatted(said + 1, said + count));
    said += count;
  }

  private int rows() {
    return Integer.parseInt(
        Sql.rows(dir.resolve("messages.db"), "SELECT count(*) FROM outbox").getFirst());
  }

  @Test
  void itIsDoneAtTheStartOnceAnHourAndAfterABurst() {
    try (Housekeeping housekeeping = new Housekeeping(new FinishedWork(database), () -> {})) {
      say(KEPT + 100);
      housekeeping.look();
      assertThat(rows()).as("at the start").isEqualTo(KEPT);

      say(999);
      for (int minute = 1; minute < 60; minute++) {
        housekeeping.look();
      }
      assertThat(rows()).as("too few to hurry").isEqualTo(KEPT + 999);
      housekeeping.look();
      assertThat(rows()).as("after an hour").isEqualTo(KEPT);

      say(1000);
      housekeeping.look();
      assertThat(rows()).as("a burst").isEqualTo(KEPT);
      say(10);
      housekeeping.look();
      assertThat(rows()).as("the burst is over").isEqualTo(KEPT + 10);
    }
  }

  @Test
  void theStartDoesNotWaitForIt() throws InterruptedException {
    say(KEPT + 100);
    var go = new CountDownLatch(1);
    var swept = new CountDownLatch(1);
    try (Housekeeping housekeeping =
        new Housekeeping(
            new FinishedWork(database),
            () -> {
              try {
                go.await();
              } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
              }
              swept.countDown();
            })) {
      housekeeping.start();
      assertThat(rows()).isEqualTo(KEPT + 100);
      go.countDown();
      assertThat(swept.await(60, TimeUnit.SECONDS)).isTrue();
      await().atMost(60, TimeUnit.SECONDS).until(() -> rows() == KEPT);
    }
  }
}
