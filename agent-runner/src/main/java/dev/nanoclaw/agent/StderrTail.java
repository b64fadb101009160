package dev.nanoclaw.agent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.ReentrantLock;

/// Passes the CLI's standard error on and keeps its last lines for an error message.
final class StderrTail {

  private static final int LINES = 5;
  private static final int LINE_LENGTH = 300;

  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock") private final Deque<String> last = new ArrayDeque<>();

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

  String tail() {
    lock.lock();
    try {
      return String.join(" / ", last);
    } finally {
      lock.unlock();
    }
  }

  private void keep(String line) {
    lock.lock();
    try {
      last.add(line.substring(0, Math.min(line.length(), LINE_LENGTH)));
      if (last.size() > LINES) {
        last.remove();
      }
    } finally {
      lock.unlock();
    }
  }
}
