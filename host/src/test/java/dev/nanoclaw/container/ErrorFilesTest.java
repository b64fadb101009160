package dev.nanoclaw.container;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.testing.Samples;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ErrorFilesTest {

  @TempDir private Path dir;

  @Test
  void ofWhatWasRefusedTheNewestAreKept() throws IOException {
    ErrorFiles errors = new ErrorFiles(dir.resolve("errors"));
    byte[] large = new byte[1024 * 1024];
    errors.add("old", "r", large, Samples.NOW);
    for (int i = 0; i < 25; i++) {
      errors.add("large-" + i, "r", large, Samples.NOW.plus(Duration.ofDays(29)).plusMillis(i));
    }
    assertThat(names()).hasSize(2 * 19).noneMatch(it -> it.endsWith("-old"));
    for (int i = 0; i < 300; i++) {
      errors.add(
          "small-" + i, "r", new byte[0], Samples.NOW.plus(Duration.ofDays(30)).plusMillis(i));
    }
    assertThat(names()).hasSize(200).allMatch(it -> it.endsWith(".reason"));
    errors.add("last", "r", new byte[0], Samples.NOW.plus(Duration.ofDays(61)));
    assertThat(names()).hasSize(1).allMatch(it -> it.endsWith("-last.reason"));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> all = Files.list(dir.resolve("errors"))) {
      return all.map(it -> it.getFileName().toString()).toList();
    }
  }
}
