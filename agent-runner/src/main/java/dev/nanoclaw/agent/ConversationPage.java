package dev.nanoclaw.agent;

import dev.nanoclaw.protocol.Json;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// The part of a transcript since its last compaction, as Markdown: who said what, and when.
final class ConversationPage {

  private static final int MAX_TEXT = 20_000;
  private static final int MAX_PAGE = 2_000_000;
  private static final int MAX_TOPIC = 40;
  private static final String NO_TOPIC = "conversation";

  private final DateTimeFormatter time;
  private final List<String> parts = new ArrayList<>();
  private String topic = NO_TOPIC;
  private int length;

  ConversationPage(ZoneId zone) {
    time = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm").withZone(zone);
  }

  /// Takes a line of the transcript, in order. What is none of the conversation's is left out.
  void take(String text) {
    JsonNode line;
    try {
      line = Json.tree(text);
    } catch (JacksonException _) {
      return; // it may be written this very moment
    }
    if (line.path("subtype").asString("").equals("compact_boundary")) {
      parts.clear();
      length = 0;
      topic = NO_TOPIC;
    } else if (!flag(line, "isMeta") && !flag(line, "isSidechain") && !isSummary(line)) {
      said(line);
    }
  }

  boolean isEmpty() {
    return parts.isEmpty();
  }

  /// A few words of the first message, fit for a file's name.
  String topic() {
    return topic;
  }

  String markdown() {
    String cut = length < MAX_PAGE ? "" : "\n*The rest was too long to keep here.*\n";
    return "# " + topic.replace('-', ' ') + "\n" + String.join("", parts) + cut;
  }

  private void said(JsonNode line) {
    String who = line.path("type").asString("");
    if (!List.of("user", "assistant").contains(who) || length >= MAX_PAGE) {
      return;
    }
    String text = text(line.path("message").path("content"));
    if (text.isBlank() || text.startsWith("<local-command-") || text.startsWith("<command-")) {
      return;
    }
    if (topic.equals(NO_TOPIC) && who.equals("user")) {
      topic = topicOf(text);
    }
    String heading = "\n## " + (who.equals("user") ? "Chat" : "Assistant") + ", " + when(line);
    String part = heading + "\n\n" + readable(text) + "\n";
    parts.add(part);
    length += part.length();
  }

  private String when(JsonNode line) {
    try {
      return time.format(Instant.parse(line.path("timestamp").asString("")));
    } catch (DateTimeParseException _) {
      return "time unknown";
    }
  }

  /// What tools gave back is left out: it is long and can be had again.
  private static String text(JsonNode content) {
    if (content.isString()) {
      return content.asString("");
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode block : content) {
      switch (block.path("type").asString("")) {
        case "text" -> texts.add(block.path("text").asString(""));
        case "tool_use" -> texts.add("*used " + block.path("name").asString("a tool") + "*");
        default -> {}
      }
    }
    texts.removeIf(it -> it.isBlank() || it.startsWith("<system-reminder>"));
    return String.join("\n\n", texts);
  }

  /// The host's messages, each in a line of its own with its sender and time.
  private static String readable(String text) {
    String plain =
        text.replaceAll("(?m)^</?messages>\\R?", "")
            .replaceAll("<message sender=\"([^\"]*)\" time=\"([^\"]*)\">", "**$1** ($2): ")
            .replaceAll("<quoted>(.*?)</quoted>", "[about: $1] ")
            .replace("</message>", "")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&amp;", "&")
            .strip();
    return plain.length() <= MAX_TEXT ? plain : plain.substring(0, MAX_TEXT) + " […]";
  }

  private static String topicOf(String text) {
    String plain =
        text.substring(0, Math.min(text.length(), MAX_TEXT))
            .replaceAll("<quoted>.*?</quoted>|<[^>]*>|&[a-z]+;", " ")
            .toLowerCase(Locale.ROOT);
    StringBuilder words = new StringBuilder();
    for (String word : Arrays.asList(plain.split("[^\\p{L}\\p{N}]+"))) {
      if (!word.isEmpty() && words.length() + word.length() < MAX_TOPIC) {
        words.append(words.isEmpty() ? "" : "-").append(word);
      } else if (!words.isEmpty()) {
        break;
      }
    }
    return words.isEmpty() ? NO_TOPIC : words.toString();
  }

  private static boolean isSummary(JsonNode line) {
    return flag(line, "isCompactSummary") || flag(line, "isVisibleInTranscriptOnly");
  }

  private static boolean flag(JsonNode line, String name) {
    return line.path(name).asBoolean(false);
  }
}
