package dev.nanoclaw.cli;

import dev.nanoclaw.control.ChatService.Line;
import dev.nanoclaw.control.ControlClient.ControlException;
import java.io.Console;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.function.Supplier;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;

/// The chat on a terminal: a line editor with history below, what is said above.
final class TerminalChat {

  private static final DateTimeFormatter CLOCK =
      DateTimeFormatter.ofPattern("HH:mm").withZone(ZoneId.systemDefault());
  private static final AttributedStyle DIM = AttributedStyle.DEFAULT.faint();

  private final Supplier<Optional<Path>> socket;
  private final Path home;

  TerminalChat(Supplier<Optional<Path>> socket, Path home) {
    this.socket = socket;
    this.home = home;
  }

  /// Whether a person sits at both ends.
  @SuppressWarnings("SystemConsoleNull") // for NullAway: what the JDK declares may be null
  static boolean isPossible() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  /// Talks until Ctrl-D.
  int run() {
    try (Terminal terminal = TerminalBuilder.builder().system(true).build()) {
      LineReader reader =
          LineReaderBuilder.builder()
              .terminal(terminal)
              .variable(LineReader.HISTORY_FILE, home.resolve("data").resolve("chat-history"))
              .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
              .build();
      try (ChatSession session = new ChatSession(socket, new Above(reader))) {
        if (!session.open(true)) {
          throw new CommandException("no daemon runs here. Start it with: ./nanoclaw start");
        }
        reader.printAbove(
            new AttributedString("Ctrl-D ends the chat; the assistant goes on.", DIM));
        talk(reader, session);
      }
      return 0;
    } catch (IOException e) {
      throw new CommandException("the terminal cannot be used: " + e.getMessage());
    }
  }

  private static void talk(LineReader reader, ChatSession session) {
    while (true) {
      try {
        String text = reader.readLine("> ");
        if (!text.isBlank()) {
          var _ = session.send(text);
        }
      } catch (ControlException e) {
        reader.printAbove(new AttributedString("not sent: " + e.getMessage(), DIM));
      } catch (UserInterruptException _) {
        // Ctrl-C clears the line
      } catch (EndOfFileException _) {
        return;
      }
    }
  }

  private record Above(LineReader reader) implements ChatSession.Screen {

    @Override
    public void said(Line line) {
      reader.printAbove(
          new AttributedStringBuilder()
              .styled(DIM, CLOCK.format(Instant.parse(line.time())) + " ")
              .styled(AttributedStyle.BOLD, line.from())
              .append(": ")
              .append(line.text())
              .toAttributedString());
    }

    @Override
    public void typing(boolean on) {
      if (on) {
        remark("… is at work");
      }
    }

    @Override
    public void gone() {
      remark("the daemon went away; what you type is sent when it is back");
    }

    @Override
    public void back() {
      remark("the daemon is back");
    }

    private void remark(String text) {
      reader.printAbove(new AttributedString(text, DIM));
    }
  }
}
