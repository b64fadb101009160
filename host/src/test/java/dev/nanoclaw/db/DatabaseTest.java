package dev.nanoclaw.db;

import static dev.nanoclaw.db.generated.Tables.ROUTER_STATE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jooq.DSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class DatabaseTest {

  @TempDir private Path dir;
  private Database database;

  @BeforeEach
  void open() {
    database = Database.open(dir);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private static int put(DSLContext sql, String key, String value) {
    return sql.insertInto(ROUTER_STATE)
        .set(ROUTER_STATE.KEY, key)
        .set(ROUTER_STATE.VALUE, value)
        .execute();
  }

  private int count() {
    return database.read(sql -> sql.fetchCount(ROUTER_STATE));
  }

  private static String pragma(DSLContext sql, String name) {
    return String.valueOf(sql.fetchSingle("PRAGMA " + name).get(0));
  }

  @Test
  void whatIsCommittedIsOnTheDisk() {
    assertThat(database.<String>write(sql -> pragma(sql, "journal_mode"))).isEqualTo("wal");
    assertThat(database.<String>write(sql -> pragma(sql, "synchronous"))).isEqualTo("2");
    assertThat(database.<String>write(sql -> pragma(sql, "foreign_keys"))).isEqualTo("1");
  }

  @Test
  void theFileOfWhatIsNewShrinksAgainAfterALargeTransaction() throws Exception {
    Path wal = dir.resolve("messages.db-wal");
    database.write(sql -> put(sql, "large", "x".repeat(30 << 20)));
    assertThat(Files.size(wal)).isGreaterThan(30 << 20);
    for (int i = 0; i < 3; i++) {
      int now = i;
      database.write(sql -> put(sql, "small" + now, "x"));
      assertThat(count()).isEqualTo(2 + now);
    }
    assertThat(Files.size(wal)).isLessThanOrEqualTo(8 << 20);
  }

  @Test
  void whoReadsCannotWrite() {
    for (int i = 0; i < 4; i++) {
      assertThatThrownBy(() -> database.read(sql -> put(sql, "a", "b")))
          .isInstanceOf(DatabaseException.class)
          .hasMessageContaining("readonly");
    }
    assertThat(count()).isZero();
  }

  @Test
  void whatFailsLeavesNothingBehindAndTheNextWriteGoesOn() {
    assertThatThrownBy(() ->
            database.write(sql -> {
              put(sql, "a", "1");
              throw new IllegalStateException("a bug");
            }))
        .isExactlyInstanceOf(IllegalStateException.class)
        .hasMessage("a bug");
    assertThatThrownBy(() ->
            database.write(sql -> {
              put(sql, "a", "1");
              return put(sql, "a", "2");
            }))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("UNIQUE");
    assertThatThrownBy(() ->
            database.write(sql -> {
              put(sql, "a", "1");
              throw new AssertionError("worse");
            }))
        .isInstanceOf(DatabaseException.class);
    assertThat(count()).isZero();

    database.write(sql -> put(sql, "a", "3"));
    assertThat(count()).isOne();
  }

  @Test
  void aReadSeesOneStateHoweverManyQuestionsItAsks() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch written = new CountDownLatch(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<List<Integer>> counts =
          threads.submit(() ->
              database.read(sql -> {
                int before = sql.fetchCount(ROUTER_STATE);
                asked.countDown();
                awaitQuietly(written);
                return List.of(before, sql.fetchCount(ROUTER_STATE));
              }));
      asked.await();
      database.write(sql -> put(sql, "a", "1"));
      written.countDown();
      assertThat(counts.get()).containsExactly(0, 0);
    }
    assertThat(count()).as("the next read sees the new one").isOne();
  }

  @Test
  void aRememberedAnswerHoldsUntilSomethingIsWritten() {
    AtomicInteger questions = new AtomicInteger();
    Supplier<Integer> remembered =
        database.remembering(() -> {
          questions.incrementAndGet();
          return count();
        });
    assertThat(remembered.get()).isZero();
    assertThat(remembered.get()).isZero();
    assertThat(questions).as("asked once").hasValue(1);

    database.write(sql -> put(sql, "a", "1"));
    assertThat(remembered.get()).isOne();
    assertThat(remembered.get()).isOne();
    assertThat(questions).hasValue(2);
  }

  @Test
  void whatIsWrittenWhileAQuestionIsAskedIsInTheNextAnswer() {
    Supplier<Integer> remembered =
        database.remembering(() -> {
          int before = count();
          database.write(sql -> put(sql, "k" + before, "1"));
          return before;
        });
    assertThat(remembered.get()).isZero();
    assertThat(remembered.get()).isOne();
  }

  @Test
  void anAnswerFromBeforeACommitIsNotRememberedAfterIt() {
    Supplier<Integer> remembered = database.remembering(this::count);
    database.write(sql -> {
      put(sql, "a", "1");
      int elsewhere = CompletableFuture.supplyAsync(remembered).join();
      return assertThat(elsewhere).as("nothing is committed yet").isZero();
    });
    assertThat(remembered.get()).isOne();
  }

  @Test
  void whatIsAskedWithinATransactionJoinsIt() {
    database.write(sql -> {
      put(sql, "a", "1");
      assertThat(count()).as("it sees what is not committed").isOne();
      return database.<Integer>write(nested -> put(nested, "b", "1"));
    });
    assertThat(count()).isEqualTo(2);

    assertThatThrownBy(() ->
            database.write(sql -> {
              database.<Integer>write(nested -> put(nested, "c", "1"));
              throw new UnsupportedOperationException("not that");
            }))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThat(count()).as("all of it or nothing").isEqualTo(2);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void manyWriteAndReadAtOnce() throws ExecutionException, InterruptedException {
    List<Future<Integer>> all = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 100; i++) {
        String key = "k" + i;
        all.add(threads.submit(() -> database.write(sql -> put(sql, key, key))));
        all.add(threads.submit(this::count));
      }
    }
    for (Future<Integer> it : all) {
      assertThat(it.get()).isBetween(0, 100);
    }
    assertThat(count()).isEqualTo(100);
  }

  @Test
  void aSecondProcessThatWritesIsWaitedFor() throws Exception {
    try (Database other = Database.open(dir);
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      CountDownLatch writing = new CountDownLatch(1);
      CountDownLatch waiting = new CountDownLatch(1);
      var first =
          threads.submit(() ->
              other.write(sql -> {
                put(sql, "other", "1");
                writing.countDown();
                awaitQuietly(waiting);
                return 1;
              }));
      writing.await();
      var second = threads.submit(() -> database.write(sql -> put(sql, "mine", "1")));
      waiting.countDown();
      first.get();
      second.get();
    }
    assertThat(count()).isEqualTo(2);
  }

  @Test
  void anInterruptedCallerStillHearsWhetherItIsStored() {
    Thread.currentThread().interrupt();
    database.write(sql -> put(sql, "a", "1"));
    assertThat(Thread.interrupted()).isTrue();
    assertThat(count()).isOne();
  }

  @Test
  void aFullDiskIsToldClearlyStoresNothingAndHeals() {
    database.write(sql -> put(sql, "before", "1"));
    database.write(sql -> {
      int pages = Integer.parseInt(pragma(sql, "page_count"));
      return sql.execute("PRAGMA max_page_count = " + (pages + 2));
    });

    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() ->
              database.write(sql -> {
                put(sql, "small", "1");
                return put(sql, "big", "x".repeat(100_000));
              }))
          .isInstanceOf(DatabaseException.class)
          .hasMessageContaining("is the disk full?")
          .hasMessageContaining("SQLITE_FULL");
      assertThat(count()).isOne();
    }

    database.write(sql -> sql.execute("PRAGMA max_page_count = 1000000"));
    database.write(sql -> put(sql, "big", "x".repeat(100_000)));
    assertThat(count()).isEqualTo(2);
  }
}
