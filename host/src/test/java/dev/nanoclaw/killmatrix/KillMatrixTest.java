package dev.nanoclaw.killmatrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.killmatrix.Journal.Copy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Hosts are killed by SIGKILL at random moments and at every step of the table, under random load.
/// Afterwards the last one is left to finish, and everything is judged.
///
/// What is left to chance follows from one seed; see CONTRIBUTING.md.
@Timeout(1800)
class KillMatrixTest {

  private static final int HOUSES = 2;
  private static final int RANDOM_KILLS = 100;

  /// How often a step is tried that is not reached.
  private static final int TRIES = 4;

  private static final int LONGEST_HOLD_MS = 30;
  private static final Duration UNTIL_QUIET = Duration.ofMinutes(5);

  @TempDir private Path dir;

  /// What one house lived through.
  private record Report(House house, Map<String, Integer> hits) {}

  @Test
  void whateverKillsTheHostNothingIsLostAndNothingDoubled() throws Exception {
    long seed = Seed.get();
    Seed.print("kill matrix", seed);
    Program program = Program.make(Files.createDirectories(dir.resolve("program")));
    List<Step> steps = new ArrayList<>(Step.all());
    Collections.shuffle(steps, new Random(seed));
    List<Callable<Report>> lives = new ArrayList<>();
    for (int i = 0; i < HOUSES; i++) {
      int number = i;
      List<Step> share = steps.subList(steps.size() * i / HOUSES, steps.size() * (i + 1) / HOUSES);
      lives.add(() -> {
        House house = new House(dir.resolve("house" + number), seed + number);
        house.use(program);
        return live(house, share, seed);
      });
    }
    List<Report> reports = sideBySide(lives);
    List<Violation> violations = new ArrayList<>();
    Map<String, Integer> hits = new TreeMap<>();
    for (Report report : reports) {
      violations.addAll(report.house().judge());
      hits.putAll(report.hits());
      print(report);
      report.house().close();
    }
    hits.forEach((step, count) -> System.out.printf("  %-45s %d%n", step, count));
    if (!violations.isEmpty()) {
      Seed.print("kill matrix FAILED", seed);
      reports.forEach(KillMatrixTest::keepJournal);
    }
    assertThat(violations).as("seed %d", seed).isEmpty();
    assertThat(hits).as("steps at which a host was killed, seed %d", seed).hasSize(steps.size());
    assertThat(hits.values()).as("seed %d", seed).allMatch(it -> it > 0);
    assertThat(reports.stream().mapToInt(it -> it.house().randomKills()).sum())
        .as("hosts killed at random moments, seed %d", seed)
        .isGreaterThanOrEqualTo(RANDOM_KILLS);
  }

  static <T> List<T> sideBySide(List<Callable<T>> tasks) throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(tasks.size())) {
      List<T> results = new ArrayList<>();
      for (Future<T> future : threads.invokeAll(tasks)) {
        results.add(future.get());
      }
      return results;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  private static Report live(House house, List<Step> steps, long seed) throws Exception {
    Random random = new Random(seed ^ steps.hashCode());
    List<Step> plan = new ArrayList<>(steps);
    int randomKills = RANDOM_KILLS / HOUSES;
    Map<String, Integer> hits = new TreeMap<>();
    for (int i = 0; i < randomKills; i++) {
      house.killSometime();
      for (int at = plan.size() * i / randomKills; at < plan.size() * (i + 1) / randomKills; at++) {
        hits.merge(plan.get(at).label(), kill(house, plan.get(at), random) ? 1 : 0, Integer::sum);
      }
    }
    for (int i = 1; i < TRIES; i++) {
      for (Step step : steps) {
        if (hits.getOrDefault(step.label(), 0) == 0) {
          house.killSometime();
          hits.merge(step.label(), kill(house, step.first(), random) ? 1 : 0, Integer::sum);
        }
      }
    }
    house.becomeQuiet(UNTIL_QUIET);
    return new Report(house, hits);
  }

  private static boolean kill(House house, Step step, Random random) throws Exception {
    if (step.method().equals("failed")) {
      house.whatsApp().leaveUnknown(3);
    }
    boolean now = random.nextInt(3) == 0;
    Duration hold = Duration.ofMillis(now ? 0 : random.nextInt(LONGEST_HOLD_MS));
    return house.killAt(step, 1 + random.nextInt(step.most()), hold, House.CHATS / 2);
  }

  private static void print(Report report) {
    Journal journal = report.house().journal();
    long ids = journal.copies().stream().map(Copy::messageId).distinct().count();
    System.out.printf(
        "  %d kills, %d of them at random moments; %d messages, %d containers, %d prompts, %d"
            + " frames, %d messages sent, %d copies of them more%n",
        report.house().kills(),
        report.house().randomKills(),
        journal.said().size(),
        report.house().engine().starts(),
        journal.prompts().size(),
        journal.frames().size(),
        ids,
        journal.copies().size() - ids);
  }

  private static void keepJournal(Report report) {
    try {
      Path file = Files.createTempFile(Path.of("target"), "kill-matrix-", ".txt");
      Files.write(file, report.house().journal().lines());
      System.out.println("  the journal is in host/" + file);
    } catch (IOException e) {
      System.out.println("  the journal could not be kept: " + e);
    }
  }
}
