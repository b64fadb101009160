package dev.nanoclaw.app;

import dev.nanoclaw.process.Command;
import dev.nanoclaw.process.Command.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// A program that speaks to the service manager: `systemctl`, `loginctl` or `launchctl`.
///
/// @param name how people know it
/// @param command how it is called
/// @param missing what to say when there is no such program
record ServiceTool(String name, List<String> command, String missing) {

  /// Longer than a manager gives a process to end.
  private static final Duration DEADLINE = Duration.ofMinutes(3);

  ServiceTool {
    command = List.copyOf(command);
  }

  /// @throws ServiceException when there is no such program or it gives no answer
  Outcome.Exited run(String... arguments) {
    List<String> argv = new ArrayList<>(command);
    argv.addAll(List.of(arguments));
    return switch (Command.run(argv, DEADLINE)) {
      case Outcome.Exited it -> it;
      case Outcome.NotStarted _ -> throw new ServiceException(missing);
      case Outcome.TimedOut it ->
          throw new ServiceException(
              "%s %s gave no answer for %d s"
                  .formatted(name, arguments[0], it.after().toSeconds()));
    };
  }

  /// What it printed.
  ///
  /// @param advice what to do about a failure, given its first line
  /// @throws ServiceException when it failed
  String ask(Function<String, String> advice, String... arguments) {
    Outcome.Exited it = run(arguments);
    if (it.ok()) {
      return it.out();
    }
    String line = firstLine(it.err());
    throw new ServiceException(
        "%s %s failed (%d): %s%s"
            .formatted(name, arguments[0], it.code(), line, advice.apply(line)));
  }

  static String firstLine(String text) {
    return text.lines()
        .filter(it -> !it.isBlank())
        .findFirst()
        .orElse("it does not say why")
        .strip();
  }
}
