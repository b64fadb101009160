package dev.nanoclaw.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.protocol.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TranscriptArchiveTest {

  private static final InstantSource LATE =
      InstantSource.fixed(Instant.parse("2026-11-21T23:30:00Z"));

  @TempDir Path home;
  private Path config;
  private Path pages;
  private TranscriptArchive archive;

  @BeforeEach
  void make() throws IOException {
    config = Files.createDirectories(home.resolve("config"));
    pages = home.resolve("group/conversations");
    archive = new TranscriptArchive(config, pages, "Europe/Paris", LATE);
  }

  @Test
  void aPageSaysWhoSaidWhatAndWhen() throws IOException {
    keep(
        said("user", "<messages>\n<message sender=\"Zo&amp;e\" time=\"now\">A &lt;b&gt;</message>"),
        said("assistant", "Gern."),
        "{\"type\":\"user\",\"message\":{\"content\":[{\"type\":\"tool_result\",\"content\":\"x\"}]}}",
        "not json",
        "{\"type\":\"user\",\"isMeta\":true,\"message\":{\"content\":\"hidden\"}}");

    assertThat(read("2026-11-22-a-b.md"))
        .isEqualTo(
            """
            # a b

            ## Chat, 2026-11-22 10:05

            **Zo&e** (now): A <b>

            ## Assistant, 2026-11-22 10:05

            Gern.
            """);
  }

  @Test
  void nothingIsEverOverwritten() throws IOException {
    keep(said("user", "Same topic"));
    keep(said("user", "Same topic"));
    keep(said("user", "Same topic"));

    assertThat(names())
        .containsExactly(
            "2026-11-22-same-topic-2.md", "2026-11-22-same-topic-3.md", "2026-11-22-same-topic.md");
  }

  @Test
  void theTopicIsAFilesNameWhateverWasSaid() throws IOException {
    keep(
        said(
            "user", "../../etc/passwd \u0000 und Kaffee für Ömer, \u672c\u5f53\u306b? ".repeat(9)));
    keep(said("user", "?!"));

    assertThat(names())
        .containsExactly(
            "2026-11-22-conversation.md", "2026-11-22-etc-passwd-und-kaffee-für-ömer-本当に-etc.md");
  }

  @Test
  void onlyWhatCameSinceTheLastCompactionIsKept() throws IOException {
    keep(
        said("user", "old"),
        "{\"type\":\"system\",\"subtype\":\"compact_boundary\"}",
        "{\"type\":\"user\",\"isCompactSummary\":true,\"message\":{\"content\":\"summary\"}}",
        said("user", "new"));

    assertThat(read("2026-11-22-new.md")).doesNotContain("old", "summary");
  }

  @Test
  void sizeHasLimits() throws IOException {
    keep(said("user", "x".repeat(3_000_000)), said("user", "y".repeat(100_000)));
    assertThat(read("2026-11-22-conversation.md").length()).isBetween(20_000, 21_000);

    String much = said("assistant", "z".repeat(19_000));
    keep(
        Stream.concat(Stream.of(said("user", "much")), Stream.generate(() -> much).limit(300))
            .toArray(String[]::new));
    assertThat(read("2026-11-22-much.md"))
        .endsWith("too long to keep here.*\n")
        .hasSizeLessThan(2_100_000);
  }

  @Test
  void whatIsNoTranscriptIsNotRead() throws IOException {
    Path outside = Files.writeString(home.resolve("outside.jsonl"), said("user", "outside"));
    Path link = Files.createSymbolicLink(config.resolve("link.jsonl"), outside);
    Path linked = Files.createSymbolicLink(config.resolve("dir"), home).resolve("outside.jsonl");
    for (Path path : List.of(outside, link, linked, config, Path.of("/proc/self/environ"))) {
      archive.keep(path.toString());
    }
    archive.keep("");
    archive.keep("\u0000");

    assertThat(pages).doesNotExist();
  }

  private void keep(String... lines) throws IOException {
    Path transcript = Files.write(config.resolve("t.jsonl"), List.of(lines));
    archive.keep(transcript.toString());
  }

  private String read(String name) throws IOException {
    return Files.readString(pages.resolve(name));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(pages)) {
      return files.map(it -> it.getFileName().toString()).sorted().toList();
    }
  }

  private static String said(String who, String text) {
    return "{\"type\":\"%s\",\"timestamp\":\"2026-11-22T09:05:00Z\",\"message\":{\"content\":%s}}"
        .formatted(who, Json.line(text));
  }
}
