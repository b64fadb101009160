package dev.nanoclaw.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "chat",
    description = {
      "Talks to the assistant in the local chat.",
      "On a terminal with history and line editing; lines from a pipe are answered one by one."
    },
    mixinStandardHelpOptions = true)
final class ChatCommand implements Callable<Integer> {

  @Mixin private HomeOption home = new HomeOption();

  @Option(
      names = {"-m", "--message"},
      paramLabel = "TEXT",
      description = "Sends this one message, prints the answer and exits.")
  private @Nullable String message;

  @Override
  public Integer call() {
    if (message != null) {
      return new PipedChat(home::socket, System.out, System.err).once(message);
    }
    return TerminalChat.isPossible()
        ? new TerminalChat(home::socket, home.home().dir()).run()
        : new PipedChat(home::socket, System.out, System.err).lines(System.in);
  }
}
