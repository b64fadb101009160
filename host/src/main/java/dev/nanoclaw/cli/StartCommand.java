package dev.nanoclaw.cli;

import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "start",
    description = "Runs the assistant in the foreground until Ctrl-C.",
    mixinStandardHelpOptions = true)
final class StartCommand implements Callable<Integer> {

  @Mixin private HomeOption home = new HomeOption();

  @Option(
      names = "--quiet",
      description = "Only warnings on standard error; the log file has everything.")
  private boolean quiet;

  @Override
  public Integer call() {
    return Daemon.run(Optional.of(home.home().dir()), quiet);
  }
}
