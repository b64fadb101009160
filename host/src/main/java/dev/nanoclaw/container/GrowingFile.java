package dev.nanoclaw.container;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// Reads a file that another process appends to, from a position on.
final class GrowingFile implements AutoCloseable {

  private final FileChannel channel;
  private final ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
  private long position;

  GrowingFile(Path file, long position) throws IOException {
    this.channel = FileChannel.open(file, StandardOpenOption.READ);
    this.position = position;
  }

  /// The next bytes, at most 64 KiB; empty when there are none yet.
  byte[] read() throws IOException {
    int count = channel.read(buffer.clear(), position);
    if (count <= 0) {
      return new byte[0];
    }
    position += count;
    byte[] bytes = new byte[count];
    buffer.flip().get(bytes);
    return bytes;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
