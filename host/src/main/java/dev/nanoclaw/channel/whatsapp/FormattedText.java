package dev.nanoclaw.channel.whatsapp;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/// Text in WhatsApp's formatting, as long as it may be, that knows where it should not be split.
final class FormattedText {

  static final String FENCE = "```";

  /// A code block with its fences: the code lies between `codeStart` and `codeEnd`.
  record CodeBlock(int start, int end) {

    int codeStart() {
      return start + FENCE.length() + 1;
    }

    int codeEnd() {
      return end - FENCE.length() - 1;
    }
  }

  private final StringBuilder text = new StringBuilder();
  private final BitSet held = new BitSet();
  private final List<CodeBlock> codeBlocks = new ArrayList<>();

  static FormattedText plain(String text) {
    var plain = new FormattedText();
    plain.append(text);
    return plain;
  }

  void append(String more) {
    text.append(more);
  }

  /// @param hold whether it belongs together with the character before it
  void append(char more, boolean hold) {
    held.set(text.length(), hold);
    text.append(more);
  }

  /// Three backticks would end the block: an invisible space keeps those inside the code apart. It
  /// is the one thing ever changed in code.
  void appendCodeBlock(String code) {
    int start = text.length();
    String closed = code.replace("``", "`\u200B`");
    text.append(FENCE)
        .append('\n')
        .append(code.contains(FENCE) ? closed : code)
        .append('\n')
        .append(FENCE);
    codeBlocks.add(new CodeBlock(start, text.length()));
  }

  int length() {
    return text.length();
  }

  char charAt(int index) {
    return text.charAt(index);
  }

  String substring(int start, int end) {
    return text.substring(start, end);
  }

  /// The last place up to that one which is not inside a word in bold, a piece of code or the like.
  int freeBefore(int index) {
    return held.previousClearBit(index);
  }

  boolean isHeld(int index) {
    return held.get(index);
  }

  /// In order.
  List<CodeBlock> codeBlocks() {
    return codeBlocks;
  }
}
