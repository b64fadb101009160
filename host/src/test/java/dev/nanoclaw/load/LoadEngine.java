package dev.nanoclaw.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/// The engine `load-engine` in a directory of its own, and what its agents logged.
final class LoadEngine implements AutoCloseable {

  private final Path dir;

  /// A line of its log. `what` is `+` and `-` for a container's begin and end, `seen` for what an
  /// agent read, `failed` for an input that it gave back, or a word of the test's.
  ///
  /// @param group whose container it is
  /// @param tokens the messages that it read, in order
  record Event(String what, String container, String group, String input, List<String> tokens) {

    private static Event of(String line) {
      List<String> words = Arrays.asList(line.split(" ", -1));
      String container = words.get(1);
      return new Event(
          words.getFirst(),
          container,
          container.startsWith("nanoclaw-") ? container.split("-", -1)[1] : container,
          words.size() > 2 ? words.get(2) : "",
          words.size() > 3 ? List.copyOf(words.subList(3, words.size())) : List.of());
    }
  }

  LoadEngine(Path dir) throws IOException, InterruptedException {
    this.dir = Files.createDirectories(dir);
    Files.createDirectories(dir.resolve("running"));
    Files.createDirectories(dir.resolve("faults"));
    Files.createFile(dir.resolve("events"));
    workAtMost(0);
    Process fifo = new ProcessBuilder("mkfifo", dir.resolve("never").toString()).start();
    if (fifo.waitFor() != 0) {
      throw new IOException("mkfifo failed");
    }
    Files.copy(Path.of("src/test/resources/load-engine"), dir.resolve("engine"));
    Files.setPosixFilePermissions(
        dir.resolve("engine"), PosixFilePermissions.fromString("rwx------"));
  }

  List<String> command() {
    return List.of(dir.resolve("engine").toString());
  }

  /// How long agents that start from now on work on an input.
  void workAtMost(int milliseconds) throws IOException {
    Files.writeString(dir.resolve("work"), milliseconds + "\n");
  }

  /// Adds a line of the test's own to the log.
  void event(String what, String group) throws IOException {
    Files.writeString(dir.resolve("events"), what + " " + group + "\n", StandardOpenOption.APPEND);
  }

  List<Event> events() throws IOException {
    return Files.readAllLines(dir.resolve("events")).stream().map(Event::of).toList();
  }

  List<Event> events(String what) throws IOException {
    return events().stream().filter(it -> it.what().equals(what)).toList();
  }

  /// How many containers ran at the same time at most.
  long mostRunning() throws IOException {
    long now = 0;
    long most = 0;
    for (Event event : events()) {
      now += event.what().equals("+") ? 1 : event.what().equals("-") ? -1 : 0;
      most = Math.max(most, now);
    }
    return most;
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> running = Files.list(dir.resolve("running"))) {
      for (Path container : running.toList()) {
        ProcessHandle.of(Long.parseLong(Files.readString(container).strip()))
            .ifPresent(ProcessHandle::destroyForcibly);
      }
    }
  }
}
