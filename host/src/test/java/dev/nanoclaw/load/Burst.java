package dev.nanoclaw.load;

import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.IncomingMessage;
import dev.nanoclaw.testing.Samples;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Messages of several groups and what happens between them, all from one seed. The last message of
/// each group asks for an answer.
record Burst(List<String> groups, boolean allAsk, List<Step> steps) {

  /// What agents can be made to do when they see a message first.
  private static final List<String> FAULTS =
      List.of("crash", "kill", "half", "late", "error", "busy");

  sealed interface Step {

    /// @param token by which agents know it
    record Say(String group, String token, IncomingMessage message) implements Step {}

    record ClockJumps(Duration by) implements Step {}

    record HostEnds() implements Step {}

    /// Until everything that asks for an answer has one.
    record Rest() implements Step {}

    record Pause(Duration time) implements Step {}
  }

  /// Lets time pass: what is between two steps is part of the burst.
  static void pass(Duration time) throws InterruptedException {
    var _ = new CountDownLatch(1).await(time.toMillis(), TimeUnit.MILLISECONDS);
  }

  /// Some seeds, or the one in the system property `load.seed`.
  static Stream<Long> seeds(int count) {
    return Optional.ofNullable(Long.getLong("load.seed"))
        .map(Stream::of)
        .orElseGet(() -> new Random().longs(count).boxed());
  }

  static Burst of(long seed, boolean faults) {
    Random random = new Random(seed);
    List<String> groups =
        IntStream.rangeClosed(1, 1 + random.nextInt(4)).mapToObj(it -> "g" + it).toList();
    boolean allAsk = random.nextInt(3) == 0;
    List<Step> steps = new ArrayList<>();
    int messages = 40 + random.nextInt(60);
    int busy = 1 + random.nextInt(8); // messages in a row
    for (int i = 0; i < messages; i++) {
      boolean asks = allAsk || random.nextInt(3) > 0;
      steps.add(say(random, groups.get(random.nextInt(groups.size())), i, asks, faults));
      if (random.nextInt(busy) == 0) {
        steps.add(between(random));
      }
    }
    for (String group : groups) {
      steps.add(say(random, group, messages++, true, faults));
    }
    return new Burst(groups, allAsk, steps);
  }

  private static Step between(Random random) {
    return switch (random.nextInt(10)) {
      case 0 -> new Step.HostEnds();
      case 1 -> new Step.Rest();
      case 2 -> new Step.ClockJumps(Duration.ofSeconds(-random.nextInt(100_000)));
      case 3 -> new Step.ClockJumps(Duration.ofMillis(-random.nextInt(2000)));
      default -> new Step.Pause(Duration.ofMillis(random.nextInt(120)));
    };
  }

  private static Step say(Random random, String group, int number, boolean asks, boolean faults) {
    String token = group + "x" + number;
    String fault =
        faults && random.nextInt(8) == 0
            ? "!" + FAULTS.get(random.nextInt(FAULTS.size())) + " "
            : "";
    Instant when =
        switch (random.nextInt(4)) {
          case 0 -> Samples.NOW.minusSeconds(random.nextInt(1_000_000));
          case 1 -> Samples.NOW.plusSeconds(number);
          case 2 -> Instant.EPOCH;
          default -> Samples.NOW; // many in the same second
        };
    return new Step.Say(
        group,
        token,
        Samples.message(
            new ChatJid(group + "@g.us"),
            "m" + number,
            (asks ? "@Andy " : "note ") + fault + "#" + token + "#",
            when));
  }

  /// All messages by group, in their order.
  Map<String, List<String>> said() {
    return said(steps);
  }

  /// What has an answer when everything that asks for one has it: of each group the messages up to
  /// the last that asks.
  static Map<String, List<String>> owed(List<Step> steps) {
    Map<String, List<String>> owed = new LinkedHashMap<>();
    said(steps)
        .forEach((group, tokens) -> {
          List<String> asking =
              steps.stream()
                  .flatMap(it -> it instanceof Step.Say say ? Stream.of(say) : Stream.empty())
                  .filter(it -> it.group().equals(group) && asks(it))
                  .map(Step.Say::token)
                  .toList();
          if (!asking.isEmpty()) {
            owed.put(group, tokens.subList(0, tokens.indexOf(asking.getLast()) + 1));
          }
        });
    return owed;
  }

  private static boolean asks(Step.Say say) {
    return say.message().text().startsWith("@Andy");
  }

  private static Map<String, List<String>> said(List<Step> steps) {
    Map<String, List<String>> said = new LinkedHashMap<>();
    for (Step step : steps) {
      if (step instanceof Step.Say say) {
        said.computeIfAbsent(say.group(), _ -> new ArrayList<>()).add(say.token());
      }
    }
    return said;
  }
}
