package dev.nanoclaw.router;

import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.IncomingMessage;
import java.text.Normalizer;
import java.util.Locale;

/// Whether a message is addressed to the assistant: `@Name` at its start, in any letters, without
/// regard to case.
public final class TriggerRule {

  private static final int ZERO_WIDTH_NON_JOINER = 0x200C;
  private static final int ZERO_WIDTH_JOINER = 0x200D;
  private static final int VARIATION_SELECTOR = 0xFE0F;

  private final String assistantName;

  public TriggerRule(String assistantName) {
    this.assistantName = assistantName;
  }

  /// Applies the rule of the group: main groups and those without a required trigger answer to
  /// everything.
  public boolean triggers(Group group, IncomingMessage message) {
    if (group.main() || !group.requiresTrigger() || message.mentionsMe()) {
      return true;
    }
    return startsWithName(message.text(), group.trigger().orElse(assistantName));
  }

  /// The name must end where a word ends, so that `@Andy` is not called by `@Andyman`.
  private static boolean startsWithName(String text, String trigger) {
    String name = normalize(trigger);
    name = name.startsWith("@") ? name.substring(1) : name;
    String start = normalize(text);
    if (name.isEmpty() || !start.startsWith("@" + name)) {
      return false;
    }
    String rest = start.substring(1 + name.length());
    return rest.isEmpty() || !goesOn(name.codePointBefore(name.length()), rest.codePointAt(0));
  }

  /// Whether a word with that last letter goes on with the next. Chinese and Japanese put no space
  /// between words: there every letter may begin a new one.
  private static boolean goesOn(int last, int next) {
    if (Character.isIdeographic(last)) {
      return isPartOfLetter(next);
    }
    return Character.isLetterOrDigit(next) || next == '_' || isPartOfLetter(next);
  }

  /// Accents, skin tones, and what joins several signs into one.
  private static boolean isPartOfLetter(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK ->
          true;
      default ->
          codePoint == ZERO_WIDTH_JOINER
              || codePoint == ZERO_WIDTH_NON_JOINER
              || Character.isEmojiModifier(codePoint);
    };
  }

  /// One form for letters that can be written in several, without case (first up, then down, for
  /// the letters whose case is not one to one) and without the invisible signs for direction and
  /// style that phones put around names.
  private static String normalize(String text) {
    var normal = new StringBuilder(text.length());
    Normalizer.normalize(text, Normalizer.Form.NFKC)
        .toUpperCase(Locale.ROOT)
        .codePoints()
        .filter(it -> !isInvisible(it))
        .map(Character::toLowerCase)
        .forEach(normal::appendCodePoint);
    return Normalizer.normalize(normal, Normalizer.Form.NFC).strip();
  }

  private static boolean isInvisible(int codePoint) {
    return codePoint == VARIATION_SELECTOR
        || (Character.getType(codePoint) == Character.FORMAT
            && codePoint != ZERO_WIDTH_JOINER
            && codePoint != ZERO_WIDTH_NON_JOINER);
  }
}
