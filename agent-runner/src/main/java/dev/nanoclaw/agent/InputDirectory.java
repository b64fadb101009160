package dev.nanoclaw.agent;

import dev.nanoclaw.protocol.FollowUp;
import dev.nanoclaw.protocol.Json;
import dev.nanoclaw.protocol.MalformedJsonException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The directory into which the host renames follow-ups: they come out in the order of their names,
/// each once, until `_close` is there.
final class InputDirectory {

  private static final long MAX_BYTES = 64L * 1024 * 1024;

  private final Path directory;
  private final Set<Path> taken = new HashSet<>();

  InputDirectory(Path directory) {
    this.directory = directory;
  }

  /// What one look found.
  ///
  /// @param close the agent is asked to finish; then nothing is given out, and what is still there
  ///   stays for the next run
  record Look(List<Path> files, boolean close) {}

  Look look() throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (name.equals(FollowUp.CLOSE)) {
          return new Look(List.of(), true);
        }
        if (name.endsWith(".json") && !name.startsWith(".") && !taken.contains(entry)) {
          files.add(entry);
        }
      }
    }
    files.sort(null);
    return new Look(files, false);
  }

  /// Reads a file; one that is none of the host's is reported, deleted and comes out empty.
  Optional<FollowUp> read(Path file) {
    try {
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > MAX_BYTES) {
        throw new IOException("not a file of a message's size");
      }
      FollowUp followUp = Json.read(Files.readString(file), FollowUp.class);
      if (followUp.id() == null || followUp.text() == null) {
        throw new IOException("without id or text");
      }
      return Optional.of(followUp);
    } catch (IOException | MalformedJsonException e) {
      Log.line("ignored " + file.getFileName() + ": " + e.getMessage());
      done(file);
      return Optional.empty();
    }
  }

  /// Deletes a file that was handed over. One that cannot be deleted does not come again.
  void done(Path file) {
    taken.add(file);
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      Log.line("could not delete " + file.getFileName() + ": " + e.getMessage());
    }
  }
}
