package dev.nanoclaw.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLogTest {

  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  @TempDir Path directory;

  private void old(String name, Duration age) throws IOException {
    Path file = Files.writeString(directory.resolve(name), "x\n");
    Files.setLastModifiedTime(file, FileTime.from(NOW.minus(age)));
  }

  private long logs() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.count();
    }
  }

  @Test
  void keepsThirtyForAMonth() throws IOException {
    for (int i = 10; i < 50; i++) {
      old("run-" + i + ".log", Duration.ofDays(50 - i));
    }
    var log = new RunLog(directory, "run-50", NOW);
    log.line("new");
    log.flush();
    assertThat(logs()).isEqualTo(30);
    assertThat(directory.resolve("run-50.log")).hasContent("new");
    assertThat(directory.resolve("run-20.log")).doesNotExist();

    old("run-49.log", Duration.ofDays(31));
    assertThat(new RunLog(directory, "run-51", NOW)).isNotNull();
    assertThat(directory.resolve("run-49.log")).doesNotExist();
  }

  @Test
  void endsAtItsLimitAndSaysSo() throws IOException {
    var log = new RunLog(directory, "run", NOW);
    String line = "x".repeat(999);
    for (int i = 0; i < 10_000; i++) {
      log.line(line);
      if (i % 100 == 0) {
        log.flush();
      }
    }
    log.flush();
    Path file = directory.resolve("run.log");
    assertThat(Files.size(file)).isBetween(5_000_000L, 5_300_000L);
    assertThat(Files.readString(file)).endsWith("[the rest is not logged: the limit is 5 MiB]\n");

    var adopted = new RunLog(directory, "run", NOW);
    adopted.line("more");
    adopted.flush();
    assertThat(Files.size(file)).isLessThan(5_300_000L);
  }
}
