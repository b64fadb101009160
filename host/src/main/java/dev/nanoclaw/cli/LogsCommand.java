package dev.nanoclaw.cli;

import dev.nanoclaw.app.LogLine;
import dev.nanoclaw.app.LogReader;
import dev.nanoclaw.config.Settings;
import dev.nanoclaw.domain.GroupFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "logs",
    description = "Shows the log, or what the newest container of a group wrote.",
    mixinStandardHelpOptions = true)
final class LogsCommand implements Callable<Integer> {

  private static final int LOOK_MS = 200;

  @Mixin private HomeOption home = new HomeOption();

  @Parameters(arity = "0..1", paramLabel = "GROUP", description = "The group's folder.")
  private @Nullable String group;

  @Option(
      names = {"-f", "--follow"},
      description = "Goes on with what is added, until Ctrl-C.")
  private boolean follow;

  @Option(
      names = {"-n", "--lines"},
      paramLabel = "N",
      defaultValue = "50",
      description = "How many lines to begin with (default: ${DEFAULT-VALUE}).")
  private int lines;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (lines < 0) {
      throw new CommandException("-n needs a number of lines");
    }
    Settings settings = home.settings();
    return group == null ? hostLog(settings) : groupLog(settings, folder(group));
  }

  private int hostLog(Settings settings) throws IOException, InterruptedException {
    Path file = settings.logging().file();
    UnaryOperator<String> readable = line -> LogLine.readable(line, settings.timezone());
    if (!follow && !Files.exists(file)) {
      throw new CommandException("there is no log yet: " + file);
    }
    try (LogReader reader = new LogReader(() -> Optional.of(file))) {
      int found = reader.skipToLast(lines);
      if (found < lines) {
        printEarlier(file.resolveSibling(file.getFileName() + ".1"), lines - found, readable);
      }
      return print(reader, readable, false);
    }
  }

  /// What was put aside a moment ago.
  private static void printEarlier(Path file, int count, UnaryOperator<String> readable)
      throws IOException {
    try (LogReader reader = new LogReader(() -> Optional.of(file).filter(Files::exists))) {
      if (reader.skipToLast(count) > 0) {
        reader.read().forEach(it -> System.out.println(readable.apply(it)));
      }
    }
  }

  private int groupLog(Settings settings, GroupFolder folder)
      throws IOException, InterruptedException {
    Path logs = settings.paths().dataDir().resolve("logs");
    Path directory = logs.resolve(folder.value());
    boolean exists = Files.isDirectory(settings.paths().groupsDir().resolve(folder.value()));
    if (newest(directory).isEmpty() && !(follow && exists)) {
      throw new CommandException(
          exists
              ? "group %s has no log yet: no container of it has run".formatted(folder)
              : "there is no group %s; groups with logs: %s".formatted(folder, known(logs)));
    }
    try (LogReader reader = new LogReader(() -> newest(directory))) {
      int found = reader.skipToLast(lines);
      if (found == 0 && !follow) {
        System.out.printf("%s is empty.%n", reader.file().map(Path::toString).orElse("The log"));
      }
      return print(reader, LogLine::harmless, true);
    }
  }

  private int print(LogReader reader, UnaryOperator<String> readable, boolean nameFiles)
      throws IOException, InterruptedException {
    CountDownLatch never = new CountDownLatch(1);
    Optional<Path> named = Optional.empty();
    do {
      List<String> read = reader.read();
      if (nameFiles && !reader.file().equals(named) && !read.isEmpty()) {
        named = reader.file();
        named.ifPresent(it -> System.out.printf("==> %s <==%n", it.getFileName()));
      }
      read.forEach(it -> System.out.println(readable.apply(it)));
    } while (follow && !System.out.checkError() && !never.await(LOOK_MS, TimeUnit.MILLISECONDS));
    reader.unfinished().ifPresent(it -> System.out.println(readable.apply(it)));
    return 0;
  }

  private static GroupFolder folder(String text) {
    try {
      return new GroupFolder(text);
    } catch (IllegalArgumentException e) {
      throw new CommandException(String.valueOf(e.getMessage()));
    }
  }

  /// Runs are named by the time of their start.
  private static Optional<Path> newest(Path directory) {
    return list(directory)
        .filter(it -> it.toString().endsWith(".log"))
        .max(Comparator.naturalOrder());
  }

  private static String known(Path logs) {
    List<String> names = list(logs).map(it -> it.getFileName().toString()).sorted().toList();
    return names.isEmpty() ? "none" : String.join(", ", names);
  }

  private static Stream<Path> list(Path directory) {
    if (!Files.isDirectory(directory)) {
      return Stream.empty();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
