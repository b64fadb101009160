package dev.nanoclaw.channel.whatsapp;

import java.lang.Character.UnicodeScript;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The running text of one paragraph, with the marks for bold and the like.
///
/// WhatsApp has no way to escape a mark. It takes one for formatting where a word begins or ends,
/// within one line. So marks are closed and opened again at line ends, left out where WhatsApp
/// would show them, and where plain text looks like formatting, a hair space prevents it.
final class InlineText {

  private static final char HAIR_SPACE = '\u200A';
  private static final String MARKS = "*_~`";
  private static final Pattern URL = Pattern.compile("https?://\\S+");

  /// What a character is, at the same place in `kinds`.
  private static final char TEXT = 't';

  private static final char UNTOUCHED = 'u';
  private static final char OPENING = 'o';
  private static final char CLOSING = 'c';

  private final StringBuilder text = new StringBuilder();
  private final StringBuilder kinds = new StringBuilder();
  private final Deque<Character> open = new ArrayDeque<>();

  /// Marks with letters or digits on both sides, more likely a product or a power than an emphasis.
  private final BitSet insideWords = new BitSet();

  /// Addresses within it stay as they are.
  void text(String more) {
    int done = 0;
    for (Matcher url = URL.matcher(more); url.find(); done = url.end()) {
      append(more.substring(done, url.start()), TEXT);
      append(url.group(), UNTOUCHED);
    }
    append(more.substring(done), TEXT);
  }

  void untouched(String more) {
    append(more, UNTOUCHED);
  }

  private void append(String more, char kind) {
    text.append(more);
    kinds.repeat(kind, more.length());
  }

  void open(char mark) {
    open.addLast(mark);
    append(String.valueOf(mark), OPENING);
  }

  void close() {
    append(String.valueOf(open.removeLast()), CLOSING);
  }

  void newLine() {
    open.descendingIterator().forEachRemaining(it -> append(String.valueOf(it), CLOSING));
    append("\n", TEXT);
    open.forEach(it -> append(String.valueOf(it), OPENING));
  }

  int length() {
    return text.length();
  }

  /// The visible text from there on.
  String since(int start) {
    var visible = new StringBuilder();
    for (int i = start; i < text.length(); i++) {
      if (!isMark(i)) {
        visible.append(text.charAt(i));
      }
    }
    return visible.toString();
  }

  void cut(int length) {
    text.setLength(length);
    kinds.setLength(length);
  }

