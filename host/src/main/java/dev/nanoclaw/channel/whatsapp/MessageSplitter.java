package dev.nanoclaw.channel.whatsapp;

import static dev.nanoclaw.channel.whatsapp.FormattedText.FENCE;

import dev.nanoclaw.channel.whatsapp.FormattedText.CodeBlock;
import java.text.BreakIterator;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/// Splits a text into messages, each at the best place that it reaches. For one use.
final class MessageSplitter {

  /// Places to split at, from the worst to the best.
  private enum Place {
    NONE,
    WORD_IN_FORMATTING,
    WORD,
    SENTENCE,
    LINE,
    PARAGRAPH
  }

  private final FormattedText text;
  private final String prefix;
  private final List<String> parts = new ArrayList<>();

  /// Those that are not behind `at`.
  private final Deque<CodeBlock> codeBlocks;

  private int at;

  MessageSplitter(FormattedText text, String prefix) {
    if (prefix.length() > WhatsAppFormat.LONGEST_PART / 2) {
      throw new IllegalArgumentException("a prefix as long as a message");
    }
    this.text = text;
    this.prefix = prefix;
    this.codeBlocks = new ArrayDeque<>(text.codeBlocks());
  }

  List<String> parts() {
    skipBlankLines();
    while (at < text.length()) {
      CodeBlock next = nextCodeBlock();
      if (next.start() == at && next.end() - at > room()) {
        splitCode(next);
      } else {
        int end = text.length() - at <= room() ? text.length() : bestEnd(at + room());
        add(text.substring(at, end));
        at = end;
      }
      skipBlankLines();
    }
    return parts;
  }

  private CodeBlock nextCodeBlock() {
    while (!codeBlocks.isEmpty() && codeBlocks.getFirst().end() <= at) {
      codeBlocks.removeFirst();
    }
    return codeBlocks.isEmpty()
        ? new CodeBlock(text.length(), text.length())
        : codeBlocks.getFirst();
  }

  private int room() {
    return WhatsAppFormat.LONGEST_PART
        - (parts.isEmpty() && !prefix.isEmpty() ? prefix.length() + 1 : 0);
  }

  /// Lists, quotes and code must begin a line to be seen as such, also behind a prefix.
  private void add(String part) {
    String stripped = part.stripTrailing();
    if (stripped.codePoints().noneMatch(MessageSplitter::isVisible)) {
      return;
    }
    boolean ownLine = !prefix.isEmpty() && stripped.matches("(?s)([-*>] |\\d+\\. |```).*");
    parts.add(parts.isEmpty() ? prefix + (ownLine ? "\n" : "") + stripped : stripped);
  }

  private static boolean isVisible(int codePoint) {
    return !Character.isWhitespace(codePoint)
        && !Character.isSpaceChar(codePoint)
        && Character.getType(codePoint) != Character.FORMAT;
  }

  /// The best end of a part that begins `at` and ends at `limit` at the latest.
  private int bestEnd(int limit) {
    Place best = Place.NONE;
    int end = limit;
    var ahead = codeBlocks.iterator();
    CodeBlock code = ahead.hasNext() ? ahead.next() : null;
    for (int i = at + 1; i <= limit; i++) {
      while (code != null && code.end() < i) {
        code = ahead.hasNext() ? ahead.next() : null;
      }
      if (code != null && code.start() < i && i < code.end()) {
        i = code.end() - 1;
      } else {
        boolean edge = code != null && (i == code.start() || i == code.end());
        Place place = edge ? Place.PARAGRAPH : placeBefore(i);
        if (place != Place.NONE && place.compareTo(best) >= 0) {
          best = place;
          end = i;
        }
      }
    }
    return best == Place.NONE ? characterEnd(at, limit, text.length()) : end;
  }

  private Place placeBefore(int i) {
    char before = text.charAt(i - 1);
    char after = text.charAt(i);
    if (after == '\n') {
      return i + 1 < text.length() && text.charAt(i + 1) == '\n' ? Place.PARAGRAPH : Place.LINE;
    } else if (text.isHeld(i)) {
      return after == ' ' ? Place.WORD_IN_FORMATTING : Place.NONE;
    } else if ("。！？".indexOf(before) >= 0 || (after == ' ' && ".!?…:".indexOf(before) >= 0)) {
      return Place.SENTENCE;
    }
    return Character.isWhitespace(after) ? Place.WORD : Place.NONE;
  }

  /// The last end of a visible character, at best outside of formatting, at the least between two
  /// code points.
  private int characterEnd(int start, int limit, int textEnd) {
    int free = text.freeBefore(limit);
    int wanted = free > start ? free : limit;
    BreakIterator characters = BreakIterator.getCharacterInstance(Locale.ROOT);
    characters.setText(text.substring(start, Math.min(wanted + 32, textEnd)));
    int length = characters.preceding(wanted - start + 1);
    if (length > 0) {
      return start + length;
    }
    return Character.isHighSurrogate(text.charAt(limit - 1)) ? limit - 1 : limit;
  }

  /// In messages of its own, each with its fences.
  private void splitCode(CodeBlock block) {
    for (at = block.codeStart(); at < block.codeEnd(); ) {
      int limit = at + room() - 2 * (FENCE.length() + 1);
      int lineEnd = limit < block.codeEnd() ? text.substring(at, limit + 1).lastIndexOf('\n') : -1;
      int end =
          limit >= block.codeEnd()
              ? block.codeEnd()
              : lineEnd > 0 ? at + lineEnd : characterEnd(at, limit, block.codeEnd());
      String code = text.substring(at, end);
      if (!code.isBlank()) {
        add(FENCE + "\n" + code + "\n" + FENCE);
      }
      at = lineEnd > 0 ? end + 1 : end;
    }
    at = block.end();
  }

  /// Also goes over the space where a line was split, but not over the indent of a list.
  private void skipBlankLines() {
    while (at > 0 && at < text.length() && text.charAt(at) == ' ') {
      at++;
    }
    for (int i = at; i < text.length() && Character.isWhitespace(text.charAt(i)); i++) {
      if (text.charAt(i) == '\n') {
        at = i + 1;
      }
    }
  }
}
