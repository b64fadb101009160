package dev.nanoclaw.agent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/// Passes the CLI's standard error on and keeps its last lines for an error message.
final class StderrTail {

  private static final int LINES = 5;
  private static final int LINE_LENGTH = 300;

  @GuardedBy("this") private final Deque<String> last = new ArrayDeque<>();

  /// Reads to the end.
  void follow(BufferedReader in) {
    try {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        System.err.println("claude: " + line);
        keep(line);
      }
    } catch (IOException e) {
      Log.line("the CLI's standard error broke off: " + e.getMessage());
    }
  }

  synchronized String tail() {
    return String.join(" / ", last);
  }

  private synchronized void keep(String line) {
    last.add(line.substring(0, Math.min(line.length(), LINE_LENGTH)));
    if (last.size() > LINES) {
      last.remove();
    }
  }
}
