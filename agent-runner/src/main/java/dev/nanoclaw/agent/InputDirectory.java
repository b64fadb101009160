package dev.nanoclaw.agent;

import dev.nanoclaw.protocol.FollowUp;
import dev.nanoclaw.protocol.Json;
import dev.nanoclaw.protocol.MalformedJsonException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/// The directory into which the host renames follow-ups: they come out in the order of their names,
/// each once, until `_close` is there.
final class InputDirectory implements AutoCloseable {

  private static final long MAX_BYTES = 64L * 1024 * 1024;

  /// How long a look may be late where no events come: they do not cross a virtual machine's
  /// border. On the file systems of a Linux of one's own they do come, and idling costs less.
  private static final Duration WITHOUT_EVENTS = Duration.ofMillis(100);

  private static final Duration WITH_EVENTS = Duration.ofSeconds(1);
  private static final Set<String> TELLING =
      Set.of("btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "tmpfs", "xfs", "zfs");

  private final Path directory;
  private final WatchService watcher;
  private final Duration lookBeneath;
  private final Set<Path> taken = new HashSet<>();

  InputDirectory(Path directory) throws IOException {
    this.directory = directory;
    watcher = directory.getFileSystem().newWatchService();
    directory.register(watcher, StandardWatchEventKinds.ENTRY_CREATE);
    lookBeneath = tells(directory) ? WITH_EVENTS : WITHOUT_EVENTS;
  }

  private static boolean tells(Path directory) {
    try {
      return TELLING.contains(Files.getFileStore(directory).type());
    } catch (IOException e) {
      Log.line("the file system of " + directory + " is unknown: " + e.getMessage());
      return false;
    }
  }

  /// Waits until another look may find something.
  void await() throws InterruptedException {
    WatchKey key = watcher.poll(lookBeneath.toMillis(), TimeUnit.MILLISECONDS);
    if (key != null) {
      key.pollEvents();
      key.reset();
    }
  }

  @Override
  public void close() throws IOException {
    watcher.close();
  }

  /// What one look found.
  ///
  /// @param interrupt the agent is asked to break off what runs; that is taken note of once
  /// @param close the agent is asked to finish; then nothing is given out, and what is still there
  ///   stays for the next run
  record Look(List<Path> files, boolean interrupt, boolean close) {}

  Look look() throws IOException {
    // The plain listing: this runs ten times a second for as long as the agent idles.
    String[] names = directory.toFile().list();
    if (names == null) {
      throw new IOException("cannot list " + directory);
    }
    List<String> all = List.of(names);
    boolean interrupt =
        all.contains(FollowUp.INTERRUPT) && directory.resolve(FollowUp.INTERRUPT).toFile().delete();
    if (all.contains(FollowUp.CLOSE)) {
      return new Look(List.of(), interrupt, true);
    }
    List<Path> files = new ArrayList<>();
    for (String name : all) {
      Path file = directory.resolve(name);
      if (name.endsWith(".json") && !name.startsWith(".") && !taken.contains(file)) {
        files.add(file);
      }
    }
    files.sort(null);
    return new Look(files, interrupt, false);
  }

  /// Reads a file; one that is none of the host's is reported, deleted and comes out empty.
  Optional<FollowUp> read(Path file) {
    try {
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > MAX_BYTES) {
        throw new IOException("not a file of a message's size");
      }
      return Optional.of(Json.read(Files.readString(file), FollowUp.class));
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