  /// @param indent what every line but the first begins with
  void writeTo(FormattedText out, String indent) {
    BitSet useless = uselessMarks();
    int depth = 0;
    int[] lastClosing = lastClosingMarks(0);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\n') {
        out.append(c + indent);
        lastClosing = lastClosingMarks(i + 1);
      } else if (isMark(i)) {
        depth += writeMark(out, i, useless.get(i), depth);
      } else {
        writeText(out, i, depth > 0, lastClosing);
      }
    }
  }

  private int writeMark(FormattedText out, int i, boolean useless, int depth) {
    boolean opens = kinds.charAt(i) == OPENING;
    if (useless) {
      out.append(insideWords.get(i) ? source(text.charAt(i)) : "");
      return 0;
    }
    if (opens && i > 0 && !isMark(i - 1) && isWordPart(before(i))) {
      out.append(HAIR_SPACE, depth > 0);
    }
    out.append(text.charAt(i), depth > 0);
    if (!opens && i + 1 < text.length() && !isMark(i + 1) && isWordPart(after(i))) {
      out.append(HAIR_SPACE, depth > 1);
    }
    return opens ? 1 : -1;
  }

  private void writeText(FormattedText out, int i, boolean held, int[] lastClosing) {
    char c = text.charAt(i);
    int mark = kinds.charAt(i) == TEXT ? MARKS.indexOf(c) : -1;
    boolean closes = mark >= 0 && held && mayClose(i);
    boolean quotes = c == '>' && kinds.charAt(i) == TEXT && startsLine(i);
    boolean joins = c == '`' && mark >= 0 && i > 0 && text.charAt(i - 1) == c;
    if (closes || quotes || joins) {
      out.append(HAIR_SPACE, held);
    }
    out.append(c, held || insideCode(i));
    if (mark >= 0 && lastClosing[mark] > i && mayOpen(i)) {
      out.append(HAIR_SPACE, held);
    }
  }

  /// Marks that WhatsApp would show as they are, inside of words or around nothing, and those
  /// within their like.
  private BitSet uselessMarks() {
    var useless = new BitSet();
    var opened = new ArrayDeque<Integer>();
    for (int i = 0; i < text.length(); i++) {
      if (kinds.charAt(i) == OPENING) {
        opened.push(i);
      } else if (kinds.charAt(i) == CLOSING) {
        int start = opened.pop();
        boolean behindWord = insideWord(before(start));
        boolean beforeWord = insideWord(after(i));
        char mark = text.charAt(i);
        boolean doubled = opened.stream().anyMatch(it -> text.charAt(it) == mark);
        useless.set(start, behindWord || beforeWord || doubled || isLoose(start, i));
        useless.set(i, useless.get(start));
        insideWords.set(start, behindWord && beforeWord);
        insideWords.set(i, behindWord && beforeWord);
      }
    }
    return useless;
  }

  /// How Markdown wrote the mark.
  private static String source(char mark) {
    return switch (mark) {
      case '*' -> "**";
      case '_' -> "*";
      default -> "~~";
    };
  }

  private boolean isLoose(int start, int end) {
    return Character.isWhitespace(after(start))
        || Character.isWhitespace(before(end))
        || text.substring(start, end).chars().allMatch(it -> MARKS.indexOf(it) >= 0);
  }

  /// Where the last of each mark stands that could end formatting in the line.
  private int[] lastClosingMarks(int start) {
    int[] last = {-1, -1, -1, -1};
    for (int i = start; i < text.length() && text.charAt(i) != '\n'; i++) {
      int mark = MARKS.indexOf(text.charAt(i));
      if (mark >= 0 && kinds.charAt(i) != OPENING && mayClose(i)) {
        last[mark] = i;
      }
    }
    return last;
  }

  private boolean mayOpen(int i) {
    return !Character.isLetterOrDigit(before(i)) && !Character.isWhitespace(after(i));
  }

  private boolean mayClose(int i) {
    return !Character.isLetterOrDigit(after(i)) && !Character.isWhitespace(before(i));
  }

  private boolean startsLine(int i) {
    return i == 0 || text.charAt(i - 1) == '\n';
  }

  private boolean insideCode(int i) {
    return i > 0 && kinds.charAt(i) == UNTOUCHED && kinds.charAt(i - 1) == UNTOUCHED;
  }

  private boolean isMark(int i) {
    return kinds.charAt(i) == OPENING || kinds.charAt(i) == CLOSING;
  }

  /// The next code point that is no mark; a line feed where there is none.
  private int after(int i) {
    int next = i + 1;
    while (next < text.length() && isMark(next)) {
      next++;
    }
    return next < text.length() ? text.codePointAt(next) : '\n';
  }

  private int before(int i) {
    int last = i;
    while (last > 0 && isMark(last - 1)) {
      last--;
    }
    return last > 0 ? text.codePointBefore(last) : '\n';
  }

  private static boolean insideWord(int neighbour) {
    return Character.isLetterOrDigit(neighbour) && !isWordPart(neighbour);
  }

  /// Letters of scripts that put no space between a word and what follows: here a hair space does
  /// no harm and lets the formatting be seen.
  private static boolean isWordPart(int codePoint) {
    return switch (UnicodeScript.of(codePoint)) {
      case HAN, HIRAGANA, KATAKANA, HANGUL, THAI, LAO, KHMER, MYANMAR ->
          Character.isLetterOrDigit(codePoint);
      default -> false;
    };
  }
}
