package dev.nanoclaw.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.testing.Samples;
import dev.nanoclaw.testing.Sql;
import dev.nanoclaw.testing.TestSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Ten thousand messages over fifty groups, a few of them busier than the rest. All are answered
/// once, and nothing that the host holds grows with their number: each bound is far below one for a
/// message.
///
/// A program of its own, for what is on the heap of a process in which other tests ran says little.
final class Soak {

  private static final int MESSAGES = 10_000;
  private static final int GROUPS = 50;
  private static final int BUSY = 5;
  private static final int CAP = 5;

  /// So many are said before what is compared is looked at first: caches are full by then.
  private static final int WARM_UP = 2000;

  private static final int UNANSWERED_AT_MOST = 500;

  /// What housekeeping leaves of a group's finished work, see `FinishedWork`: rows of inputs (and
  /// for each a run at most, beside the newest runs), and of a chat's messages of ours.
  private static final int INPUTS = 200;

  private static final int OUTBOX_ROWS = 500;

  /// Container logs that are kept for a group.
  private static final int LOGS = 30;

  private final Path home;
  private final Tally tally = new Tally();
  private final Random random = new Random(6);
  private int said;

  private Soak(Path home) {
    this.home = home;
  }

  /// @param arguments an empty directory
  public static void main(String... arguments) throws Exception {
    new Soak(Path.of(arguments[0])).nothingGrowsWithTheNumberOfMessages();
    System.exit(0);
  }

  private void nothingGrowsWithTheNumberOfMessages() throws Exception {
    List<String> groups = IntStream.range(0, GROUPS).mapToObj(it -> "g" + it).toList();
    try (LoadEngine engine = new LoadEngine(home.resolve("engine"));
        LoadHost host = start(engine, groups)) {
      say(WARM_UP, groups, host);
      Figures before = Figures.of(home);
      say(MESSAGES, groups, host);
      Figures after = Figures.of(home);
      System.out.println("soak, after %d messages: %s".formatted(WARM_UP, before));
      System.out.println("soak, after %d messages: %s".formatted(MESSAGES, after));

      assertThat(tally.wrong()).isEmpty();
      assertThat(engine.mostRunning()).isEqualTo(CAP);
      assertThat(after.heap() - before.heap()).as("growth of the heap").isLessThan(2_000_000);
      assertThat(after.threads() - before.threads()).as("more threads").isLessThan(30);
      assertThat(after.openFiles() - before.openFiles()).as("more open files").isLessThan(30);
      assertThat(after.runDirectories()).as("directories of runs").isLessThanOrEqualTo(2 * CAP);
      assertThat(after.database()).as("the database").isLessThan(MESSAGES * 1000L);
      assertThat(after.log()).as("its write-ahead log").isLessThan(16_000_000);
      assertThat(mostLogs(groups)).isLessThanOrEqualTo(LOGS);
      nothingIsUnfinished();
      host.clean();
      assertThat(mostRows("agent_inputs", "group_folder")).isLessThanOrEqualTo(INPUTS);
      assertThat(mostRows("agent_runs", "group_folder")).isLessThanOrEqualTo(2 * INPUTS + 1);
      assertThat(mostRows("outbox", "chat_jid")).isLessThanOrEqualTo(OUTBOX_ROWS);
      assertThat(mostRows("messages", "chat_jid")).as("the memory").isGreaterThan(OUTBOX_ROWS);
    }
  }

  /// Says messages until there were so many in all, and waits until all have an answer.
  private void say(int inAll, List<String> groups, LoadHost host) throws InterruptedException {
    while (said < inAll) {
      String group = groups.get(random.nextInt(random.nextBoolean() ? BUSY : GROUPS));
      host.receive(
          Samples.message(
              new ChatJid(group + "@g.us"),
              "m" + said,
              "@Andy #" + group + "x" + said + "#",
              Samples.NOW.plusSeconds(said)));
      said++;
      assertThat(tally.awaitAnswered(said - UNANSWERED_AT_MOST, Duration.ofMinutes(2))).isTrue();
    }
    assertThat(tally.awaitAnswered(inAll, Duration.ofMinutes(2))).isTrue();
  }

  private void nothingIsUnfinished() {
    assertThat(rows("SELECT DISTINCT state FROM agent_inputs")).containsExactly("acked");
    assertThat(rows("SELECT DISTINCT state FROM outbox")).isSubsetOf("sent", "sending");
    assertThat(rows("SELECT run_id FROM agent_runs WHERE state <> 'ended'"))
        .hasSizeLessThanOrEqualTo(CAP);
  }

  private long mostRows(String table, String column) {
    return Long.parseLong(
        rows("SELECT max(n) FROM (SELECT count(*) AS n FROM %s GROUP BY %s)"
                .formatted(table, column))
            .getFirst());
  }

  private long mostLogs(List<String> groups) throws IOException {
    long most = 0;
    for (String group : groups) {
      try (Stream<Path> logs = Files.list(home.resolve("data").resolve("logs").resolve(group))) {
        most = Math.max(most, logs.count());
      }
    }
    return most;
  }

  private List<String> rows(String query) {
    return Sql.rows(home.resolve("store").resolve("messages.db"), query);
  }

  private LoadHost start(LoadEngine engine, List<String> groups) {
    var settings = new TestSettings(home);
    settings.maxConcurrent = CAP;
    var host = new LoadHost(home, settings.settings(), engine.command(), tally, Clock.systemUTC());
    groups.forEach(host::register);
    return host;
  }
}
