package dev.nanoclaw.container;

import dev.nanoclaw.domain.Ids;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The directories of all runs; see [RunFiles].
public final class RunDirectories {

  private static final Logger log = LoggerFactory.getLogger(RunDirectories.class);

  private final Path dataDir;

  public RunDirectories(Path dataDir) {
    this.dataDir = dataDir;
  }

  /// Removes the directories of runs that are over: a host that dies between the end of a run and
  /// the removal of its files leaves them. Nothing but directories with a run's name is touched.
  ///
  /// @param open the ids of the runs that have not ended. It is asked after the directories were
  ///   looked for: the row of a run is there before its directories, so none of a run that is just
  ///   beginning is taken for a leftover
  public void sweep(Supplier<Set<String>> open) {
    List<Path> found = find();
    if (found.isEmpty()) {
      return;
    }
    Set<String> stay = open.get();
    for (Path it : found) {
      if (Thread.currentThread().isInterrupted()) {
        return;
      }
      if (!stay.contains(it.getFileName().toString())) {
        remove(it);
      }
    }
  }

  private static void remove(Path directory) {
    try {
      Trees.delete(directory);
      log.info("Removed {}, which an earlier host left behind", directory);
    } catch (IOException e) {
      log.warn("{} could not be removed; the next start tries again: {}", directory, e.toString());
    }
  }

  private List<Path> find() {
    try {
      List<Path> found = new ArrayList<>(runsIn(dataDir.resolve("runs")));
      for (String perGroup : List.of("ipc", "sessions")) {
        for (Path group : directories(dataDir.resolve(perGroup))) {
          found.addAll(runsIn(group));
        }
      }
      return found;
    } catch (IOException e) {
      log.warn("Leftovers in {} could not be looked for: {}", dataDir, e.toString());
      return List.of();
    }
  }

  private static List<Path> runsIn(Path directory) throws IOException {
    return directories(directory).stream()
        .filter(it -> Ids.isRun(it.getFileName().toString()))
        .toList();
  }

  private static List<Path> directories(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(it -> Files.isDirectory(it, LinkOption.NOFOLLOW_LINKS)).toList();
    } catch (NoSuchFileException | NotDirectoryException _) {
      return List.of();
    }
  }
}
