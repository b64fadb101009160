package dev.nanoclaw.channel.whatsapp;

import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.IncomingMessage;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A message of WhatsApp in words: what has no text becomes a note in brackets behind it, so that a
/// trigger at its beginning stays there.
final class Inbound {

  private static final int MAX_BEFORE = 500;
  private static final int MAX_NAME = 100;
  private static final int MAX_QUOTED = 2000;
  private static final Pattern MISLEADING =
      Pattern.compile("[\\p{Cc}\\u202A-\\u202E\\u2066-\\u2069]+");

  private final String channel;
  private final String assistantName;
  private final BiFunction<ChatJid, String, Optional<String>> textOf;

  /// @param textOf what a message of a chat said, by its id
  Inbound(
      String channel, String assistantName, BiFunction<ChatJid, String, Optional<String>> textOf) {
    this.channel = channel;
    this.assistantName = assistantName;
    this.textOf = textOf;
  }

  /// @param ourAddresses by which others mention the account
  /// @return empty when the message says nothing
  Optional<IncomingMessage> message(Wire.Message message, List<String> ourAddresses) {
    ChatJid chat = new ChatJid(message.chat());
    String text = text(message, chat, ourAddresses);
    if (text.isBlank()) {
      return Optional.empty();
    }
    return Optional.of(
        new IncomingMessage(
            message.id(),
            chat,
            channel,
            message.isGroup(),
            message.sender(),
            Optional.of(name(message.senderName()))
                .filter(it -> !it.isEmpty())
                .orElseGet(() -> number(message.sender())),
            text,
            Instant.ofEpochMilli(message.timestamp()),
            message.fromMe(),
            message.mentionsMe(),
            message
                .quoted()
                .map(it -> shortened(it.text(), MAX_QUOTED))
                .filter(it -> !it.isBlank())));
  }

  private String text(Wire.Message message, ChatJid chat, List<String> ourAddresses) {
    String said = message.text();
    for (String address : message.mentionsMe() ? ourAddresses : List.<String>of()) {
      said = said.replace("@" + number(address), "@" + assistantName);
    }
    return Stream.of(
            Optional.of(said),
            message.media().map(Inbound::note),
            message.editOf().map(it -> edit(textOf.apply(chat, it))))
        .flatMap(Optional::stream)
        .filter(it -> !it.isBlank())
        .collect(Collectors.joining("\n"));
  }

  /// Such as `[voice message, 7 s]` or `[document bill.pdf, 4.7 kB]`.
  private static String note(Wire.Media media) {
    String kind =
        switch (media.type()) {
          case "voice" -> "voice message";
          case "audio" -> "audio file";
          case "other" -> "attachment that cannot be read";
          default -> media.type();
        };
    return Stream.of(
            Optional.of(kind + media.fileName().map(it -> " " + name(it)).orElse("")),
            media.seconds().map(it -> it + " s"),
            media.size() > 0 ? Optional.of(size(media.size())) : Optional.<String>empty())
        .flatMap(Optional::stream)
        .collect(Collectors.joining(", ", "[", "]"));
  }

  private static String size(long bytes) {
    if (bytes < 1000) {
      return bytes + " bytes";
    }
    return bytes < 1_000_000
        ? String.format(Locale.ROOT, "%.1f kB", bytes / 1e3)
        : String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }

  private static String edit(Optional<String> before) {
    return before
        .map(it -> shortened(it, MAX_BEFORE))
        .map(it -> "[edited; before: " + it + "]")
        .orElse("[edited]");
  }

  /// A name as others chose it, in one line and without what could move a terminal's cursor or turn
  /// its direction of writing.
  static String name(String chosen) {
    return shortened(MISLEADING.matcher(chosen).replaceAll(" ").strip(), MAX_NAME);
  }

  /// At most that many UTF-16 units, and no half of a character.
  static String shortened(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(most - 2)) ? most - 2 : most - 1;
    return text.substring(0, end) + "…";
  }

  /// What stands before the `@` of an address.
  private static String number(String address) {
    int end = address.indexOf('@');
    return end < 0 ? address : address.substring(0, end);
  }
}
