package dev.nanoclaw.protocol;

/// The framing of the agent's standard output: a start marker alone on its line, one line of JSON,
/// an end marker alone on its line. A marker inside a line is text.
public final class Frames {

  public static final String START = "---NANOCLAW_OUTPUT_START---";
  public static final String END = "---NANOCLAW_OUTPUT_END---";

  private Frames() {}

  /// The three lines of a frame, each with its line feed, beginning with one more: whatever stood
  /// on the current line before cannot hide the marker.
  public static String write(AgentFrame frame) {
    return "\n" + START + "\n" + Json.line(frame) + "\n" + END + "\n";
  }
}
