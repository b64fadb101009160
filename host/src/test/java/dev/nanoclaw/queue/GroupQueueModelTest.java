package dev.nanoclaw.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.queue.Signal.Activity;
import dev.nanoclaw.queue.Signal.Order;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The queue against a simple model, step by step: who has a turn, who waits, who is asked for its
/// slot.
@Timeout(60)
final class GroupQueueModelTest {

  private static final int STEPS = 300;

  /// A turn of the real queue, which ends when the test says so.
  private record Turn(Lane group, Signal signal, SynchronousQueue<Boolean> end) {}

  /// What a turn is at in the model, and since which step.
  private record At(Activity activity, int since) {}

  private final Map<Lane, At> active = new LinkedHashMap<>();
  private final List<Lane> waiting = new ArrayList<>();
  private final Map<Lane, Boolean> raised = new HashMap<>();
  private final Map<Lane, Turn> turns = new ConcurrentHashMap<>();

  static Stream<Long> seeds() {
    return new Random().longs(40).boxed();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void doesWhatTheModelDoes(long seed) throws InterruptedException {
    Random random = new Random(seed);
    int cap = 1 + random.nextInt(5);
    List<Lane> groups =
        IntStream.range(0, cap + 1 + random.nextInt(8))
            .mapToObj(it -> Lane.chat(new GroupFolder("g" + it)))
            .toList();
    try (var queue = new GroupQueue(cap, this::take, Clock.systemUTC())) {
      for (int step = 0; step < STEPS; step++) {
        step(random, groups, queue, cap, step);
        await()
            .pollDelay(Duration.ZERO)
            .pollInterval(Duration.ofMillis(1))
            .untilAsserted(() -> compare(queue)); // a turn has a thread
      }
      waiting.clear();
      queue.finish(Duration.ZERO);
      for (Lane group : List.copyOf(active.keySet())) {
        end(group);
      }
    }
  }

  private Optional<Instant> take(Lane group, Signal signal) {
    var turn = new Turn(group, signal, new SynchronousQueue<>());
    turns.put(group, turn);
    try {
      var _ = turn.end.take();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    return Optional.empty();
  }

  private void step(Random random, List<Lane> groups, GroupQueue queue, int cap, int step)
      throws InterruptedException {
    Lane group = groups.get(random.nextInt(groups.size()));
    if (!active.containsKey(group)) {
      queue.wake(group);
      if (!waiting.contains(group)) {
        waiting.add(group);
      }
    } else {
      switch (random.nextInt(5)) {
        case 0 -> {
          queue.wake(group);
          raised.put(group, true);
        }
        case 1 -> {
          active.remove(group);
          end(group);
          if (Boolean.TRUE.equals(raised.remove(group))) {
            waiting.add(group);
          }
        }
        case 2 -> takeEnd(group, step);
        default -> {
          Activity now = random.nextBoolean() ? Activity.WAITING : Activity.WORKING;
          turn(group).signal.reports(now);
          at(group, now, step);
        }
      }
    }
    while (active.size() < cap && !waiting.isEmpty()) {
      active.put(waiting.removeFirst(), new At(Activity.WORKING, step));
    }
  }

  private void takeEnd(Lane group, int step) {
    boolean ends = asked().contains(group) && at(group).activity == Activity.WAITING;
    assertThat(turn(group).signal.takeEnd().isPresent()).isEqualTo(ends);
    if (ends) {
      at(group, Activity.ENDING, step);
    }
  }

  private void at(Lane group, Activity now, int step) {
    At was = at(group);
    if (was.activity != now && was.activity != Activity.ENDING) {
      active.put(group, new At(now, step));
    }
  }

  private At at(Lane group) {
    return Optional.ofNullable(active.get(group)).orElseThrow();
  }

  /// Who ends anyway, then who waits, the longest first: as many as groups wait. Where these are
  /// too few, all.
  private List<Lane> asked() {
    long atRest = active.values().stream().filter(it -> it.activity != Activity.WORKING).count();
    return active.entrySet().stream()
        .sorted(
            Comparator.comparing((Map.Entry<Lane, At> it) -> it.getValue().activity)
                .thenComparingInt(it -> it.getValue().since))
        .limit(waiting.size() > atRest ? active.size() : waiting.size())
        .map(Map.Entry::getKey)
        .toList();
  }

  private void compare(GroupQueue queue) {
    assertThat(queue.activeTurns()).isEqualTo(active.size());
    assertThat(queue.waitingGroups()).isEqualTo(waiting.size());
    List<Lane> asked = asked();
    for (Lane group : active.keySet()) {
      assertThat(turn(group).signal.order())
          .as("%s in %s with %s waiting", group, active, waiting)
          .isEqualTo(asked.contains(group) ? Order.YIELD : Order.GO_ON);
    }
  }

  /// The turn of the group, which begins on a thread of its own.
  private Turn turn(Lane group) {
    await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(() -> turns.containsKey(group));
    return Optional.ofNullable(turns.get(group)).orElseThrow();
  }

  private void end(Lane group) throws InterruptedException {
    Turn turn = turn(group);
    turns.remove(group);
    assertThat(turn.end.offer(true, 20, TimeUnit.SECONDS)).isTrue();
  }
}
