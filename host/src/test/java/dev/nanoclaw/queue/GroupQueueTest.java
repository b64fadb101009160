package dev.nanoclaw.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.queue.Signal.Activity;
import dev.nanoclaw.queue.Signal.Order;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class GroupQueueTest {

  private static final Lane A = Lane.chat(new GroupFolder("a"));
  private static final Lane B = Lane.chat(new GroupFolder("b"));
  private static final Lane C = Lane.chat(new GroupFolder("c"));
  private static final Duration LONG = Duration.ofSeconds(20);

  private final BlockingQueue<Lane> started = new LinkedBlockingQueue<>();
  private final Map<Lane, Semaphore> mayEnd = new ConcurrentHashMap<>();
  private GroupQueue queue = new GroupQueue(2, this::turn, Clock.systemUTC());

  @AfterEach
  void close() {
    List.of(A, B, C).forEach(it -> gate(it).release(100));
    queue.close();
  }

  private Semaphore gate(Lane group) {
    return mayEnd.computeIfAbsent(group, _ -> new Semaphore(0));
  }

  private Optional<Instant> turn(Lane group, Signal signal) {
    started.add(group);
    gate(group).acquireUninterruptibly();
    return Optional.empty();
  }

  private Lane next() throws InterruptedException {
    Lane group = started.poll(LONG.toSeconds(), TimeUnit.SECONDS);
    assertThat(group).isNotNull();
    return group == null ? A : group;
  }

  @Test
  void waitingGroupsGetTheirTurnInTheOrderInWhichTheyCame() throws InterruptedException {
    queue = new GroupQueue(1, this::turn, Clock.systemUTC());
    queue.wake(A);
    assertThat(next()).isEqualTo(A);
    queue.wake(C);
    queue.wake(B);
    queue.wake(C);
    assertThat(queue.activeTurns()).isOne();
    assertThat(queue.waitingGroups()).isEqualTo(2);
    assertThat(started).isEmpty();
    gate(A).release();
    assertThat(next()).isEqualTo(C);
    assertThat(started).isEmpty();
    gate(C).release();
    assertThat(next()).isEqualTo(B);
  }

  @Test
  void aGroupHasOneTurnAndAWakeDuringItGivesExactlyOneMore() throws InterruptedException {
    queue.wake(A);
    assertThat(next()).isEqualTo(A);
    queue.wake(A);
    queue.wake(A);
    assertThat(queue.activeTurns()).isOne();
    assertThat(queue.waitingGroups()).isZero();
    gate(A).release();
    assertThat(next()).isEqualTo(A);
    gate(A).release();
    Awaitility.await().until(() -> queue.activeTurns() == 0);
    assertThat(started).isEmpty();
  }

  @Test
  void aTurnHearsOfMoreAndWhatItHeardGivesNoFurtherTurn() throws InterruptedException {
    CountDownLatch heard = new CountDownLatch(1);
    queue =
        new GroupQueue(
            1,
            (group, signal) -> {
              started.add(group);
              if (signal.await(LONG)) {
                heard.countDown();
              }
              return Optional.empty();
            },
            Clock.systemUTC());
    queue.wake(A);
    next();
    queue.wake(A);
    heard.await();
    Awaitility.await().until(() -> queue.activeTurns() == 0);
    assertThat(started).isEmpty();
  }

  @Test
  void aGroupComesBackWhenItSaidSo() throws InterruptedException {
    AtomicInteger turns = new AtomicInteger();
    queue =
        new GroupQueue(
            1,
            (group, _) -> {
              started.add(group);
              return turns.incrementAndGet() < 3
                  ? Optional.of(Instant.now().plusMillis(turns.get() == 1 ? 30 : -1000))
                  : Optional.empty();
            },
            Clock.systemUTC());
    Instant begin = Instant.now();
    queue.wake(A);
    next();
    next();
    assertThat(Duration.between(begin, Instant.now())).isGreaterThan(Duration.ofMillis(25));
    next();
    queue.wakeAt(B, Instant.now().plusMillis(5));
    assertThat(next()).isEqualTo(B);
    assertThat(started).isEmpty();
  }

  @Test
  void aTurnThatFailsHoldsNothingUp() throws InterruptedException {
    queue =
        new GroupQueue(
            3,
            (group, _) -> {
              started.add(group);
              if (group.equals(A)) {
                throw new IllegalStateException("on purpose");
              }
              if (group.equals(B)) {
                throw new AssertionError("on purpose, and worse");
              }
              return Optional.empty();
            },
            Clock.systemUTC());
    queue.wake(A);
    queue.wake(B);
    queue.wake(C);
    assertThat(List.of(next(), next(), next())).containsExactlyInAnyOrder(A, B, C);
    assertThat(queue.activeTurns()).as("their containers may run").isGreaterThanOrEqualTo(2);
    assertThat(List.of(next(), next())).as("again after a while").containsExactlyInAnyOrder(A, B);
  }

  @Test
  void aTurnThatWaitsGivesItsSlotToAGroupThatWaitsAndTheLongestWaitFirst() throws Exception {
    Map<Lane, Signal> signals = collectSignals(2);
    queue.wake(A);
    queue.wake(B);
    List.of(next(), next()).forEach(it -> of(signals, it).reports(Activity.WORKING));
    of(signals, B).reports(Activity.WAITING);
    of(signals, A).reports(Activity.WAITING);
    assertThat(of(signals, B).takeEnd()).as("nobody waits").isEmpty();

    queue.wake(C);
    assertThat(of(signals, A).takeEnd()).isEmpty();
    assertThat(of(signals, B).takeEnd()).contains(Order.YIELD);
    assertThat(of(signals, B).takesMore()).isFalse();
    gate(B).release();
    assertThat(next()).isEqualTo(C);
    assertThat(of(signals, A).takesMore()).isTrue();
  }

  @Test
  void whileAGroupWaitsAndNoTurnDoesNoneTakesMoreAndTheFirstAtRestGivesItsSlot() throws Exception {
    Map<Lane, Signal> signals = collectSignals(2);
    queue.wake(A);
    queue.wake(B);
    assertThat(List.of(next(), next())).containsExactlyInAnyOrder(A, B);
    assertThat(of(signals, A).takesMore()).isTrue();
    queue.wake(C);
    assertThat(of(signals, A).takesMore()).isFalse();
    assertThat(of(signals, B).takesMore()).isFalse();
    assertThat(of(signals, A).takeEnd()).as("something is open in it").isEmpty();

    of(signals, B).reports(Activity.WAITING);
    assertThat(of(signals, A).takesMore()).as("not needed any more").isTrue();
    assertThat(of(signals, B).takeEnd()).contains(Order.YIELD);
    gate(B).release();
    assertThat(next()).isEqualTo(C);
  }

  @Test
  void aHostThatStopsLetsATurnAtRestLeaveAndNotEnd() throws Exception {
    Map<Lane, Signal> signals = collectSignals(2);
    queue.wake(A);
    next();
    of(signals, A).reports(Activity.WAITING);
    of(signals, A).leave();
    assertThat(of(signals, A).takeEnd()).isEmpty();
    assertThat(of(signals, A).isLeaving()).isTrue();
  }

  @Test
  void aTurnThatEndsAnywayIsNotHelpedByASecond() throws Exception {
    Map<Lane, Signal> signals = collectSignals(2);
    queue.wake(A);
    queue.wake(B);
    assertThat(List.of(next(), next())).containsExactlyInAnyOrder(A, B);
    of(signals, A).reports(Activity.WAITING);
    of(signals, B).reports(Activity.ENDING);
    queue.wake(C);
    assertThat(of(signals, A).takeEnd()).isEmpty();
    assertThat(of(signals, B).takeEnd()).as("knows already").isEmpty();
  }

  private Map<Lane, Signal> collectSignals(int cap) {
    Map<Lane, Signal> signals = new ConcurrentHashMap<>();
    queue =
        new GroupQueue(
            cap,
            (group, signal) -> {
              signals.put(group, signal);
              return turn(group, signal);
            },
            Clock.systemUTC());
    return signals;
  }

  private static Signal of(Map<Lane, Signal> signals, Lane group) {
    return Optional.ofNullable(signals.get(group)).orElseThrow();
  }

  @Test
  void finishLetsTurnsEndAndGivesNoMore() throws InterruptedException {
    CountDownLatch asked = new CountDownLatch(1);
    queue =
        new GroupQueue(
            1,
            (group, signal) -> {
              started.add(group);
              while (signal.order() != Order.FINISH) { // it is asked for its slot before
                var _ = signal.await(LONG);
              }
              asked.countDown();
              return Optional.of(Instant.now());
            },
            Clock.systemUTC());
    queue.wake(A);
    next();
    queue.wake(B);
    queue.finish(LONG);
    assertThat(asked.getCount()).isZero();
    assertThat(queue.activeTurns() + queue.waitingGroups()).isZero();
    queue.wake(C);
    queue.wakeAt(C, Instant.now());
    assertThat(started).isEmpty();
  }

  @Test
  void finishDoesNotWaitForEver() throws InterruptedException {
    queue.wake(A);
    next();
    queue.finish(Duration.ofMillis(20));
    assertThat(queue.activeTurns()).isOne();
  }

  @Test
  void closeLetsTurnsLeaveAndWaitsForThem() throws InterruptedException {
    AtomicInteger left = new AtomicInteger();
    queue =
        new GroupQueue(
            2,
            (group, signal) -> {
              started.add(group);
              signal.pause(LONG);
              assertThat(signal.isLeaving()).isTrue();
              assertThat(signal.await(LONG)).as("does not wait any more").isFalse();
              left.incrementAndGet();
              return Optional.of(Instant.now());
            },
            Clock.systemUTC());
    queue.wake(A);
    queue.wake(B);
    queue.wake(C);
    next();
    next();
    queue.close();
    assertThat(left).hasValue(2);
    queue.wake(C);
    queue.wakeAt(C, Instant.now());
    assertThat(started).isEmpty();
  }

  /// Many groups and wakes against the simplest model: work is a number, a wake adds to it, a turn
  /// takes all of it. No wake may be lost, no group may have two turns, the cap must hold.
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void whateverIsWokenIsServed(long seed) throws InterruptedException {
    int cap = 1 + new Random(seed).nextInt(4);
    List<Lane> groups =
        IntStream.range(0, 12).mapToObj(it -> Lane.chat(new GroupFolder("g" + it))).toList();
    Map<Lane, AtomicInteger> work = new HashMap<>();
    Map<Lane, AtomicInteger> inTurn = new HashMap<>();
    groups.forEach(it -> work.put(it, new AtomicInteger()));
    groups.forEach(it -> inTurn.put(it, new AtomicInteger()));
    AtomicInteger active = new AtomicInteger();
    AtomicInteger broken = new AtomicInteger();
    Random random = new Random(seed);
    queue =
        new GroupQueue(
            cap,
            (group, signal) -> {
              if (count(inTurn, group).incrementAndGet() > 1 || active.incrementAndGet() > cap) {
                broken.incrementAndGet();
              }
              count(work, group).set(0);
              boolean wait;
              synchronized (random) {
                wait = random.nextBoolean();
              }
              if (wait && signal.await(Duration.ofMillis(1))) {
                count(work, group).set(0);
              }
              active.decrementAndGet();
              count(inTurn, group).decrementAndGet();
              return Optional.empty();
            },
            Clock.systemUTC());
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int t = 0; t < 4; t++) {
        Random own = new Random(seed * 31 + t);
        threads.execute(() -> {
          for (int i = 0; i < 500; i++) {
            Lane group = groups.get(own.nextInt(groups.size()));
            count(work, group).incrementAndGet();
            queue.wake(group);
          }
        });
      }
    }
    Awaitility.await().until(() -> queue.activeTurns() == 0 && queue.waitingGroups() == 0);
    assertThat(broken).hasValue(0);
    assertThat(work.values()).allSatisfy(it -> assertThat(it).hasValue(0));
  }

  private static AtomicInteger count(Map<Lane, AtomicInteger> map, Lane group) {
    AtomicInteger found = map.get(group);
    return found == null ? new AtomicInteger() : found;
  }
}
