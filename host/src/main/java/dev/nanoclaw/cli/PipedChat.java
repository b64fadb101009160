package dev.nanoclaw.cli;

import dev.nanoclaw.control.ChatService.Line;
import dev.nanoclaw.control.ChatService.Waited;
import dev.nanoclaw.control.ControlClient.ControlException;
import dev.nanoclaw.jsonrpc.LineReader;
import dev.nanoclaw.jsonrpc.LineReader.LineTooLongException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/// The chat without a terminal: each message waits for its answer. Answers go to one stream,
/// everything else to the other.
final class PipedChat {

  /// Every message was answered.
  static final int ANSWERED = 0;

  /// A message was refused, or no daemon runs.
  static final int FAILED = 1;

  /// A message is stored, but something keeps it from being answered now.
  static final int WAITING = 3;

  private static final int MAX_LINE = 4 * 1024 * 1024;

  private final Supplier<Optional<Path>> socket;
  private final PrintStream answers;
  private final PrintStream remarks;

  PipedChat(Supplier<Optional<Path>> socket, PrintStream answers, PrintStream remarks) {
    this.socket = socket;
    this.answers = new PrintStream(answers, true, StandardCharsets.UTF_8);
    this.remarks = remarks;
  }

  /// One message.
  int once(String text) {
    try (ChatSession session = open()) {
      return say(session, text, "");
    }
  }

  /// Every line that is not blank; the worst result counts.
  int lines(InputStream in) {
    var lines = new LineReader(in, MAX_LINE);
    int worst = ANSWERED;
    try (ChatSession session = open()) {
      for (int number = 1; ; number++) {
        try {
          Optional<String> line = lines.next();
          if (line.isEmpty()) {
            return worst;
          }
          if (!line.get().isBlank()) {
            worst = Math.max(worst, say(session, line.get(), "line " + number + ": "));
          }
        } catch (LineTooLongException e) {
          remarks.println("line " + number + ": " + e.getMessage());
          worst = Math.max(worst, FAILED);
        }
      }
    } catch (IOException e) {
      throw new CommandException("standard input cannot be read: " + e.getMessage());
    }
  }

  private ChatSession open() {
    ChatSession session = new ChatSession(socket, new Printer());
    if (!session.open(false)) {
      throw new CommandException("no daemon runs here. Start it with: ./nanoclaw start");
    }
    return session;
  }

  private int say(ChatSession session, String text, String where) {
    try {
      Waited waited = session.await(session.send(text));
      if (waited.state().equals("answered")) {
        return ANSWERED;
      }
      remarks.println(
          where + "stored, but not answered yet: " + waited.reason().orElse("the daemon stops"));
      return WAITING;
    } catch (ControlException e) {
      remarks.println(where + e.getMessage());
      return FAILED;
    }
  }

  private final class Printer implements ChatSession.Screen {

    @Override
    public void said(Line line) {
      if (line.assistant()) {
        answers.println(line.text());
      }
    }

    @Override
    public void typing(boolean on) {}

    @Override
    public void gone() {
      remarks.println("the daemon went away; waiting for it");
    }

    @Override
    public void back() {
      remarks.println("the daemon is back");
    }
  }
}
