package dev.nanoclaw.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.load.LoadEngine.Event;
import dev.nanoclaw.testing.Samples;
import dev.nanoclaw.testing.TestSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// More groups than containers may run: never more run than allowed, and nobody waits for more than
/// a bounded number of others' turns. All bounds are of order, none of time.
@Timeout(300)
final class FairnessTest {

  private static final int CAP = 5;
  private static final int GROUPS = 50;
  private static final int MESSAGES = 250;

  @TempDir private Path home;

  static Stream<Long> seeds() {
    return Burst.seeds(1);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void fiftyGroupsShareFiveContainersInTurn(long seed) throws Exception {
    Random random = new Random(seed);
    List<String> groups = IntStream.range(0, GROUPS).mapToObj(it -> "g" + it).toList();
    try (LoadEngine engine = new LoadEngine(home.resolve("engine"));
        LoadHost host = start(engine, CAP, groups)) {
      engine.workAtMost(40);
      Map<String, List<String>> said = new HashMap<>();
      for (int i = 0; i < MESSAGES; i++) {
        String group = groups.get(i < GROUPS ? i : random.nextInt(GROUPS));
        String token = group + "x" + i;
        said.computeIfAbsent(group, _ -> new ArrayList<>()).add(token);
        say(host, engine, group, token);
        Burst.pass(Duration.ofMillis(random.nextInt(20)));
      }
      await()
          .atMost(Duration.ofMinutes(4))
          .pollInterval(Duration.ofMillis(50))
          .untilAsserted(() -> assertThat(answers()).isEqualTo(said));
      host.finish(Duration.ofSeconds(30));

      assertThat(engine.mostRunning()).isEqualTo(CAP);
      long most = mostStartsOfAnotherWhileOneWaits(engine.events());
      System.out.println("starts of another group while one waited, at most: " + most);
      assertThat(most).isBetween(1L, 2L);
    }
  }

  @Test
  void aChattyGroupKeepsAQuietOneWaitingForNoMoreThanWhatIsOpen() throws Exception {
    int open = 3;
    try (LoadEngine engine = new LoadEngine(home.resolve("engine"));
        LoadHost host = start(engine, 1, List.of("chatty", "quiet"))) {
      engine.workAtMost(40);
      for (int said = 0; answers().getOrDefault("quiet", List.of()).size() < 3; ) {
        int answered = answers().getOrDefault("chatty", List.of()).size();
        if (said - answered < open) {
          say(host, engine, "chatty", "chattyx" + said++);
        }
        if (said % 20 == 19 && said / 20 == saidBy(engine, "quiet") && said < 80) {
          say(host, engine, "quiet", "quietx" + said);
        }
        assertThat(said).as("messages of the chatty group so far").isLessThan(1000);
        Burst.pass(Duration.ofMillis(2));
      }
      host.finish(Duration.ofSeconds(30));

      List<Event> events = engine.events();
      for (int i = 0; i < events.size(); i++) {
        if (isOf(events.get(i), "say", "quiet")) {
          int from = i;
          int start =
              IntStream.range(i, events.size())
                  .filter(it -> isOf(events.get(it), "+", "quiet"))
                  .findFirst()
                  .orElseThrow();
          assertThat(events.subList(from, start).stream().filter(it -> isOf(it, "seen", "chatty")))
              .as("what the chatty group got while the quiet one waited")
              .hasSizeLessThanOrEqualTo(open + 1);
          assertThat(events.subList(from, start).stream().filter(it -> isOf(it, "+", "chatty")))
              .hasSizeLessThanOrEqualTo(1);
        }
      }
    }
  }

  private static long saidBy(LoadEngine engine, String group) throws IOException {
    return engine.events("say").stream().filter(it -> it.group().equals(group)).count();
  }

  /// From when a group has something to do and no container until its container starts, the starts
  /// of each other group are counted.
  private static long mostStartsOfAnotherWhileOneWaits(List<Event> events) {
    Map<String, Map<String, Long>> startsSince = new HashMap<>(); // by waiting group
    Map<String, Boolean> running = new HashMap<>();
    Map<String, Integer> unseen = new HashMap<>();
    long most = 0;
    for (Event event : events) {
      String group = event.group();
      switch (event.what()) {
        case "say" -> unseen.merge(group, 1, Integer::sum);
        case "seen" -> unseen.merge(group, -event.tokens().size(), Integer::sum);
        case "-" -> running.remove(group);
        case "+" -> {
          running.put(group, true);
          startsSince.remove(group);
          startsSince.values().forEach(it -> it.merge(group, 1L, Long::sum));
        }
        default -> {}
      }
      if (unseen.getOrDefault(group, 0) > 0 && !running.containsKey(group)) {
        startsSince.putIfAbsent(group, new HashMap<>());
      }
      most =
          Math.max(
              most,
              startsSince.values().stream()
                  .flatMap(it -> it.values().stream())
                  .mapToLong(it -> it)
                  .max()
                  .orElse(0));
    }
    return most;
  }

  private static boolean isOf(Event event, String what, String group) {
    return event.what().equals(what) && event.group().equals(group);
  }

  private Map<String, List<String>> answers() throws IOException {
    return Answers.in(home.resolve("sent"));
  }

  /// The line in the log stands before the host has the message, so that a wait is never counted
  /// too short.
  private static void say(LoadHost host, LoadEngine engine, String group, String token)
      throws IOException {
    engine.event("say", group);
    host.receive(
        Samples.message(new ChatJid(group + "@g.us"), token, "@Andy #" + token + "#", Samples.NOW));
  }

  private LoadHost start(LoadEngine engine, int cap, List<String> groups) {
    var settings = new TestSettings(home);
    settings.maxConcurrent = cap;
    var host =
        new LoadHost(
            home,
            LoadHost.withContext(settings.settings(), 1000),
            engine.command(),
            new Answers(home.resolve("sent")),
            Clock.systemUTC());
    groups.forEach(host::register);
    return host;
  }
}
