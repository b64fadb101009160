package dev.nanoclaw.load;

import dev.nanoclaw.channel.Channel;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.OutgoingMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A channel that writes what it is given to a file, a line for each try, before it says that it
/// has it.
final class Answers implements Channel {

  private static final String ANSWER = "done: ";

  private final Path file;

  Answers(Path file) {
    this.file = file;
  }

  @Override
  public String name() {
    return "load";
  }

  @Override
  public boolean owns(ChatJid chat) {
    return true;
  }

  @Override
  public synchronized SendResult send(OutgoingMessage message) {
    String group = message.chat().value().split("@", -1)[0];
    try {
      Files.writeString(
          file,
          "%s\t%s\t%s\n".formatted(group, message.messageId(), message.text()),
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
      return new SendResult.Sent();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void typing(ChatJid chat, boolean on) {}

  @Override
  public void close() {}

  /// The messages that the agents' answers in that file name, by group, in order; a repeat with the
  /// same id counts once.
  static Map<String, List<String>> in(Path file) throws IOException {
    Map<String, String> byId = new LinkedHashMap<>();
    Map<String, List<String>> answered = new LinkedHashMap<>();
    for (String line : lines(file)) {
      String[] columns = line.split("\t", -1);
      if (byId.putIfAbsent(columns[1], line) == null && columns[2].startsWith(ANSWER)) {
        answered
            .computeIfAbsent(columns[0], _ -> new ArrayList<>())
            .addAll(Arrays.asList(columns[2].substring(ANSWER.length()).split(" ", -1)));
      }
    }
    return answered;
  }

  private static List<String> lines(Path file) throws IOException {
    try {
      String text = Files.readString(file);
      return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    } catch (NoSuchFileException _) {
      return List.of();
    }
  }
}
