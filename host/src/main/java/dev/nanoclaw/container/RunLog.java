package dev.nanoclaw.container;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The log of one run, `data/logs/<group>/<run>.log`: everything that the container wrote outside
/// frames. Limited in size; each group keeps its newest, for a month.
final class RunLog {

  private static final Logger log = LoggerFactory.getLogger(RunLog.class);
  private static final long MAX_BYTES = 5L * 1024 * 1024;
  private static final int KEPT = 30;
  private static final Duration OLDEST = Duration.ofDays(30);

  private final Path file;
  private final ByteArrayOutputStream unwritten = new ByteArrayOutputStream();
  private long size;

  /// @param start of the run, from which the age of the others is counted
  RunLog(Path directory, String runId, Instant start) {
    this.file = directory.resolve(runId + ".log");
    this.size = Files.exists(file) ? file.toFile().length() : 0;
    deleteOld(directory, start);
  }

  /// Appends a line, for the next [#flush].
  void line(String text) {
    byte[] bytes = (text + "\n").getBytes(StandardCharsets.UTF_8);
    if (size >= MAX_BYTES) {
      return;
    }
    int kept = (int) Math.min(bytes.length, MAX_BYTES - size);
    unwritten.write(bytes, 0, kept);
    size += kept;
    if (size >= MAX_BYTES) {
      unwritten.writeBytes(
          "\n[the rest is not logged: the limit is 5 MiB]\n".getBytes(StandardCharsets.UTF_8));
    }
  }

  /// Writes what was appended. A log that cannot be written is no reason to stop a run.
  void flush() {
    if (unwritten.size() == 0) {
      return;
    }
    try {
      Files.write(
          file, unwritten.toByteArray(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      size = MAX_BYTES;
      log.warn("{} cannot be written any more: {}", file, e.toString());
    }
    unwritten.reset();
  }

  private static void deleteOld(Path directory, Instant now) {
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> newestFirst = files.sorted(Comparator.<Path>naturalOrder().reversed()).toList();
      for (int i = 0; i < newestFirst.size(); i++) {
        Path old = newestFirst.get(i);
        if (i >= KEPT - 1
            || Files.getLastModifiedTime(old).toInstant().isBefore(now.minus(OLDEST))) {
          Files.deleteIfExists(old);
        }
      }
    } catch (IOException e) {
      log.warn("Old logs in {} could not be removed: {}", directory, e.toString());
    }
  }
}
