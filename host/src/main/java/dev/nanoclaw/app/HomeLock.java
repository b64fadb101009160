package dev.nanoclaw.app;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;

/// The lock that keeps a second host from the same home directory: `nanoclaw.lock`, which also says
/// where the control socket is and which process holds it.
public final class HomeLock implements AutoCloseable {

  /// The homes that this process holds, with their sockets. Of these the file is not opened again:
  /// a process loses its lock on a file as soon as it closes the file anywhere.
  private static final Map<Path, Path> HELD = new ConcurrentHashMap<>();

  private final Path home;
  private final FileChannel channel;

  private HomeLock(Path home, FileChannel channel) {
    this.home = home;
    this.channel = channel;
  }

  /// Takes the lock.
  ///
  /// @throws StartException when another host has it, or the directory cannot be written
  public static HomeLock take(Path home, Path socket) {
    Path key = key(home);
    long pid = ProcessHandle.current().pid();
    if (HELD.putIfAbsent(key, socket) != null) {
      throw refused(home, Long.toString(pid));
    }
    boolean taken = false;
    try {
      FileChannel channel =
          FileChannel.open(file(home), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (channel.tryLock() == null) {
        channel.close();
        List<String> lines = Files.readAllLines(file(home));
        throw refused(home, lines.stream().findFirst().orElse("unknown"));
      }
      channel.truncate(0);
      byte[] content = (pid + "\n" + socket + "\n").getBytes(StandardCharsets.UTF_8);
      channel.write(ByteBuffer.wrap(content), 0);
      taken = true;
      return new HomeLock(key, channel);
    } catch (IOException e) {
      throw new StartException("cannot write %s: %s".formatted(file(home), e.getMessage()), e);
    } finally {
      if (!taken) {
        HELD.remove(key);
      }
    }
  }

  private static StartException refused(Path home, String process) {
    return new StartException(
        "another NanoClaw already runs on %s (process %s). Stop it first, or give this one another --home"
            .formatted(home, process));
  }

  /// Where the daemon of that home listens, or the last one listened.
  public static Optional<Path> socket(Path home) {
    Path held = HELD.get(key(home));
    if (held != null) {
      return Optional.of(held);
    }
    try {
      List<String> lines = Files.readAllLines(file(home));
      return lines.size() < 2 ? Optional.empty() : Optional.of(Path.of(lines.get(1)));
    } catch (IOException _) {
      return Optional.empty();
    }
  }

  /// The process that holds the lock of that home or, when it was killed, held it last.
  public static OptionalLong process(Path home) {
    try {
      return Files.readAllLines(file(home)).stream()
          .limit(1)
          .filter(it -> it.matches("[0-9]{1,18}"))
          .mapToLong(Long::parseLong)
          .findFirst();
    } catch (IOException _) {
      return OptionalLong.empty();
    }
  }

  private static Path key(Path home) {
    try {
      return home.toRealPath();
    } catch (IOException _) {
      return home.toAbsolutePath().normalize();
    }
  }

  private static Path file(Path home) {
    return home.resolve("nanoclaw.lock");
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      channel.truncate(0);
    } finally {
      HELD.remove(home);
    }
  }
}
