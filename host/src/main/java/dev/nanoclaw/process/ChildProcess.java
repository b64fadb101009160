package dev.nanoclaw.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A program that runs beside the host and is talked to in lines. It ends when its standard input
/// does.
public final class ChildProcess {

  private final Process process;
  private final OutputStream in;

  private ChildProcess(Process process) {
    this.process = process;
    this.in = process.getOutputStream();
  }

  /// Starts the program with the environment of the host.
  ///
  /// @throws IOException when there is no such program, or it may not be run
  public static ChildProcess start(List<String> command) throws IOException {
    return new ChildProcess(new ProcessBuilder(command).start());
  }

  /// Gives it a line, which ends with a line feed.
  ///
  /// Waits as long as it does not read.
  ///
  /// @throws IOException when it does not listen any more
  public synchronized void write(String line) throws IOException {
    in.write(line.getBytes(StandardCharsets.UTF_8));
    in.flush();
  }

  public InputStream out() {
    return process.getInputStream();
  }

  public InputStream err() {
    return process.getErrorStream();
  }

  /// Waits for its end and returns the exit code.
  public int await() throws InterruptedException {
    return process.waitFor();
  }

  /// Ends its standard input, and kills it when it has not ended by itself after that time.
  public void end(Duration grace) {
    Thread.ofPlatform().daemon().name("close-child").start(this::closeInput); // it may not read
    try {
      if (!process.waitFor(grace.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException _) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private void closeInput() {
    try {
      in.close();
    } catch (IOException _) {
      // it has ended
    }
  }

  /// Kills it.
  public void kill() {
    var _ =
        process.toHandle().destroyForcibly(); // unlike the other, leaves what it said to be read
  }
}
