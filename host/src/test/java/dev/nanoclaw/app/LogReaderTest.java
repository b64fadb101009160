package dev.nanoclaw.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogReaderTest {

  @TempDir Path directory;

  private Path log() {
    return directory.resolve("log");
  }

  private void append(String text) throws IOException {
    Files.writeString(log(), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private LogReader reader() {
    return new LogReader(() -> Optional.of(log()).filter(Files::exists));
  }

  @Test
  void beginsWithTheLastLines() throws IOException {
    append(
        IntStream.range(0, 30_000)
            .mapToObj(it -> "line " + it + "\n")
            .collect(Collectors.joining()));
    for (int count : List.of(1, 3, 20_000)) {
      try (LogReader reader = reader()) {
        assertThat(reader.skipToLast(count)).isEqualTo(count);
        assertThat(reader.read())
            .hasSize(count)
            .startsWith("line " + (30_000 - count))
            .endsWith("line 29999");
      }
    }
    try (LogReader reader = reader()) {
      assertThat(reader.skipToLast(40_000)).isEqualTo(30_000);
      assertThat(reader.read()).hasSize(30_000);
    }
    try (LogReader reader = reader()) {
      assertThat(reader.skipToLast(0)).isZero();
      assertThat(reader.read()).isEmpty();
      append("next\n");
      assertThat(reader.read()).containsExactly("next");
    }
  }

  @Test
  void aLineIsReturnedWhenItIsComplete() throws IOException {
    append("a\nb");
    try (LogReader reader = reader()) {
      assertThat(reader.skipToLast(10)).isEqualTo(2);
      assertThat(reader.read()).containsExactly("a");
      append("é\nc");
      assertThat(reader.read()).containsExactly("bé");
      assertThat(reader.unfinished()).contains("c");
      assertThat(reader.unfinished()).isEmpty();
    }
  }

  @Test
  void goesOnWhereALogIsBegunAnew() throws IOException {
    append("1\n");
    try (LogReader reader = reader()) {
      assertThat(reader.read()).containsExactly("1");
      append("2\n");
      Files.move(log(), directory.resolve("log.1"));
      assertThat(reader.read()).containsExactly("2");
      assertThat(reader.read()).isEmpty();
      append("3\n");
      assertThat(reader.read()).containsExactly("3");
      assertThat(reader.read()).isEmpty();
    }
  }

  @Test
  void waitsForALogThatIsNotThereYet() throws IOException {
    try (LogReader reader = reader()) {
      assertThat(reader.skipToLast(5)).isZero();
      assertThat(reader.read()).isEmpty();
      append("first\n");
      assertThat(reader.read()).containsExactly("first");
    }
  }

  @Test
  void bytesThatAreNotTextDoNoHarm() throws IOException {
    Files.write(log(), new byte[] {(byte) 0xff, 'a', '\n'});
    try (LogReader reader = reader()) {
      assertThat(reader.read()).containsExactly("\uFFFDa");
    }
    assertThat(LogLine.harmless("\u001b[2Jx\ty\u0007")).isEqualTo("\uFFFD[2Jx\ty\uFFFD");
  }

  @Test
  void jsonBecomesReadable() {
    String json =
        """
        {"time":"2026-11-22T12:00:00.123Z","level":"WARN","logger":"dev.nanoclaw.app.Main","thread":"t","message":"it \\u001b broke","error":"java.lang.X: y\\n\\tat z\\n"}\
        """;
    assertThat(LogLine.readable(json, ZoneId.of("Europe/Paris")))
        .isEqualTo("2026-11-22 13:00:00.123 WARN  Main: it \uFFFD broke\njava.lang.X: y\n\tat z");
    assertThat(LogLine.readable("{half", ZoneId.of("UTC"))).isEqualTo("{half");
    assertThat(LogLine.readable("[1]", ZoneId.of("UTC"))).isEqualTo("[1]");
  }
}
