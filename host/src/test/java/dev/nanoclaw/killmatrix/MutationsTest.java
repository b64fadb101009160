package dev.nanoclaw.killmatrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.killmatrix.Journal.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A host that is broken on purpose must be found out, and the same host unbroken must not.
@Timeout(600)
class MutationsTest {

  private static final Duration HOLD = Duration.ofMillis(100);
  private static final Duration UNTIL_QUIET = Duration.ofMinutes(3);

  @TempDir private Path dir;

  @ParameterizedTest
  @EnumSource
  void aBrokenHostIsFoundOut(Mutation mutation) throws Exception {
    long seed = Seed.get();
    Seed.print("mutation " + mutation, seed);
    Path classes = mutation.compile(Files.createDirectories(dir.resolve("mutation")));
    List<List<Violation>> found =
        KillMatrixTest.sideBySide(
            List.of(
                () -> {
                  try (House broken = new House(dir.resolve("broken"), seed)) {
                    broken.host().classesBefore(classes);
                    return shortRun(broken, mutation);
                  }
                },
                () -> {
                  try (House whole = new House(dir.resolve("whole"), seed)) {
                    return shortRun(whole, mutation);
                  }
                }));
    assertThat(found.getFirst())
        .as("%s, seed %d", mutation, seed)
        .extracting(Violation::kind)
        .contains(mutation.expected());
    assertThat(found.getLast()).as("without %s, seed %d", mutation, seed).isEmpty();
  }

  private static List<Violation> shortRun(House house, Mutation mutation) throws Exception {
    house.engine().calm(true);
    house.whatsApp().calm(true);
    house.engine().onlyCrashes(mutation == Mutation.DONE_AT_END_OF_RUN);
    for (int chat = 0; chat < House.CAP; chat++) {
      house.say(chat, Kind.QUESTION);
    }
    if (mutation == Mutation.LOST_COUNTS_AS_FAILED) { // one failure is enough then
      var _ = house.host().configure("max_turn_retries: " + House.RETRIES, "max_turn_retries: 0");
    }
    int talking = 0;
    if (mutation == Mutation.NOT_HANDED_OVER) { // needs a container that waits for the next host
      var _ = house.host().configure("idle_timeout_ms: 400", "idle_timeout_ms: 60000");
      house.onlyQuestions();
      talking = 1;
    }
    assertThat(house.killAt(mutation.step(), 1, HOLD, talking))
        .as("killed %s", mutation.step())
        .isTrue();
    if (mutation == Mutation.WHATEVER_IS_GONE_NEVER_BEGAN) {
      house.engine().endAll();
    }
    house.becomeQuiet(UNTIL_QUIET);
    return house.judge();
  }
}
