package dev.nanoclaw.router;

import java.util.Optional;
import java.util.regex.Pattern;

/// What of an agent's words is for the chat: everything outside `<internal>…</internal>`.
final class AnswerText {

  private static final Pattern INTERNAL =
      Pattern.compile("<internal>.*?(</internal>|\\z)", Pattern.DOTALL);

  private AnswerText() {}

  /// Empty when nothing is left to say. An `<internal>` that is never closed hides the rest.
  static Optional<String> forChat(String result) {
    String text = INTERNAL.matcher(result).replaceAll("").strip();
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }
}
