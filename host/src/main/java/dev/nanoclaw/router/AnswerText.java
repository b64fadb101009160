package dev.nanoclaw.router;

import java.util.Optional;
import java.util.regex.Pattern;

/// What of an agent's words is for the chat: everything outside `<internal>…</internal>`, without
/// control characters but line feeds and tabs.
public final class AnswerText {

  private static final Pattern INTERNAL =
      Pattern.compile("<internal>.*?(</internal>|\\z)", Pattern.DOTALL);

  /// What could move the cursor or worse on a terminal.
  private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}&&[^\n\t]]");

  private AnswerText() {}

  /// Empty when nothing is left to say. An `<internal>` that is never closed hides the rest.
  public static Optional<String> forChat(String result) {
    String visible = INTERNAL.matcher(result).replaceAll("");
    String text = CONTROL.matcher(visible).replaceAll("").strip();
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }
}
