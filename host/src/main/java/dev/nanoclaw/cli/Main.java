package dev.nanoclaw.cli;

import dev.nanoclaw.app.StartException;
import dev.nanoclaw.config.InvalidSettingsException;
import dev.nanoclaw.container.GroupDirectories.DirectoryException;
import dev.nanoclaw.db.DatabaseException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/// `./nanoclaw`: finds the command and turns its failures into one message and an exit code.
@Command(
    name = "nanoclaw",
    description = "A personal assistant that runs on your own machine.",
    mixinStandardHelpOptions = true,
    version = "NanoClaw 0.1.0",
    subcommands = {
      StartCommand.class,
      ChatCommand.class,
      DemoCommand.class,
      StatusCommand.class,
      LogsCommand.class,
      ConfigCommand.class,
      ImageCommand.class
    })
final class Main implements Runnable {

  @Spec private CommandSpec spec = CommandSpec.create();

  private Main() {}

  /// Starts the command.
  public static void main(String[] args) {
    System.exit(isPlainStart(args) ? plainStart(args) : run(args));
  }

  private static int run(String[] args) {
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler((e, _, _) -> explain(e))
        .setParameterExceptionHandler((e, _) -> explainUsage(e))
        .execute(args);
  }

  /// The daemon does not load the command line parser, which costs more than anything else at its
  /// start.
  private static boolean isPlainStart(String[] args) {
    List<String> words = List.of(args);
    return words.equals(List.of("start"))
        || (words.size() == 3 && words.get(0).equals("start") && words.get(1).equals("--home"));
  }

  private static int plainStart(String[] args) {
    try {
      return Daemon.run(args.length == 3 ? Optional.of(Path.of(args[2])) : Optional.empty());
    } catch (RuntimeException e) {
      return explain(e);
    }
  }

  private static int explainUsage(ParameterException e) {
    PrintWriter err = e.getCommandLine().getErr();
    err.println(e.getMessage());
    var _ = UnmatchedArgumentException.printSuggestions(e, err);
    e.getCommandLine().usage(err);
    return CommandLine.ExitCode.USAGE;
  }

  /// The owner's mistakes are told without a stack trace.
  private static int explain(Exception e) {
    switch (e) {
      case InvalidSettingsException _,
          StartException _,
          CommandException _,
          DatabaseException _,
          DirectoryException _ ->
          System.err.println("nanoclaw: " + e.getMessage());
      default -> {
        System.err.println("nanoclaw: " + e);
        e.printStackTrace();
      }
    }
    return 1;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Which command?");
  }
}
