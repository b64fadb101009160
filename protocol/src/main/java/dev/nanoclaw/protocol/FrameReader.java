package dev.nanoclaw.protocol;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Takes the output of an agent as it arrives, in pieces of any size, and gives back its frames and
/// everything else.
///
/// Bytes are decoded as UTF-8 only when their line is complete. What has a wrong nonce, broken JSON
/// or a missing end marker is not a frame and comes back as text, line by line.
public final class FrameReader {

  /// What was found, in order.
  public sealed interface Found {

    /// @param end position in the output behind the frame's end marker, in bytes: where a reader
    ///   goes on that has taken this frame
    record Frame(AgentFrame frame, long end) implements Found {}

    /// A line outside frames, without its line end.
    record Text(String line) implements Found {}

    /// A line longer than the limit. Nothing behind it is read.
    record TooLong(long start) implements Found {}
  }

  private final String nonce;
  private final int maxLine;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private long position;
  private boolean tooLong;
  private Optional<String> body = Optional.empty();
  private boolean started;

  /// @param position where in the output the first byte stands: 0, or the end of a frame taken
  ///   earlier
  /// @param maxLine the longest line accepted, in bytes
  public FrameReader(String nonce, long position, int maxLine) {
    this.nonce = nonce;
    this.position = position;
    this.maxLine = maxLine;
  }

  /// Where the next byte belongs.
  public long position() {
    return position;
  }

  /// Takes the next bytes of the output.
  public List<Found> read(byte[] bytes, int length) {
    List<Found> found = new ArrayList<>();
    for (int i = 0; i < length && !tooLong; i++) {
      position++;
      if (bytes[i] == '\n') {
        lineIsComplete(found);
      } else if (line.size() >= maxLine) {
        tooLong = true;
        found.add(new Found.TooLong(position - 1 - line.size()));
      } else {
        line.write(bytes[i]);
      }
    }
    return found;
  }

  /// The end of the output: what is left over is text, for no frame ends without its marker's line
  /// feed.
  public List<Found> finish() {
    List<Found> found = new ArrayList<>();
    giveUpFrame(found);
    if (line.size() > 0 && !tooLong) {
      found.add(new Found.Text(takeLine()));
    }
    return found;
  }

  private void lineIsComplete(List<Found> found) {
    String text = takeLine();
    if (text.equals(Frames.START)) {
      giveUpFrame(found);
      started = true;
    } else if (!started) {
      found.add(new Found.Text(text));
    } else if (body.isEmpty()) {
      body = Optional.of(text);
    } else {
      Optional<AgentFrame> frame = text.equals(Frames.END) ? parse(body.get()) : Optional.empty();
      if (frame.isPresent()) {
        started = false;
        body = Optional.empty();
        found.add(new Found.Frame(frame.get(), position));
      } else {
        giveUpFrame(found);
        found.add(new Found.Text(text));
      }
    }
  }

  private void giveUpFrame(List<Found> found) {
    if (started) {
      found.add(new Found.Text(Frames.START));
      body.ifPresent(it -> found.add(new Found.Text(it)));
    }
    started = false;
    body = Optional.empty();
  }

  private Optional<AgentFrame> parse(String json) {
    try {
      AgentFrame frame = Json.read(json, AgentFrame.class);
      return nonce.equals(frame.nonce()) ? Optional.of(frame) : Optional.empty();
    } catch (MalformedJsonException _) {
      return Optional.empty();
    }
  }

  private String takeLine() {
    String text = line.toString(StandardCharsets.UTF_8);
    line.reset();
    return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
  }
}
