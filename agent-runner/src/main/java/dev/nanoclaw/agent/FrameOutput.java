package dev.nanoclaw.agent;

import dev.nanoclaw.protocol.AgentFrame;
import dev.nanoclaw.protocol.Frames;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/// Standard output: frames and nothing else, each in one write.
final class FrameOutput {

  private static final int UNWRITTEN = 74;

  private final OutputStream out;

  FrameOutput(OutputStream out) {
    this.out = out;
  }

  synchronized void send(AgentFrame frame) {
    try {
      out.write(Frames.write(frame).getBytes(StandardCharsets.UTF_8));
      out.flush();
    } catch (IOException e) {
      Log.line("a frame could not be written: " + e.getMessage());
      System.exit(UNWRITTEN); // ends the CLI too: what nobody hears is not worth its tokens
    }
  }
}
