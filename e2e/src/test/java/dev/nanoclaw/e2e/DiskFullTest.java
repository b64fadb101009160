package dev.nanoclaw.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// A home on a small disk of its own that fills up and is cleared again.
@Timeout(180)
class DiskFullTest {

  @TempDir private Path dir;
  private Path home = Path.of("");

  @BeforeEach
  void mount() throws IOException {
    home = Files.createDirectories(dir.resolve("home"));
    Machine.run(
            dir, Map.of(), List.of("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", "" + home))
        .orFail();
  }

  @AfterEach
  void unmount() {
    Machine.run(dir, Map.of(), List.of("umount", "--lazy", home.toString())).orFail();
  }

  @Test
  void nothingThatWasConfirmedIsLostAndTheHostGoesOn() throws Exception {
    try (var nanoclaw = new ScriptedInstallation(dir, home)) {
      nanoclaw.start();
      List<String> confirmed = new ArrayList<>();
      assertThat(send("before", confirmed)).isEmpty();
      awaitAnswers(confirmed, nanoclaw);

      Path ballast = home.resolve("ballast");
      fill(ballast);
      Optional<String> error = Optional.empty();
      for (int i = 0; i < 500 && error.isEmpty(); i++) {
        error = send("filling " + i, confirmed); // the write-ahead log has some room left
      }
      assertThat(error).hasValueSatisfying(it -> assertThat(it).contains("is the disk full?"));
      assertThat(status().path("home").asString()).isEqualTo(home.toString());
      ScriptedInstallation.pause(3000); // what runs meanwhile fails, too
      assertThat(Files.exists(nanoclaw.proc())).isTrue();

      Files.delete(ballast);
      Installation.await("a message to be taken", () -> send("after", confirmed).isEmpty());
      awaitAnswers(confirmed, nanoclaw);
    }
  }

  private static void fill(Path ballast) throws IOException {
    var _ =
        Machine.run(
            Path.of("/"),
            Map.of(),
            List.of("dd", "if=/dev/zero", "of=" + ballast, "bs=4k", "status=none"));
    assertThat(Files.size(ballast)).isPositive();
  }

  /// @return the error when it was not taken
  private Optional<String> send(String text, List<String> confirmed) {
    try (var control = new ControlConnection(home)) {
      JsonNode answer =
          control.ask("chat.send", Map.of("id", UUID.randomUUID().toString(), "text", text));
      if (answer.has("error")) {
        return Optional.of(answer.path("error").path("message").asString());
      }
      confirmed.add(text);
      return Optional.empty();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private JsonNode status() throws IOException {
    try (var control = new ControlConnection(home)) {
      return control.call("status", Map.of());
    }
  }

  /// Every confirmed message stands in the history, and the last of them was answered.
  private void awaitAnswers(List<String> confirmed, ScriptedInstallation nanoclaw) {
    Installation.await(
        "the answer to " + confirmed.getLast(),
        () -> history().stream().anyMatch(it -> it.startsWith("You said: " + confirmed.getLast())));
    assertThat(history()).containsAll(confirmed);
    assertThat(nanoclaw.proc()).exists();
  }

  private List<String> history() {
    try (var control = new ControlConnection(home)) {
      List<String> texts = new ArrayList<>();
      control
          .call("chat.attach", Map.of("after_seq", 0))
          .path("history")
          .forEach(it -> texts.add(it.path("text").asString()));
      return texts;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
