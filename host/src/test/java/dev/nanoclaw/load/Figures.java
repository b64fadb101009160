package dev.nanoclaw.load;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat;
import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// What this process and a home directory hold.
///
/// @param heap bytes after collection
/// @param threads platform and virtual
/// @param runDirectories of runs, in `data/runs` and `data/ipc`
/// @param database bytes of the file
/// @param log bytes of its write-ahead log
record Figures(
    long heap, long threads, long openFiles, long runDirectories, long database, long log) {

  static Figures of(Path home) throws IOException {
    Path data = home.resolve("data");
    return new Figures(
        heapAfterCollection(),
        threads(home),
        ManagementFactory.getPlatformMXBean(UnixOperatingSystemMXBean.class)
            .getOpenFileDescriptorCount(),
        entries(data.resolve("runs"), 1) + entries(data.resolve("ipc"), 2),
        Files.size(home.resolve("store").resolve("messages.db")),
        Files.size(home.resolve("store").resolve("messages.db-wal")));
  }

  private static long heapAfterCollection() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  /// The usual count knows no virtual threads.
  private static long threads(Path home) throws IOException {
    Path dump = home.resolve("threads");
    Files.deleteIfExists(dump);
    ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
        .dumpThreads(dump.toString(), ThreadDumpFormat.TEXT_PLAIN);
    try (Stream<String> lines = Files.lines(dump)) {
      return lines.filter(it -> it.matches("#\\d+ .*")).count();
    }
  }

  private static long entries(Path directory, int depth) throws IOException {
    try (Stream<Path> found = Files.walk(directory, depth)) {
      return found
          .filter(it -> directory.relativize(it).getNameCount() == depth && !it.equals(directory))
          .count();
    }
  }
}
