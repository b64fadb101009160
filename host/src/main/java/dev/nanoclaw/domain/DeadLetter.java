package dev.nanoclaw.domain;

import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Something that was given up: messages that got no answer, or words of ours that a channel
/// refused for good.
///
/// @param when an input was given up, or a message of ours was to be said
/// @param group the group of the chat, if it has one
/// @param text the beginning of what was asked, or of what was to be said
public record DeadLetter(
    Id id, Instant when, Optional<GroupFolder> group, ChatJid chat, String reason, String text) {

  /// Which of the two it is.
  public enum Kind {
    /// An input that was not answered.
    IN,
    /// A row of the outbox that was not sent.
    OUT;

    private String prefix() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /// `in-12` is input 12, `out-34` row 34 of the outbox.
  public record Id(Kind kind, long number) implements Comparable<Id> {

    private static final Pattern ALLOWED = Pattern.compile("(in|out)-([0-9]{1,18})");

    /// Reads what a person typed.
    ///
    /// @throws IllegalArgumentException with a text for that person
    public static Id of(String text) {
      Matcher found = ALLOWED.matcher(text.strip().toLowerCase(Locale.ROOT));
      if (!found.matches()) {
        throw new IllegalArgumentException(
            "not the id of a dead letter: '%s' (they look like in-12 or out-34)".formatted(text));
      }
      Kind kind = Kind.valueOf(found.group(1).toUpperCase(Locale.ROOT));
      return new Id(kind, Long.parseLong(found.group(2)));
    }

    @Override
    public int compareTo(Id other) {
      int byKind = kind.compareTo(other.kind);
      return byKind != 0 ? byKind : Long.compare(number, other.number);
    }

    @Override
    public String toString() {
      return kind.prefix() + "-" + number;
    }
  }
}
