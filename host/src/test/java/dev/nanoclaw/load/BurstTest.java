package dev.nanoclaw.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.nanoclaw.load.Burst.Step;
import dev.nanoclaw.testing.TestSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Any burst of messages gives turns whose prompts, one after another, are the messages of the
/// group in order of arrival, each once: whatever their times, whenever they come, and however
/// often the host is started anew meanwhile.
@Timeout(180)
final class BurstTest {

  @TempDir private Path home;

  static Stream<Long> seeds() {
    return Burst.seeds(8);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void agentsSeeEveryMessageOnceInOrderOfArrival(long seed) throws Exception {
    Burst burst = Burst.of(seed, false);
    try (LoadEngine engine = new LoadEngine(home.resolve("engine"))) {
      engine.workAtMost(60);
      play(burst, engine);
      assertThat(seen(engine)).isEqualTo(burst.said());
      assertThat(Answers.in(sent())).isEqualTo(burst.said());
      assertThat(engine.mostRunning()).isLessThanOrEqualTo(2);
    }
  }

  private void play(Burst burst, LoadEngine engine) throws InterruptedException {
    var clock = new JumpingClock(Duration.ZERO);
    LoadHost host = start(burst, engine, clock);
    try {
      for (int i = 0; i < burst.steps().size(); i++) {
        switch (burst.steps().get(i)) {
          case Step.Say say -> host.receive(say.message());
          case Step.ClockJumps(Duration by) -> clock.jump(by);
          case Step.HostEnds() -> {
            host.close();
            host = start(burst, engine, clock);
          }
          case Step.Rest() -> awaitAnswers(Burst.owed(burst.steps().subList(0, i)));
          case Step.Pause(Duration time) -> Burst.pass(time);
        }
      }
      awaitAnswers(burst.said());
      host.finish(Duration.ofSeconds(20));
    } finally {
      host.close();
    }
  }

  private LoadHost start(Burst burst, LoadEngine engine, JumpingClock clock) {
    var settings = new TestSettings(home);
    settings.timeout = Duration.ofDays(30);
    settings.idleTimeout = Duration.ofDays(30);
    var host =
        new LoadHost(
            home,
            LoadHost.withContext(settings.settings(), burst.allAsk() ? 3 : 1000),
            engine.command(),
            new Answers(sent()),
            clock);
    burst.groups().forEach(host::register);
    return host;
  }

  private Path sent() {
    return home.resolve("sent");
  }

  private void awaitAnswers(Map<String, List<String>> owed) {
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(20))
        .untilAsserted(() -> assertThat(Answers.in(sent())).containsAllEntriesOf(owed));
  }

  private static Map<String, List<String>> seen(LoadEngine engine) throws IOException {
    Map<String, List<String>> seen = new LinkedHashMap<>();
    engine
        .events("seen")
        .forEach(
            it -> seen.computeIfAbsent(it.group(), _ -> new ArrayList<>()).addAll(it.tokens()));
    return seen;
  }
}
