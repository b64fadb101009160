package dev.nanoclaw.baddays;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Files of a run that ended when nobody was left to remove them.
@Timeout(300)
class LeftoversTest {

  private static final String OVER = "20260301-120000-0123abcd";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path dir;

  @Test
  void theNextStartRemovesThemAndLeavesTheRunThatGoesOn() throws Exception {
    try (Host host = new Host(dir).installEngine().start()) {
      Path hold = Files.createFile(host.engine().resolve("hold"));
      host.say("hello");
      await().atMost(PATIENCE).until(() -> !host.containers().isEmpty());
      host.kill();
      Path data = host.home().resolve("data");
      Path open = only(data.resolve("runs"));
      Path runs = Files.createDirectories(data.resolve("runs").resolve(OVER));
      Path ipc = data.resolve("ipc").resolve("main").resolve(OVER);
      Path link = Files.createDirectories(ipc.resolve("input")).resolve("link");
      Files.createSymbolicLink(link, host.home().resolve("store"));

      host.start();
      await().atMost(PATIENCE).until(() -> !Files.exists(runs) && !Files.exists(ipc));
      assertThat(open).isNotEmptyDirectory();
      assertThat(host.home().resolve("store").resolve("messages.db")).exists();
      Files.delete(hold);
      host.awaitHearing("You said: hello");
      assertThat(host.engineLines("starts")).hasSize(1);
    }
  }

  private static Path only(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      List<Path> found = all.toList();
      assertThat(found).hasSize(1);
      return found.getFirst();
    }
  }
}
