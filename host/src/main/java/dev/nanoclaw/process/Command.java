package dev.nanoclaw.process;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Runs a short command and waits for it, never longer than its deadline.
public final class Command {

  private static final int MAX_OUTPUT = 4 * 1024 * 1024;
  private static final Duration GRACE = Duration.ofSeconds(2);

  private Command() {}

  /// What came of a command.
  public sealed interface Outcome {

    /// It ran to its end.
    record Exited(int code, String out, String err) implements Outcome {

      public boolean ok() {
        return code == 0;
      }
    }

    /// There is no such program, or it may not be run.
    record NotStarted(String reason) implements Outcome {}

    /// It was killed at its deadline.
    record TimedOut(Duration after) implements Outcome {}
  }

  /// Runs the command without standard input. Output beyond 4 MiB is thrown away.
  public static Outcome run(List<String> command, Duration deadline) {
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
              .start();
    } catch (IOException e) {
      return new Outcome.NotStarted(String.valueOf(e.getMessage()));
    }
    Reader out = new Reader(process.getInputStream());
    Reader err = new Reader(process.getErrorStream());
    try {
      if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
        end(process);
        return new Outcome.TimedOut(deadline);
      }
      return new Outcome.Exited(process.exitValue(), out.text(), err.text());
    } catch (InterruptedException _) {
      end(process);
      Thread.currentThread().interrupt();
      return new Outcome.TimedOut(deadline);
    }
  }

  /// Runs a long command with its output on this process's own, for a person who watches.
  ///
  /// @return its exit code
  /// @throws IOException when there is no such program
  public static int runVisibly(List<String> command) throws IOException, InterruptedException {
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }

  private static void end(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroy();
    try {
      if (!process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException _) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  /// Reads a stream on a thread of its own, to its end or, when somebody whom the command left
  /// behind holds it open, until a little after the command's.
  private static final class Reader {

    private final InputStream stream;
    private final Thread thread;

    @GuardedBy("this") private final ByteArrayOutputStream kept = new ByteArrayOutputStream();

    Reader(InputStream stream) {
      this.stream = stream;
      this.thread = Thread.ofVirtual().name("command-output").start(this::read);
    }

    String text() throws InterruptedException {
      var _ = thread.join(GRACE);
      synchronized (this) {
        return kept.toString(StandardCharsets.UTF_8);
      }
    }

    private void read() {
      try (stream) {
        byte[] buffer = new byte[8192];
        int count;
        while ((count = stream.read(buffer)) >= 0) {
          synchronized (this) {
            kept.write(buffer, 0, Math.min(count, MAX_OUTPUT - kept.size()));
          }
        }
      } catch (IOException _) {
        // the end, as far as it can be known
      }
    }
  }
}
