package dev.nanoclaw.agent;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneId;

/// Keeps what a compaction takes out of the model's sight: the conversation since the last one, as
/// a page that people and the agent can read, in the group's `conversations/`.
final class TranscriptArchive {

  private static final long MAX_TRANSCRIPT = 256L * 1024 * 1024;
  private static final int MAX_LINE = 2 * 1024 * 1024;
  private static final int MAX_SAME_NAME = 1000;

  private final Path configDirectory;
  private final Path directory;
  private final String zone;
  private final InstantSource clock;

  /// @param configDirectory where the CLI's transcripts are; others are not read
  /// @param directory where the pages go
  /// @param zone whose wall clock is written
  TranscriptArchive(Path configDirectory, Path directory, String zone, InstantSource clock) {
    this.configDirectory = configDirectory;
    this.directory = directory;
    this.zone = zone;
    this.clock = clock;
  }

  /// Writes a page. Never fails, for the compaction has to go on: what goes wrong is logged.
  void keep(String transcript) {
    try {
      Path file = checked(Path.of(transcript));
      ConversationPage page = read(file);
      if (page.isEmpty()) {
        Log.line("nothing new to archive before the compaction");
      } else {
        Log.line("archived the conversation to " + write(page));
      }
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      Log.line("the conversation could not be archived: " + e);
    }
  }

  /// The agent can put anything where a transcript should be.
  private Path checked(Path transcript) throws IOException {
    if (!Files.isRegularFile(transcript, LinkOption.NOFOLLOW_LINKS)
        || !transcript.toRealPath().startsWith(configDirectory.toRealPath())
        || Files.size(transcript) > MAX_TRANSCRIPT) {
      throw new IOException("not a transcript of reasonable size: " + transcript);
    }
    return transcript;
  }

  private ConversationPage read(Path transcript) throws IOException {
    ConversationPage page = new ConversationPage(ZoneId.of(zone));
    try (var in = Files.newInputStream(transcript, LinkOption.NOFOLLOW_LINKS);
        var lines = new BufferedReader(new InputStreamReader(in, UTF_8))) {
      StringBuilder line = new StringBuilder();
      for (int next = lines.read(); next >= 0; next = lines.read()) {
        if (next != '\n') {
          if (line.length() <= MAX_LINE) {
            line.append((char) next);
          }
        } else {
          take(page, line);
        }
      }
      take(page, line);
    }
    return page;
  }

  private static void take(ConversationPage page, StringBuilder line) {
    if (line.length() <= MAX_LINE) {
      page.take(line.toString());
    }
    line.setLength(0);
  }

  /// @return the new file; one that is there already is never touched
  private Path write(ConversationPage page) throws IOException {
    Files.createDirectories(directory);
    String name = LocalDate.ofInstant(clock.instant(), ZoneId.of(zone)) + "-" + page.topic();
    for (int i = 1; i <= MAX_SAME_NAME; i++) {
      Path file = directory.resolve(name + (i == 1 ? "" : "-" + i) + ".md");
      if (isNew(file)) {
        write(file, page.markdown());
        return file;
      }
    }
    throw new IOException("too many of the name " + name);
  }

  private static boolean isNew(Path file) throws IOException {
    try {
      Files.createFile(file);
      return true;
    } catch (FileAlreadyExistsException _) {
      return false;
    }
  }

  private static void write(Path file, String text) throws IOException {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      Files.delete(file); // half a page would look like a whole one
      throw e;
    }
  }
}
