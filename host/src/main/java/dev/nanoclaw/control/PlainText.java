package dev.nanoclaw.control;

/// Text that others wrote, for a terminal: nothing in it does something to that.
final class PlainText {

  private static final String UNSEEN = "\\p{Cc}\\p{Zl}\\p{Zp}\u202A-\u202E\u2066-\u2069";

  private PlainText() {}

  /// On one line, cut off behind so many characters.
  static String oneLine(String text, int longest) {
    String line = text.replaceAll("[\\s" + UNSEEN + "]+", " ").strip();
    return line.codePointCount(0, line.length()) <= longest
        ? line
        : line.substring(0, line.offsetByCodePoints(0, longest - 1)) + "…";
  }

  /// On the lines that it has.
  static String lines(String text) {
    return text.replaceAll("\\R", "\n").replaceAll("[" + UNSEEN + "&&[^\n]]+", " ").strip();
  }
}
