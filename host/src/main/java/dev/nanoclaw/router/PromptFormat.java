package dev.nanoclaw.router;

import dev.nanoclaw.domain.ChatMessage;
import dev.nanoclaw.domain.TaskRun;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/// Messages as the model reads them, and its answers as people do.
public final class PromptFormat {

  /// A run that begins so long after its time says so.
  private static final Duration LATE = Duration.ofMinutes(2);

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

  /// A run of a task, which begins at that time.
  public String task(TaskRun run, Instant begins) {
    Duration late = Duration.between(run.due(), begins);
    String lateness =
        late.compareTo(LATE) < 0
            ? ""
            : "This run begins %s late, because I could not begin it in time. Runs missed meanwhile are not made up for: this one stands for all of them.\n"
                .formatted(words(late));
    return """
    <scheduled-task id="%s" schedule="%s" due="%s">
    A task that was scheduled earlier is due; no person is writing. What you answer goes to the chat. What is not for the chat belongs in <internal>...</internal>, and if nothing is to be said, answer with nothing but that.
    %s<prompt>%s</prompt>
    </scheduled-task>\
    """
        .formatted(
            escape(run.taskId()),
            escape(run.schedule()),
            time.format(run.due()),
            lateness,
            escape(run.prompt()));
  }

  private static String words(Duration duration) {
    if (duration.toDays() > 1) {
      return duration.toDays() + " days";
    }
    long hours = duration.toHours();
    return (hours == 0 ? "" : hours + " h ") + duration.toMinutesPart() + " min";
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
