package dev.nanoclaw.app;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The lock that keeps a second host from the same home directory: `nanoclaw.lock`, which also says
/// where the control socket is and which process holds it.
public final class HomeLock implements AutoCloseable {

  private final FileChannel channel;

  private HomeLock(FileChannel channel) {
    this.channel = channel;
  }

  /// Takes the lock.
  ///
  /// @throws StartException when another host has it, or the directory cannot be written
  public static HomeLock take(Path home, Path socket) {
    Path file = file(home);
    try {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = tryLock(channel);
      if (lock == null) {
        channel.close();
        throw new StartException(
            "another NanoClaw already runs on %s (process %s). Stop it first, or give this one another --home"
                .formatted(home, Files.readAllLines(file).stream().findFirst().orElse("unknown")));
      }
      byte[] content =
          (ProcessHandle.current().pid() + "\n" + socket + "\n").getBytes(StandardCharsets.UTF_8);
      channel.truncate(0);
      channel.write(ByteBuffer.wrap(content), 0);
      return new HomeLock(channel);
    } catch (IOException e) {
      throw new StartException("cannot write %s: %s".formatted(file, e.getMessage()), e);
    }
  }

  /// Where the daemon of that home listens, or the last one listened.
  public static Optional<Path> socket(Path home) {
    try {
      List<String> lines = Files.readAllLines(file(home));
      return lines.size() < 2 ? Optional.empty() : Optional.of(Path.of(lines.get(1)));
    } catch (IOException _) {
      return Optional.empty();
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException _) {
      return null;
    }
  }

  private static Path file(Path home) {
    return home.resolve("nanoclaw.lock");
  }

  @Override
  public void close() throws IOException {
    channel.truncate(0);
    channel.close();
  }
}
