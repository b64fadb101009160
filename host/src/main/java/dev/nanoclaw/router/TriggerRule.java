package dev.nanoclaw.router;

import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.IncomingMessage;
import java.text.Normalizer;
import java.util.Locale;

/// Whether a message is addressed to the assistant: `@Name` at its start, in any letters, without
/// regard to case.
public final class TriggerRule {

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
    String name = normalize(trigger.startsWith("@") ? trigger.substring(1) : trigger);
    String start = normalize(text.strip());
    if (name.isEmpty() || !start.startsWith("@" + name)) {
      return false;
    }
    int end = 1 + name.length();
    return end == start.length() || !isWordPart(start.codePointAt(end));
  }

  private static boolean isWordPart(int codePoint) {
    int type = Character.getType(codePoint);
    return Character.isLetterOrDigit(codePoint)
        || codePoint == '_'
        || type == Character.NON_SPACING_MARK
        || type == Character.COMBINING_SPACING_MARK;
  }

  /// One form for letters that can be written in several, then without case: first up, then down,
  /// for the few letters whose case is not one to one.
  private static String normalize(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFKC)
        .toUpperCase(Locale.ROOT)
        .toLowerCase(Locale.ROOT);
  }
}
