package dev.nanoclaw.container;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Reads small files of text that somebody else made and may still have open.
///
/// Opening one can take long: on Linux a program with a lease on a file holds up whoever opens it
/// for 45 s. So it happens on a thread that is not waited for; while that one hangs, no other file
/// is tried.
final class BoundedReader {

  static final int MOST_BYTES = 1024 * 1024;

  private static final long PATIENCE_SECONDS = 10;
  private static final byte[] NOTHING = {};

  private final String threadName;
  private FutureTask<byte[]> reading = new FutureTask<>(() -> NOTHING);

  BoundedReader(String threadName) {
    this.threadName = threadName;
    reading.run();
  }

  /// @param file in a directory where nobody else can put another in its place
  String text(Path file) throws UnusableFileException {
    byte[] bytes = bytes(file);
    if (bytes.length > MOST_BYTES) {
      throw new UnusableFileException("larger than %d bytes".formatted(MOST_BYTES), NOTHING);
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException _) {
      throw new UnusableFileException("not UTF-8", bytes);
    }
  }

  private byte[] bytes(Path file) throws UnusableFileException {
    try {
      requireSmallFile(file);
      if (!reading.isDone()) {
        throw new UnusableFileException("an earlier file cannot be opened", NOTHING);
      }
      reading = new FutureTask<>(() -> firstBytes(file));
      Thread.ofPlatform().daemon().name(threadName).start(reading);
      return await(reading);
    } catch (TimeoutException _) {
      throw new UnusableFileException("something keeps it from being opened", NOTHING);
    } catch (AccessDeniedException _) {
      throw new UnusableFileException("its mode does not let it be read", NOTHING);
    } catch (IOException e) {
      throw new UnusableFileException("cannot be read: " + e.getMessage(), NOTHING);
    }
  }

  private static void requireSmallFile(Path file) throws IOException, UnusableFileException {
    var attributes =
        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!attributes.isRegularFile()) {
      String what =
          attributes.isDirectory() ? "directory" : attributes.isSymbolicLink() ? "link" : "device";
      throw new UnusableFileException("a %s, not a file".formatted(what), NOTHING);
    }
    if (attributes.size() > MOST_BYTES) {
      throw new UnusableFileException("larger than %d bytes".formatted(MOST_BYTES), NOTHING);
    }
  }

  /// One byte more than may be there, should the file have grown.
  private static byte[] firstBytes(Path file) throws IOException {
    try (InputStream in =
        Files.newInputStream(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      return in.readNBytes(MOST_BYTES + 1);
    }
  }

  private static byte[] await(FutureTask<byte[]> reading) throws IOException, TimeoutException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return reading.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException _) {
          interrupted = true; // it is soon over
        } catch (ExecutionException e) {
          throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
