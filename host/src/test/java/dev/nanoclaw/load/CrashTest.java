package dev.nanoclaw.load;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.nanoclaw.db.InputStore;
import dev.nanoclaw.load.Burst.Step;
import dev.nanoclaw.load.LoadEngine.Event;
import dev.nanoclaw.testing.Sql;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// With agents that crash, are killed and report errors, and a host that is killed again and again,
/// agents see every message at least once, and it is answered exactly once, in order.
@Timeout(240)
final class CrashTest {

  @TempDir private Path home;

  static Stream<Long> seeds() {
    return Burst.seeds(4);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void everyMessageIsSeenAndAnsweredExactlyOnceInOrder(long seed) throws Exception {
    Burst burst = Burst.of(seed, true);
    try (LoadEngine engine = new LoadEngine(home.resolve("engine"))) {
      engine.workAtMost(60);
      try (HostProcess host = new HostProcess(home, burst)) {
        play(burst, host, new Random(seed));
        awaitAnswers(burst.said(), host);
        host.finish();
      }
      List<Event> events = engine.events();
      burst
          .said()
          .forEach((group, tokens) -> {
            assertThat(seen(events, group)).as("seen in %s", group).containsAll(tokens);
            assertOrder(answered(group), tokens, passed(events, group));
          });
      assertThat(rows("SELECT DISTINCT state FROM agent_inputs")).containsExactly("acked");
      assertThat(rows("SELECT * FROM dead_letters")).isEmpty();
    }
  }

  private void play(Burst burst, HostProcess host, Random random) throws Exception {
    for (int i = 0; i < burst.steps().size(); i++) {
      switch (burst.steps().get(i)) {
        case Step.Say say when random.nextInt(40) == 0 ->
            host.sayAndKill(say, Duration.ofMillis(random.nextInt(60)));
        case Step.Say say -> host.say(say);
        case Step.ClockJumps(Duration by) -> host.clockJumps(by);
        case Step.HostEnds() -> host.restart();
        case Step.Rest() -> awaitAnswers(Burst.owed(burst.steps().subList(0, i)), host);
        case Step.Pause(Duration time) -> Burst.pass(time);
      }
    }
  }

  /// Lets the clock jump to the next try while no agent is at work.
  private void awaitAnswers(Map<String, List<String>> owed, HostProcess host) {
    await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(50))
        .until(() -> {
          if (rows("SELECT 1 FROM agent_runs WHERE state <> 'ended' AND turn_since IS NOT NULL")
              .isEmpty()) {
            jumpToNextAttempt(host);
          }
          host.wakeDue();
          return answeredAll(owed);
        });
  }

  private void jumpToNextAttempt(HostProcess host) throws IOException {
    for (String next :
        rows(
            "SELECT next_attempt FROM agent_inputs WHERE state = 'pending' AND next_attempt IS NOT"
                + " NULL")) {
      Duration left = Duration.between(Instant.now().plus(host.ahead()), Instant.parse(next));
      if (left.isPositive() && left.compareTo(InputStore.LONGEST_WAIT) <= 0) {
        host.clockJumps(left.plusMillis(1));
      }
    }
  }

  private boolean answeredAll(Map<String, List<String>> owed) throws IOException {
    Map<String, List<String>> answers = Answers.in(home.resolve("sent"));
    return owed.entrySet().stream()
        .allMatch(it -> answers.getOrDefault(it.getKey(), List.of()).containsAll(it.getValue()));
  }

  private List<String> answered(String group) {
    try {
      return Answers.in(home.resolve("sent")).getOrDefault(group, List.of());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Set<String> seen(List<Event> events, String group) {
    return events.stream()
        .filter(it -> it.what().equals("seen") && it.group().equals(group))
        .flatMap(it -> it.tokens().stream())
        .collect(toSet());
  }

  /// An earlier message that may be answered after a later one.
  private record Passed(String earlier, String later) {}

  /// When an agent gives an input back and goes on with what it had got already, that is answered
  /// before.
  private static Set<Passed> passed(List<Event> events, String group) {
    Set<Passed> passed = new HashSet<>();
    for (Event failure : of(events, "failed", group)) {
      List<Event> sameRun =
          of(events, "seen", group).stream()
              .filter(it -> it.container().equals(failure.container()))
              .toList();
      for (Event one : sameRun) {
        if (one.input().equals(failure.input())) {
          for (Event later : sameRun.subList(sameRun.indexOf(one) + 1, sameRun.size())) {
            one.tokens().forEach(a -> later.tokens().forEach(b -> passed.add(new Passed(a, b))));
          }
        }
      }
    }
    return passed;
  }

  private static List<Event> of(List<Event> events, String what, String group) {
    return events.stream()
        .filter(it -> it.what().equals(what) && it.group().equals(group))
        .toList();
  }

  private static void assertOrder(List<String> answers, List<String> said, Set<Passed> passed) {
    assertThat(answers).containsExactlyInAnyOrderElementsOf(said);
    List<Passed> wrong = new ArrayList<>();
    for (int i = 0; i < answers.size(); i++) {
      for (int j = i + 1; j < answers.size(); j++) {
        if (said.indexOf(answers.get(j)) < said.indexOf(answers.get(i))) {
          wrong.add(new Passed(answers.get(j), answers.get(i)));
        }
      }
    }
    assertThat(passed).as("out of order in %s", answers).containsAll(wrong);
  }

  private List<String> rows(String query) {
    return Sql.rows(home.resolve("store").resolve("messages.db"), query);
  }
}
