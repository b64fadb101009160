package dev.nanoclaw.db;

import static dev.nanoclaw.db.FinishedWork.INPUTS;
import static dev.nanoclaw.db.FinishedWork.OUTBOX_ROWS;
import static dev.nanoclaw.db.FinishedWork.RUNS;
import static dev.nanoclaw.testing.Samples.NOW;
import static dev.nanoclaw.testing.Samples.message;
import static dev.nanoclaw.testing.Samples.range;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.db.InputStore.Limits;
import dev.nanoclaw.db.InputStore.Next;
import dev.nanoclaw.db.InputStore.Which;
import dev.nanoclaw.db.RunStore.Notice;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.testing.Samples;
import dev.nanoclaw.testing.Sql;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jooq.DSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class FinishedWorkTest {

  private static final Group FAMILY = Samples.group("family");
  private static final Group WORK = Samples.group("work");

  @TempDir private Path dir;
  private Database database;
  private FinishedWork finished;
  private InputStore inputs;
  private RunStore runs;
  private OutboxStore outbox;
  private DeadLetterStore letters;

  @BeforeEach
  void open() {
    database = Database.open(dir);
    finished = new FinishedWork(database);
    inputs = new InputStore(database);
    runs = new RunStore(database, (_, text) -> List.of(text), Samples.TASK_RULES);
    outbox = new OutboxStore(database);
    letters = new DeadLetterStore(database);
    GroupStore groups = new GroupStore(database);
    groups.add(FAMILY, "whatsapp");
    groups.add(WORK, "whatsapp");
  }

  @AfterEach
  void close() {
    database.close();
  }

  private List<String> rows(String query) {
    return Sql.rows(dir.resolve("messages.db"), query);
  }

  private long number(String query) {
    return Long.parseLong(rows(query).getFirst());
  }

  private static void run(DSLContext sql, Group group, String id, String state, int age) {
    sql.execute(
        "INSERT INTO agent_runs (run_id, group_folder, context, container, engine, nonce, state,"
            + " started_at) VALUES (?, ?, 'chat', ?, 'docker', 'n', ?, ?)",
        id,
        group.folder().value(),
        "c-" + id,
        state,
        Times.text(NOW.plusSeconds(age)));
  }

  private static void input(
      DSLContext sql, Group group, long from, long to, String run, String state) {
    sql.execute(
        "INSERT INTO agent_inputs (group_folder, from_seq, to_seq, run_id, state, created_at)"
            + " VALUES (?, ?, ?, ?, ?, ?)",
        group.folder().value(),
        from,
        to,
        run,
        state,
        Times.text(NOW));
  }

  private static void said(
      DSLContext sql, Group group, String source, String sourceId, String state) {
    sql.execute(
        "INSERT INTO outbox (source, source_id, part, chat_jid, text, message_id, state,"
            + " created_at) VALUES (?, ?, 0, ?, 'text', lower(hex(randomblob(9))), ?, ?)",
        source,
        sourceId,
        group.jid().value(),
        state,
        Times.text(NOW));
  }

  private static void fill(DSLContext sql, Group group, Random random) {
    String folder = group.folder().value();
    int count = 150 + random.nextInt(400);
    String run = "";
    for (int i = 0; i < count; i++) {
      if (i == 0 || random.nextInt(3) == 0) {
        run = folder + i;
        run(sql, group, run, "ended", i);
      }
      String state =
          switch (random.nextInt(40)) {
            case 0 -> "pending";
            case 1, 2, 3 -> "dead";
            default -> "acked";
          };
      input(sql, group, 10L * i + 1, 10L * i + 10, run, state);
      if (random.nextInt(2) == 0) {
        said(sql, group, "run:" + run, Integer.toString(i), "sent");
      }
    }
    int empty = random.nextInt(500);
    for (int i = 0; i < empty; i++) { // that ended before they had an input
      run(sql, group, folder + "-empty-" + i, "ended", random.nextInt(2000));
    }
    run(sql, group, folder + "-open", "running", -1);
    input(sql, group, 10L * count + 1, 10L * count + 10, folder + "-open", "claimed");
    sql.execute(
        "INSERT INTO dead_letters (input_id, group_folder, chat_jid, reason, created_at) SELECT id,"
            + " group_folder, '%s', 'why', '%s' FROM agent_inputs WHERE state = 'dead' AND"
                .formatted(group.jid(), Times.text(NOW))
            + " group_folder = ? AND id % 3 > 0",
        folder);
    sql.execute(
        "INSERT INTO messages (id, chat_jid, sender, sender_name, content, timestamp, triggered)"
            + " WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)"
            + " SELECT i, ?, 'a', 'A', 'text', ?, i % 4 = 0 FROM n",
        group.jid().value(), Times.text(NOW));
    sql.execute( // of everything that is not done the chat was told first of all
        "INSERT INTO outbox (source, source_id, part, chat_jid, text, message_id, state,"
            + " created_at) SELECT 'host:' || group_folder, 'other:' || id, 0, ?, 'told',"
            + " group_folder || id, 'sent', 'x' FROM agent_inputs WHERE group_folder = ?",
        group.jid().value(),
        folder);
    int words = 100 + random.nextInt(900);
    for (int i = 0; i < words; i++) {
      String state =
          switch (random.nextInt(30)) {
            case 0 -> "pending";
            case 1 -> "dead";
            case 2 -> "dropped";
            case 3 -> "sending";
            default -> "sent";
          };
      said(sql, group, "host:" + folder, "command:" + i, state);
    }
  }

  private List<Object> whatOthersSee() {
    List<Object> all = new ArrayList<>();
    for (Group group : List.of(FAMILY, WORK)) {
      all.add(inputs.nextWork(group, Which.CHAT, NOW));
      for (long seq = 0; seq < 12_000; seq += 97) {
        all.add(inputs.settled(group, seq));
      }
      runs.open(Lane.chat(group.folder())).ifPresent(it -> all.add(runs.inside(it)));
    }
    all.add(inputs.lanesWithWork());
    all.add(outbox.heads());
    all.add(letters.all());
    all.addAll(
        rows(
            "SELECT group_folder, max(to_seq) FROM agent_inputs GROUP BY group_folder ORDER BY 1"));
    all.addAll(
        rows("SELECT * FROM agent_inputs WHERE state IN ('pending', 'claimed') ORDER BY id"));
    all.addAll(rows("SELECT * FROM agent_runs WHERE state <> 'ended' ORDER BY run_id"));
    all.addAll(rows("SELECT * FROM outbox WHERE state NOT IN ('sent', 'dropped') ORDER BY id"));
    all.addAll(rows("SELECT count(*), sum(seq) FROM messages"));
    return all;
  }

  private List<String> newest(String columns, String table, String which, String group, int count) {
    return rows(
        "SELECT %1$s FROM (SELECT *, row_number() OVER (PARTITION BY %4$s ORDER BY %1$s DESC) AS age FROM %2$s WHERE %3$s) WHERE age <= %5$d ORDER BY 1"
            .formatted(columns, table, which, group, count));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void whateverWasDoneTheBoundsHoldAndNobodySeesADifference(long seed) {
    Random random = new Random(seed);
    database.write(sql -> {
      fill(sql, FAMILY, random);
      fill(sql, WORK, random);
      return 0;
    });
    List<Object> before = whatOthersSee();
    String done = "state IN ('acked', 'dead') AND id NOT IN (SELECT input_id FROM dead_letters)";
    List<String> newestInputs = newest("to_seq", "agent_inputs", done, "group_folder", INPUTS);
    String over = "state IN ('sent', 'dropped')";
    List<String> newestWords = newest("id", "outbox", over, "chat_jid", OUTBOX_ROWS);
    long all =
        number(
            "SELECT (SELECT count(*) FROM agent_inputs) + (SELECT count(*) FROM outbox) + (SELECT"
                + " count(*) FROM agent_runs)");

    int removed = finished.clean();

    assertThat(whatOthersSee()).isEqualTo(before);
    assertThat(
            number(
                "SELECT (SELECT count(*) FROM agent_inputs) + (SELECT count(*) FROM outbox) +"
                    + " (SELECT count(*) FROM agent_runs)"))
        .isEqualTo(all - removed);
    assertThat(rows("SELECT to_seq FROM agent_inputs WHERE " + done + " ORDER BY 1"))
        .isEqualTo(newestInputs);
    assertThat(
            rows(
                "SELECT count(*) FROM agent_runs r WHERE state = 'ended' AND NOT EXISTS (SELECT 1"
                    + " FROM agent_inputs i WHERE i.run_id = r.run_id) GROUP BY group_folder"))
        .allSatisfy(it -> assertThat(Integer.parseInt(it)).isLessThanOrEqualTo(RUNS));
    String aboutOpenMatters =
        " AND source || ':' || substr(source_id, 7) IN (SELECT 'host:' || group_folder || ':' || id"
            + " FROM agent_inputs WHERE state IN ('pending', 'claimed'))";
    assertThat(rows("SELECT id FROM outbox WHERE " + over + " ORDER BY 1"))
        .containsAll(newestWords);
    assertThat(number("SELECT count(*) FROM outbox WHERE " + over))
        .isLessThanOrEqualTo(
            newestWords.size()
                + number(
                    "SELECT count(*) FROM outbox WHERE source_id LIKE 'other:%'" + aboutOpenMatters)
                + number(
                    "SELECT count(*) FROM agent_inputs WHERE state IN ('pending', 'claimed')"));
    for (Group group : List.of(FAMILY, WORK)) {
      for (String id :
          rows(
              "SELECT id FROM agent_inputs WHERE state IN ('pending', 'claimed') AND group_folder = '%s'"
                  .formatted(group.folder()))) {
        runs.tell(group, new Notice("other:" + id, "told again"), NOW);
      }
    }
    assertThat(rows("SELECT id FROM outbox WHERE text = 'told again'")).isEmpty();
    assertThat(rows("PRAGMA foreign_key_check")).isEmpty();
    assertThat(finished.clean()).isZero();
  }

  @Test
  void aGroupGoesOnAfterItsCursorWhenAllItsInputsAreOldAndWhatWaitsForItsFirstAnswerIsToldOnce() {
    MessageStore messages = new MessageStore(database);
    database.write(sql -> {
      run(sql, FAMILY, "old", "ended", 0);
      for (int i = 1; i <= 3 * INPUTS; i++) {
        input(sql, FAMILY, i, i, "old", i == 3 * INPUTS ? "dead" : "acked");
      }
      sql.execute("UPDATE sqlite_sequence SET seq = 600 WHERE name = 'messages'");
      return sql.execute(
          "INSERT INTO sqlite_sequence (name, seq) SELECT 'messages', 600 WHERE NOT EXISTS (SELECT"
              + " 1 FROM sqlite_sequence WHERE name = 'messages')");
    });
    long asks = messages.add(message(FAMILY, "m", "hello"), true).orElseThrow().seq();
    assertThat(asks).isEqualTo(3L * INPUTS + 1);
    runs.tell(FAMILY, new Notice("engine:" + asks, "There is no engine."), NOW);
    database.write(sql -> {
      sql.execute("UPDATE outbox SET state = 'sent'");
      for (int i = 0; i < OUTBOX_ROWS + 50; i++) {
        said(sql, FAMILY, "host:family", "command:" + i, "sent");
      }
      return 0;
    });
    assertThat(finished.clean()).isEqualTo(2 * INPUTS + 50);
    runs.tell(FAMILY, new Notice("engine:" + asks, "There is no engine."), NOW);
    assertThat(rows("SELECT count(*) FROM outbox WHERE text LIKE 'There%'")).containsExactly("1");

    AgentRun run = Samples.run(FAMILY, "new");
    assertThat(runs.begin(run, FAMILY, new Limits(50, 1000), NOW)).isInstanceOf(Next.Claimed.class);
    assertThat(range(runs.inside(run).getFirst()).fromSeq()).isEqualTo(asks);
  }

  @Test
  void whatGoesLeavesRoomForWhatComes() {
    List<Long> pages = new ArrayList<>();
    for (int round = 0; round < 4; round++) {
      int first = round * 2000;
      database.write(sql -> {
        for (int i = first; i < first + 2000; i++) {
          said(sql, FAMILY, "run:r", "x".repeat(200) + i, "sent");
        }
        return 0;
      });
      finished.clean();
      pages.add(number("PRAGMA page_count"));
    }
    assertThat(pages.getLast()).isLessThanOrEqualTo(pages.get(1));
    assertThat(number("SELECT count(*) FROM outbox")).isEqualTo(OUTBOX_ROWS);
  }

  @Test
  void aLargeBacklogGoesWhole() {
    database.write(sql ->
        sql.execute(
            "INSERT INTO outbox (source, source_id, part, chat_jid, text, message_id, state,"
                + " created_at) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                + " WHERE i < 12500) SELECT 'run:r', i, 0, 'a@g.us', 'x', i, 'sent', 'x' FROM n"));
    assertThat(finished.clean()).isEqualTo(12_000);
    assertThat(rows("SELECT min(id), count(*) FROM outbox")).containsExactly("12001|500");
  }

  @Test
  void aThreadThatIsInterruptedStopsInGoodOrder() {
    database.write(sql -> {
      for (int i = 0; i < OUTBOX_ROWS + 1000; i++) {
        said(sql, FAMILY, "run:r", Integer.toString(i), "sent");
      }
      return 0;
    });
    Thread.currentThread().interrupt();
    assertThat(finished.clean()).isZero();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(finished.clean()).isEqualTo(1000);
  }
}
