package dev.nanoclaw.db;

import static dev.nanoclaw.testing.Samples.NOW;
import static dev.nanoclaw.testing.Samples.message;
import static dev.nanoclaw.testing.Samples.range;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.db.InputStore.LaneWork;
import dev.nanoclaw.db.InputStore.Limits;
import dev.nanoclaw.db.InputStore.Next;
import dev.nanoclaw.db.InputStore.Which;
import dev.nanoclaw.db.InputStore.Work;
import dev.nanoclaw.db.RunStore.Effect;
import dev.nanoclaw.db.RunStore.Fate;
import dev.nanoclaw.db.RunStore.Session;
import dev.nanoclaw.domain.AgentInput;
import dev.nanoclaw.domain.AgentInput.Content;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.AgentRun.EndReason;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.testing.Samples;
import dev.nanoclaw.testing.Sql;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InputStoreTest {

  private static final Group FAMILY = Samples.group("family");
  private static final Group WORK = Samples.group("work");
  private static final Limits MANY = new Limits(50, 100_000);

  @TempDir private Path dir;
  private Database database;
  private MessageStore messages;
  private InputStore inputs;
  private RunStore runs;
  private int count;

  @BeforeEach
  void open() {
    database = Database.open(dir);
    messages = new MessageStore(database);
    inputs = new InputStore(database);
    runs = new RunStore(database, (_, text) -> List.of(text), Samples.TASK_RULES);
    GroupStore groups = new GroupStore(database);
    groups.add(FAMILY, "whatsapp");
    groups.add(WORK, "whatsapp");
  }

  @AfterEach
  void close() {
    database.close();
  }

  private long say(Group group, boolean triggered) {
    return say(group, triggered, "text");
  }

  private long say(Group group, boolean triggered, String text) {
    return messages.add(message(group, "m" + count++, text), triggered).orElseThrow().seq();
  }

  private static void acknowledged(RunStore runs, AgentRun run, Group group, long end, long id) {
    runs.takeFrame(run, group, effect(end, List.of(id), Map.of()), NOW);
  }

  private static Effect effect(long end, List<Long> acked, Map<Long, Fate> failed) {
    return new Effect(
        end, Optional.empty(), new Session.Keep(), acked, failed, "why", Optional.empty(), false);
  }

  private AgentRun begin(Group group, String id) {
    AgentRun run = Samples.run(group, id);
    assertThat(runs.begin(run, group, MANY, NOW)).isInstanceOf(Next.Claimed.class);
    return run;
  }

  private static AgentInput claimed(Next next) {
    assertThat(next).isInstanceOf(Next.Claimed.class);
    return ((Next.Claimed) next).input();
  }

  @Test
  void withoutAMessageThatAsksThereIsNoWorkAndNoRun() {
    say(FAMILY, false);
    say(WORK, true);
    assertThat(inputs.nextWork(FAMILY, Which.CHAT, NOW)).isEmpty();
    assertThat(runs.begin(Samples.run(FAMILY, "r"), FAMILY, MANY, NOW))
        .isEqualTo(new Next.Nothing());
    assertThat(runs.open()).isEmpty();
    assertThat(inputs.settled(FAMILY, 1000)).isTrue();
  }

  @Test
  void whatWasSaidBeforeComesAlongAndWhatComesAfterWaits() {
    say(FAMILY, false);
    say(WORK, false);
    long asks = say(FAMILY, true);
    long after = say(FAMILY, false);
    assertThat(inputs.nextWork(FAMILY, Which.CHAT, NOW))
        .contains(new Work(NOW, Long.toString(asks), 0));
    assertThat(inputs.settled(FAMILY, asks)).isFalse();
    assertThat(inputs.settled(FAMILY, asks - 1)).isTrue();

    AgentRun run = begin(FAMILY, "r");
    AgentInput first = runs.inside(run).getFirst();
    assertThat(first)
        .isEqualTo(
            new AgentInput(first.id(), FAMILY.folder(), new Content.Messages(1, asks), 0, NOW));
    assertThat(inputs.nextWork(FAMILY, Which.CHAT, NOW)).isEmpty();
    assertThat(inputs.claimNext(FAMILY, Which.CHAT, "r", MANY, NOW)).isEqualTo(new Next.Nothing());
    assertThat(inputs.settled(FAMILY, asks)).isFalse();
    assertThat(inputs.settled(FAMILY, 0)).isTrue();

    acknowledged(runs, run, FAMILY, 10, first.id());
    assertThat(inputs.settled(FAMILY, after)).isTrue();
    long again = say(FAMILY, true);
    AgentInput second = claimed(inputs.claimNext(FAMILY, Which.CHAT, "r", MANY, NOW));
    assertThat(range(second).fromSeq()).isEqualTo(asks + 1);
    assertThat(range(second).toSeq()).isEqualTo(again);
  }

  @Test
  void aClockThatIsSetBackKeepsNoFailedInputWaiting() {
    say(FAMILY, true);
    AgentRun run = begin(FAMILY, "r");
    long id = runs.inside(run).getFirst().id();
    Instant next = NOW.plusSeconds(15);
    Effect failed = effect(10, List.of(), Map.of(id, new Fate.Again(1, next)));
    runs.takeFrame(run, FAMILY, failed, NOW);

    Instant slightly = next.minus(InputStore.LONGEST_WAIT);
    assertThat(inputs.nextWork(FAMILY, Which.CHAT, slightly).orElseThrow().when()).isEqualTo(next);
    assertThat(inputs.claimNext(FAMILY, Which.CHAT, "r", MANY, slightly))
        .isEqualTo(new Next.Later(next));
    LaneWork owed = inputs.lanesWithWork().getFirst();
    assertThat(owed.isDue(slightly)).isFalse();

    Instant far = slightly.minusMillis(1);
    assertThat(inputs.nextWork(FAMILY, Which.CHAT, far).orElseThrow().when()).isEqualTo(far);
    assertThat(owed.isDue(far)).isTrue();
    assertThat(claimed(inputs.claimNext(FAMILY, Which.CHAT, "r", MANY, far)).id()).isEqualTo(id);
  }

  @Test
  void anInputHasSoManyMessagesThatAskAndNoMore() {
    List<Long> asked = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      say(FAMILY, false);
      asked.add(say(FAMILY, true));
    }
    AgentRun run = Samples.run(FAMILY, "r");
    runs.begin(run, FAMILY, new Limits(2, 1000), NOW);
    assertThat(range(runs.inside(run).getFirst()).toSeq()).isEqualTo(asked.get(1));
    assertThat(
            range(claimed(inputs.claimNext(FAMILY, Which.CHAT, "r", new Limits(2, 1000), NOW)))
                .toSeq())
        .isEqualTo(asked.get(3));
    assertThat(
            range(claimed(inputs.claimNext(FAMILY, Which.CHAT, "r", new Limits(2, 1000), NOW)))
                .toSeq())
        .isEqualTo(asked.get(4));
  }

  @Test
  void anInputHasSoManyBytesThatAskButAtLeastOneMessage() {
    long small = say(FAMILY, true, "ab");
    long exact = say(FAMILY, true, "é"); // two bytes
    long big = say(FAMILY, true, "x".repeat(50));
    long last = say(FAMILY, true, "y");
    Limits limits = new Limits(50, 4);
    AgentRun run = Samples.run(FAMILY, "r");
    runs.begin(run, FAMILY, limits, NOW);
    assertThat(range(runs.inside(run).getFirst()).toSeq()).isEqualTo(exact).isGreaterThan(small);
    assertThat(range(claimed(inputs.claimNext(FAMILY, Which.CHAT, "r", limits, NOW))).toSeq())
        .isEqualTo(big);
    assertThat(range(claimed(inputs.claimNext(FAMILY, Which.CHAT, "r", limits, NOW))).toSeq())
        .isEqualTo(last);
  }

  @Test
  void aFailedInputWaitsForItsTimeAndEverythingNewerBehindIt() {
    long first = say(FAMILY, true);
    AgentRun run = begin(FAMILY, "r");
    long id = runs.inside(run).getFirst().id();
    Instant later = NOW.plusSeconds(5);
    runs.takeFrame(run, FAMILY, effect(10, List.of(), Map.of(id, new Fate.Again(1, later))), NOW);
    long second = say(FAMILY, true);

    assertThat(inputs.claimNext(FAMILY, Which.CHAT, "r", MANY, NOW))
        .isEqualTo(new Next.Later(later));
    assertThat(inputs.nextWork(FAMILY, Which.CHAT, NOW)).contains(new Work(later, "1", 1));
    assertThat(inputs.settled(FAMILY, first)).isFalse();
    AgentInput again = claimed(inputs.claimNext(FAMILY, Which.CHAT, "r", MANY, later));
    assertThat(again)
        .isEqualTo(new AgentInput(id, FAMILY.folder(), new Content.Messages(1, first), 1, NOW));
    assertThat(range(claimed(inputs.claimNext(FAMILY, Which.CHAT, "r", MANY, later))).toSeq())
        .isEqualTo(second);
  }

  @Test
  void aBatchThatFailsForTheSecondTimeIsTakenApart() {
    long first = say(FAMILY, true);
    say(FAMILY, false);
    long second = say(FAMILY, true);
    long third = say(FAMILY, true);
    AgentRun run = begin(FAMILY, "r");
    AgentInput batch = runs.inside(run).getFirst();
    fail(run, batch, 10, 1);
    assertThat(range(claimed(inputs.claimNext(FAMILY, Which.CHAT, "r", MANY, NOW))).toSeq())
        .isEqualTo(third);

    fail(run, batch, 20, 2);
    long newer = say(FAMILY, true);
    assertThat(inputs.nextWork(FAMILY, Which.CHAT, NOW)).contains(new Work(NOW, "1", 2));
    List<AgentInput> parts = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      parts.add(claimed(inputs.claimNext(FAMILY, Which.CHAT, "r", MANY, NOW)));
    }
    assertThat(parts)
        .extracting(it -> range(it).fromSeq())
        .containsExactly(1L, 2L, second + 1, third + 1);
    assertThat(parts)
        .extracting(it -> range(it).toSeq())
        .containsExactly(first, second, third, newer);
    assertThat(parts).extracting(AgentInput::attempts).containsExactly(2, 2, 2, 0);
    assertThat(runs.inside(run)).isEqualTo(parts);
  }

  private void fail(AgentRun run, AgentInput input, long end, int attempts) {
    Fate again = new Fate.Again(attempts, NOW);
    runs.takeFrame(run, FAMILY, effect(end, List.of(), Map.of(input.id(), again)), NOW);
  }

  @Test
  void aGroupIsOwedSomethingFromTheTimeOfItsOldestFailedInput() {
    say(FAMILY, true);
    assertThat(inputs.lanesWithWork())
        .containsExactly(new LaneWork(Lane.chat(FAMILY.folder()), Optional.empty()));
    AgentRun run = begin(FAMILY, "r");
    assertThat(inputs.lanesWithWork()).isEmpty();
    long id = runs.inside(run).getFirst().id();
    Instant later = NOW.plusSeconds(5);
    runs.takeFrame(run, FAMILY, effect(10, List.of(), Map.of(id, new Fate.Again(1, later))), NOW);
    say(FAMILY, true); // waits behind it
    LaneWork owed = new LaneWork(Lane.chat(FAMILY.folder()), Optional.of(later));
    assertThat(inputs.lanesWithWork()).containsExactly(owed);
    assertThat(owed.isDue(later.minusMillis(1))).isFalse();
    assertThat(owed.isDue(later)).isTrue();
  }

  @Test
  void aDeadInputLetsTheNextOnePass() {
    long first = say(FAMILY, true);
    AgentRun run = begin(FAMILY, "r");
    long id = runs.inside(run).getFirst().id();
    runs.takeFrame(run, FAMILY, effect(10, List.of(), Map.of(id, new Fate.Dead("sorry"))), NOW);
    long second = say(FAMILY, true);
    assertThat(inputs.settled(FAMILY, first)).isTrue();
    assertThat(claimed(inputs.claimNext(FAMILY, Which.CHAT, "r", MANY, NOW)))
        .satisfies(it -> assertThat(range(it).fromSeq()).isEqualTo(first + 1))
        .satisfies(it -> assertThat(range(it).toSeq()).isEqualTo(second));
  }

  /// Several chats, runs that end in mid-work, inputs that fail or die: in the end the inputs of a
  /// chat are its messages, each once, and were done in their order.
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void whateverHappensEachMessageIsInOneInputAndDoneInOrder(long seed) {
    Random random = new Random(seed);
    List<Group> groups = List.of(FAMILY, WORK);
    Map<Group, List<Long>> said = new HashMap<>();
    Map<Group, List<AgentInput>> done = new HashMap<>();
    Map<Group, AgentRun> open = new HashMap<>();
    Instant now = NOW;
    Limits limits = new Limits(1 + random.nextInt(3), 1 + random.nextInt(20));
    long end = 0;
    for (int step = 0; step < 150; step++) {
      boolean draining = step >= 100;
      Group group = groups.get(random.nextInt(2));
      now = now.plusSeconds(random.nextInt(draining ? 20 : 4));
      AgentRun run = open.get(group);
      int what = draining ? 2 + random.nextInt(5) : random.nextInt(9);
      if (what < 2) {
        boolean triggered = random.nextInt(3) > 0;
        long seq = say(group, triggered, "x".repeat(random.nextInt(15)));
        if (triggered) {
          of(said, group).add(seq);
        }
      } else if (run == null) {
        AgentRun fresh = Samples.run(group, "r" + step);
        if (runs.begin(fresh, group, limits, now) instanceof Next.Claimed) {
          open.put(group, fresh);
        }
      } else if (what == 8) {
        Map<Long, Fate> fates = new HashMap<>();
        for (AgentInput it : runs.inside(run)) {
          fates.put(it.id(), new Fate.Again(it.attempts() + 1, now.plusSeconds(random.nextInt(5))));
        }
        runs.end(
            run, group, EndReason.CRASHED, Optional.of(1), fates, "why", Optional.empty(), now);
        open.remove(group);
      } else if (runs.inside(run).isEmpty()) {
        inputs.claimNext(group, Which.CHAT, run.runId(), limits, now);
      } else {
        AgentInput it = runs.inside(run).getFirst();
        end += 1 + random.nextInt(9);
        switch (draining ? 0 : random.nextInt(4)) {
          case 0, 1 -> {
            acknowledged(runs, run, group, end, it.id());
            of(done, group).add(it);
          }
          case 2 -> {
            Instant when = now.plus(Duration.ofSeconds(random.nextInt(5)));
            runs.takeFrame(
                run, group, effect(end, List.of(), Map.of(it.id(), new Fate.Again(1, when))), now);
          }
          default -> {
            runs.takeFrame(
                run, group, effect(end, List.of(), Map.of(it.id(), new Fate.Dead("x"))), now);
            if (isDead(it)) { // and not taken apart
              of(done, group).add(it);
            }
          }
        }
      }
    }
    for (Group group : groups) {
      for (int i = 0; i < 100 && hasWork(group, open, now); i++) { // the rest, one by one
        now = now.plusSeconds(10);
        AgentRun run = Samples.run(group, group.folder() + "-last-" + i);
        AgentRun going = open.getOrDefault(group, run);
        if (going.equals(run)) {
          runs.begin(run, group, limits, now);
        } else if (runs.inside(going).isEmpty()) {
          inputs.claimNext(group, Which.CHAT, going.runId(), limits, now);
        }
        for (AgentInput it : runs.inside(going)) {
          end += 1;
          acknowledged(runs, going, group, end, it.id());
          of(done, group).add(it);
        }
      }
      long next = 1;
      List<Long> covered = new ArrayList<>();
      for (AgentInput it : of(done, group)) {
        assertThat(range(it).fromSeq()).as("no gap, no overlap, in order").isEqualTo(next);
        next = range(it).toSeq() + 1;
        of(said, group).stream()
            .filter(seq -> range(it).fromSeq() <= seq && seq <= range(it).toSeq())
            .forEach(covered::add);
      }
      assertThat(covered).isEqualTo(of(said, group));
      assertThat(inputs.nextWork(group, Which.CHAT, now)).isEmpty();
    }
    assertThat(
            Sql.rows(
                dir.resolve("messages.db"),
                "SELECT count(*) FROM agent_inputs WHERE state NOT IN ('acked', 'dead')"))
        .containsExactly("0");
  }

  private boolean isDead(AgentInput input) {
    String query = "SELECT state FROM agent_inputs WHERE id = " + input.id();
    return Sql.rows(dir.resolve("messages.db"), query).equals(List.of("dead"));
  }

  private boolean hasWork(Group group, Map<Group, AgentRun> open, Instant now) {
    AgentRun run = open.get(group);
    return inputs.nextWork(group, Which.CHAT, now).isPresent()
        || (run != null && !runs.inside(run).isEmpty());
  }

  private static <T> List<T> of(Map<Group, List<T>> map, Group group) {
    return map.computeIfAbsent(group, _ -> new ArrayList<>());
  }
}
