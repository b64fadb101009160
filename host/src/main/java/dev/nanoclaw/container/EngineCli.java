package dev.nanoclaw.container;

import dev.nanoclaw.container.ContainerEngine.EngineException;
import dev.nanoclaw.process.Command;
import dev.nanoclaw.process.Command.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// The command line program of an engine: called with a deadline, its failures told in words.
///
/// @param name how the owner knows it
/// @param command how it is called, such as `docker`
record EngineCli(String name, List<String> command) {

  /// Long enough for any question.
  static final Duration QUICK = Duration.ofSeconds(10);

  EngineCli {
    command = List.copyOf(command);
  }

  List<String> argv(List<String> arguments) {
    List<String> argv = new ArrayList<>(command);
    argv.addAll(arguments);
    return argv;
  }

  Outcome run(Duration deadline, List<String> arguments) {
    return Command.run(argv(arguments), deadline);
  }

  /// What the program printed.
  ///
  /// @throws EngineException when it failed
  String ask(Duration deadline, List<String> arguments) {
    Outcome outcome = run(deadline, arguments);
    if (outcome instanceof Outcome.Exited it && it.ok()) {
      return it.out();
    }
    throw new EngineException(trouble(arguments.getFirst(), outcome));
  }

  /// One line about an outcome that was not success.
  String trouble(String what, Outcome outcome) {
    return switch (outcome) {
      case Outcome.Exited it ->
          "%s %s failed (%d): %s".formatted(name, what, it.code(), firstLine(it.err()));
      case Outcome.NotStarted _ -> name + " is not installed";
      case Outcome.TimedOut it ->
          "%s %s gave no answer for %d s".formatted(name, what, it.after().toSeconds());
    };
  }

  static String firstLine(String text) {
    return text.lines().filter(it -> !it.isBlank()).findFirst().orElse("no word why").strip();
  }
}
