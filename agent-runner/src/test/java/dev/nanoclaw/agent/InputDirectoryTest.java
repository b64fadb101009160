package dev.nanoclaw.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.protocol.FollowUp;
import dev.nanoclaw.protocol.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(10)
final class InputDirectoryTest {

  @TempDir Path directory;
  private InputDirectory input;

  @BeforeEach
  void make() throws IOException {
    input = new InputDirectory(directory);
  }

  @AfterEach
  void close() throws IOException {
    input.close();
  }

  @Test
  void filesComeInTheOrderOfTheirNamesAndNothingElseDoes() throws IOException {
    put("0002.json", "b");
    put("0001.json", "a");
    put("0003.tmp", "c");
    put(".0004.json", "d");

    assertThat(input.look().files())
        .extracting(it -> input.read(it).orElseThrow().text())
        .containsExactly("a", "b");
  }

  @Test
  void whatWasHandedOverIsGoneAndDoesNotComeAgain() throws IOException {
    Path file = put("1.json", "a");
    input.done(file);

    assertThat(file).doesNotExist();
    put("1.json", "a");
    assertThat(input.look().files()).isEmpty();
  }

  @Test
  void nothingIsGivenOutOnceTheAgentIsAskedToFinish() throws IOException {
    put("1.json", "a");
    Files.createFile(directory.resolve(FollowUp.CLOSE));
    put("2.json", "b");

    assertThat(input.look().close()).isTrue();
    assertThat(input.look().files()).isEmpty();
    assertThat(directory.resolve("1.json")).exists();
  }

  @Test
  void anInterruptIsTakenNoteOfOnceAlsoWhenTheAgentIsAskedToFinish() throws IOException {
    put("1.json", "a");
    Path interrupt = Files.createFile(directory.resolve(FollowUp.INTERRUPT));

    InputDirectory.Look look = input.look();
    assertThat(look.interrupt()).isTrue();
    assertThat(look.files()).hasSize(1);
    assertThat(interrupt).doesNotExist();
    assertThat(input.look().interrupt()).isFalse();

    Files.createFile(directory.resolve(FollowUp.CLOSE));
    Files.createFile(interrupt);
    assertThat(input.look().interrupt()).isTrue();
    Files.createDirectories(interrupt.resolve("full"));
    assertThat(input.look().interrupt()).as("what cannot be removed").isFalse();
  }

  @Test
  void whatIsNoMessageIsDeletedAndHoldsNothingUp() throws Exception {
    Path broken = Files.writeString(directory.resolve("1.json"), "{");
    Path empty = Files.writeString(directory.resolve("2.json"), "{\"type\":\"message\"}");
    Path fifo = directory.resolve("3.json");
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
    Path link = Files.createSymbolicLink(directory.resolve("4.json"), Path.of("/dev/zero"));
    Path folder = Files.createDirectories(directory.resolve("5.json/full")).getParent();
    put("6.json", "good");

    assertThat(input.look().files().stream().flatMap(it -> input.read(it).stream()))
        .extracting(FollowUp::text)
        .containsExactly("good");
    assertThat(broken).doesNotExist();
    assertThat(empty).doesNotExist();
    assertThat(fifo).doesNotExist();
    assertThat(link).doesNotExist();
    assertThat(input.look().files()).doesNotContain(folder);
  }

  private Path put(String name, String text) throws IOException {
    return Files.writeString(
        directory.resolve(name), Json.line(FollowUp.message("id-" + text, text)));
  }
}
