package dev.nanoclaw.router;

import dev.nanoclaw.domain.ChatMessage;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/// Messages as the model reads them, and its answers as people do.
public final class PromptFormat {

  private final String opening;
  private final DateTimeFormatter time;

  /// @param assistantName by which the model is called
  /// @param zone whose wall clock the model sees
  public PromptFormat(String assistantName, ZoneId zone) {
    this.opening = "<messages assistant=\"" + escape(assistantName) + "\">\n";
    this.time =
        DateTimeFormatter.ofPattern("EEE yyyy-MM-dd HH:mm:ss XXX", Locale.ENGLISH).withZone(zone);
  }

  /// The messages, oldest first, behind a line that says how many older ones are left out.
  public String messages(List<ChatMessage> messages, int omitted) {
    var text = new StringBuilder(opening);
    if (omitted > 0) {
      text.append("[").append(omitted).append(" earlier messages omitted]\n");
    }
    for (ChatMessage message : messages) {
      text.append("<message sender=\"")
          .append(escape(message.senderName().replaceAll("\\s", " ")))
          .append("\" time=\"")
          .append(time.format(message.timestamp()))
          .append("\">");
      message
          .quoted()
          .ifPresent(it -> text.append("<quoted>").append(escape(it)).append("</quoted>"));
      text.append(escape(message.text())).append("</message>\n");
    }
    return text.append("</messages>").toString();
  }

  /// What went out while an earlier run was at the same messages, oldest first; nothing when that
  /// is empty.
  public String said(List<String> texts) {
    if (texts.isEmpty()) {
      return "";
    }
    var text =
        new StringBuilder(
            "<already-sent>\n"
                + "An earlier try to answer the messages below was cut off. Since it began, this of"
                + " yours has reached the chat; do not repeat it.\n");
    for (String it : texts) {
      text.append("<sent>").append(escape(it)).append("</sent>\n");
    }
    return text.append("</already-sent>\n").toString();
  }

  private static String escape(String text) {
    var escaped = new StringBuilder(text.length());
    text.codePoints()
        .forEach(it -> {
          switch (it) {
            case '&' -> escaped.append("&amp;");
            case '<' -> escaped.append("&lt;");
            case '>' -> escaped.append("&gt;");
            case '"' -> escaped.append("&quot;");
            default -> escaped.appendCodePoint(isXml(it) ? it : 0xFFFD);
          }
        });
    return escaped.toString();
  }

  /// What XML has no way to write, escaped or not: most control characters, halves of surrogate
  /// pairs, two noncharacters.
  private static boolean isXml(int codePoint) {
    return codePoint >= ' '
        ? !(codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE)
            && codePoint != 0xFFFE
            && codePoint != 0xFFFF
        : codePoint == '\n' || codePoint == '\t' || codePoint == '\r';
  }
}
