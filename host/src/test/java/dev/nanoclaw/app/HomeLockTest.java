package dev.nanoclaw.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HomeLockTest {

  @TempDir private Path home;

  @Test
  void aSecondHostIsRefusedInThisProcessAndInAnother() throws Exception {
    Path socket = Path.of("/run/x/control.sock");
    try (HomeLock _ = HomeLock.take(home, socket)) {
      assertThat(HomeLock.socket(home)).contains(socket);
      String refused =
          "another NanoClaw already runs on %s (process %d). Stop it first, or give this one another --home"
              .formatted(home, ProcessHandle.current().pid());
      assertThatThrownBy(() -> HomeLock.take(home, Path.of("/other")))
          .isInstanceOf(StartException.class)
          .hasMessage(refused);
      assertThat(inAnotherProcess()).isEqualTo(refused);
      assertThat(HomeLock.socket(home)).as("still the first one's").contains(socket);
    }
    assertThat(HomeLock.socket(home)).isEmpty();
    assertThat(inAnotherProcess()).isEqualTo("taken");
    HomeLock.take(home, socket).close();
  }

  @Test
  void aHomeThatIsNotThereIsTold() {
    assertThatThrownBy(() -> HomeLock.take(home.resolve("none"), Path.of("/s")))
        .isInstanceOf(StartException.class)
        .hasMessageContaining("cannot write " + home.resolve("none"));
    assertThat(HomeLock.socket(home.resolve("none"))).isEmpty();
  }

  private String inAnotherProcess() throws IOException, InterruptedException {
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Other.class.getName(),
                home.toString())
            .start();
    String said = new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    other.waitFor();
    return said;
  }

  /// The other process.
  static final class Other {

    private Other() {}

    public static void main(String[] args) throws IOException {
      try (HomeLock _ = HomeLock.take(Path.of(args[0]), Path.of("/s"))) {
        System.out.print("taken");
      } catch (StartException e) {
        System.out.print(e.getMessage());
      }
    }
  }
}
