package dev.nanoclaw.process;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
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
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var out = CompletableFuture.supplyAsync(() -> read(process.getInputStream()), threads);
      var err = CompletableFuture.supplyAsync(() -> read(process.getErrorStream()), threads);
      if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
        end(process);
        return new Outcome.TimedOut(deadline);
      }
      return new Outcome.Exited(process.exitValue(), out.join(), err.join());
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

  private static String read(InputStream stream) {
    try (stream) {
      var kept = new ByteArrayOutputStream();
      byte[] buffer = new byte[8192];
      int count;
      while ((count = stream.read(buffer)) >= 0) {
        kept.write(buffer, 0, Math.min(count, MAX_OUTPUT - kept.size()));
      }
      return kept.toString(StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
