package dev.nanoclaw.agent;

import dev.nanoclaw.protocol.AgentRequest;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;

/// Entry point. Nothing may be read from standard input before this process is closed to others.
///
/// Exit codes: 0 finished, 1 the CLI was lost or could not start, 65 no usable request, 70 this
/// system cannot keep the credential safe, 74 a frame could not be written, 143 ended by a signal.
public final class Main {

  private static final int NO_REQUEST = 65;
  private static final int UNSAFE = 70;

  private Main() {}

  static void main() {
    System.setOut(System.err); // standard output is for frames alone
    // Not System.exit: nothing is left to be cleaned up.
    Runtime.getRuntime().halt(run());
  }

  private static int run() {
    try {
      LibC.becomeUndumpable();
    } catch (RuntimeException | LinkageError e) {
      Log.line("cannot close this process to others of the same user: " + e);
      return UNSAFE;
    }
    try {
      AgentRequest request = RequestLine.read(new FileInputStream(FileDescriptor.in));
      FrameOutput output = new FrameOutput(new FileOutputStream(FileDescriptor.out));
      return new Runner(request, RunnerPaths.from(System.getenv()), output).run(System.getenv());
    } catch (InvalidRequestException e) {
      Log.line(String.valueOf(e.getMessage()));
      return NO_REQUEST;
    } catch (IOException | RuntimeException e) {
      Log.line("the run failed: " + e);
      return Runner.LOST;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return Runner.LOST;
    }
  }
}
