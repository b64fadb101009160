package dev.nanoclaw.cli;

import dev.nanoclaw.app.ServiceException;
import dev.nanoclaw.app.StartException;
import dev.nanoclaw.channel.whatsapp.LinkException;
import dev.nanoclaw.config.InvalidSettingsException;
import dev.nanoclaw.container.GroupDirectories.DirectoryException;
import dev.nanoclaw.db.DatabaseException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
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
      ServiceCommand.class,
      LogsCommand.class,
      GroupsCommand.class,
      TasksCommand.class,
      DeadLettersCommand.class,
      WhatsAppCommand.class,
      ConfigCommand.class,
      ImageCommand.class
    })
final class Main implements Runnable {

  /// What `sysexits.h` and systemd call a wrong configuration: to try again is no use before its
  /// owner has put it right, and the service files say so.
  private static final int WRONG_CONFIGURATION = 78;

  @Spec private CommandSpec spec = CommandSpec.create();

  private Main() {}

  /// Starts the command.
  public static void main(String[] args) {
    System.exit(isPlainStart(args) ? plainStart(args) : run(args));
  }

  /// @return the exit code
  static int run(String... args) {
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler((e, _, _) -> explain(e))
        .setParameterExceptionHandler((e, _) -> explainUsage(e))
        .execute(args);
  }

  /// The daemon does not load the command line parser, which costs more than anything else at its
  /// start.
  private static boolean isPlainStart(String[] args) {
    List<String> words = options(args);
    return args.length > 0
        && args[0].equals("start")
        && (words.isEmpty() || (words.size() == 2 && words.getFirst().equals("--home")));
  }

  /// What follows the command, without what [#isQuiet] sees.
  private static List<String> options(String[] args) {
    return Stream.of(args).skip(isQuiet(args) ? 2 : 1).toList();
  }

  private static boolean isQuiet(String[] args) {
    return args.length > 1 && args[1].equals("--quiet");
  }

  private static int plainStart(String[] args) {
    try {
      return Daemon.run(options(args).stream().skip(1).findFirst().map(Path::of), isQuiet(args));
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
      case InvalidSettingsException it -> {
        System.err.println("nanoclaw: " + it.getMessage());
        return WRONG_CONFIGURATION;
      }
      case StartException _,
          ServiceException _,
          CommandException _,
          DatabaseException _,
          DirectoryException _,
          LinkException _ ->
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
