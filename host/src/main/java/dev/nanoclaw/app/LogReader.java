package dev.nanoclaw.app;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Reads the lines of a log while somebody else writes it. When the log is put aside and a new one
/// begun, it goes on there. Used by one thread.
public final class LogReader implements AutoCloseable {

  private static final int BLOCK = 64 * 1024;

  /// So much of the end of a file is searched for the last lines.
  private static final long LONGEST_TAIL = 64L * 1024 * 1024;

  private final Supplier<Optional<Path>> current;
  private final ByteArrayOutputStream unfinished = new ByteArrayOutputStream();
  private @Nullable FileChannel channel;
  private @Nullable Path path;
  private @Nullable Object identity;
  private long position;

  /// @param current where the log is now; asked again and again
  public LogReader(Supplier<Optional<Path>> current) {
    this.current = current;
  }

  /// Goes to the last lines, which [#read] then returns.
  ///
  /// @return how many there are, at most as many as asked for
  public int skipToLast(int lines) throws IOException {
    if (!openCurrent()) {
      return 0;
    }
    FileChannel log = Objects.requireNonNull(channel);
    long size = log.size();
    position = size;
    int found = 0;
    ByteBuffer block = ByteBuffer.allocate(BLOCK);
    for (long end = size; lines > 0 && end > 0 && size - end < LONGEST_TAIL; end -= BLOCK) {
      long begin = Math.max(0, end - BLOCK);
      block.clear().limit((int) (end - begin));
      int count = log.read(block, begin);
      for (int i = count - 1; i >= 0; i--) {
        if (block.get(i) == '\n' && begin + i != size - 1 && ++found == lines) {
          position = begin + i + 1;
          return lines;
        }
      }
      position = begin;
    }
    return position == size ? 0 : found + 1;
  }

  /// The lines that are complete and not read yet.
  public List<String> read() throws IOException {
    List<String> lines = new ArrayList<>();
    if (channel == null && !openCurrent()) {
      return lines;
    }
    readTo(lines);
    if (lines.isEmpty() && hasMoved()) {
      readTo(lines); // what was written before it was put aside
      unfinished().ifPresent(lines::add);
      if (openCurrent()) {
        position = 0;
        readTo(lines);
      }
    }
    return lines;
  }

  /// The last line while it has no end yet; it is not returned again.
  public Optional<String> unfinished() {
    if (unfinished.size() == 0) {
      return Optional.empty();
    }
    String text = unfinished.toString(StandardCharsets.UTF_8);
    unfinished.reset();
    return Optional.of(text);
  }

  /// The file that is being read.
  public Optional<Path> file() {
    return Optional.ofNullable(path);
  }

  private void readTo(List<String> lines) throws IOException {
    ByteBuffer block = ByteBuffer.allocate(BLOCK);
    int count;
    while ((count = Objects.requireNonNull(channel).read(block.clear(), position)) > 0) {
      position += count;
      for (int i = 0; i < count; i++) {
        if (block.get(i) == '\n') {
          lines.add(unfinished().orElse(""));
        } else {
          unfinished.write(block.get(i));
        }
      }
    }
  }

  private boolean hasMoved() throws IOException {
    Optional<Path> now = current.get();
    return now.isPresent() && !Objects.equals(identity(now.get()), identity);
  }

  /// @return false when there is none; then the one that is open stays so
  private boolean openCurrent() throws IOException {
    Optional<Path> now = current.get();
    if (now.isEmpty()) {
      return false;
    }
    try {
      FileChannel next = FileChannel.open(now.get(), StandardOpenOption.READ);
      close();
      channel = next;
      path = now.get();
      identity = identity(now.get());
      return true;
    } catch (NoSuchFileException _) {
      return false;
    }
  }

  private static @Nullable Object identity(Path file) throws IOException {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    } catch (NoSuchFileException _) {
      return null;
    }
  }

  @Override
  public void close() throws IOException {
    if (channel != null) {
      channel.close();
    }
  }
}
