package dev.nanoclaw.container;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.stream.Stream;

/// The directory `data/ipc/errors`: what agents left for the host and was nothing to be carried
/// out, each with its reason beside it. The newest are kept, within limits of number, size and age.
final class ErrorFiles {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSS").withZone(ZoneOffset.UTC);
  private static final String REASON = ".reason";

  private static final int MOST_REASONS = 200;
  private static final long MOST_BYTES = 20L * 1024 * 1024;
  private static final Duration MOST_AGE = Duration.ofDays(30);

  private final Path directory;

  ErrorFiles(Path directory) {
    this.directory = directory;
  }

  /// Keeps one; without content only the reason.
  void add(String name, String reason, byte[] content, Instant now) throws IOException {
    Files.createDirectories(directory);
    Path file = directory.resolve(TIME.format(now) + "-" + name);
    if (content.length > 0) {
      write(file, content);
    }
    write(reasonOf(file), (reason + "\n").getBytes(StandardCharsets.UTF_8));
    tidy(now);
  }

  private static void write(Path file, byte[] content) throws IOException {
    var ownerOnly =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    Files.write(Files.createFile(file, ownerOnly), content);
  }

  private static Path reasonOf(Path file) {
    return file.resolveSibling(file.getFileName() + REASON);
  }

  /// Names begin with the time, so they sort by age.
  private void tidy(Instant now) throws IOException {
    List<Path> reasons;
    try (Stream<Path> all = Files.list(directory)) {
      reasons = all.filter(it -> it.toString().endsWith(REASON)).sorted().toList().reversed();
    }
    String oldest = TIME.format(now.minus(MOST_AGE));
    long bytes = 0;
    for (int i = 0; i < reasons.size(); i++) {
      Path reason = reasons.get(i);
      String name = reason.getFileName().toString();
      Path file = directory.resolve(name.substring(0, name.length() - REASON.length()));
      bytes += size(reason) + size(file);
      if (i >= MOST_REASONS || bytes > MOST_BYTES || name.compareTo(oldest) < 0) {
        Files.deleteIfExists(file);
        Files.deleteIfExists(reason);
      }
    }
  }

  private static long size(Path file) throws IOException {
    try {
      return Files.size(file);
    } catch (NoSuchFileException _) {
      return 0; // there was nothing to keep, or another run tidied up
    }
  }
}
