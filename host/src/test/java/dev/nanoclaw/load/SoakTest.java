package dev.nanoclaw.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Runs [Soak], which says what was wrong.
@Timeout(1200)
final class SoakTest {

  @TempDir private Path dir;

  @Test
  void nothingGrowsWithTheNumberOfMessages() throws IOException, InterruptedException {
    Path output = dir.resolve("output");
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Soak.class.getName(),
            Files.createDirectory(dir.resolve("home")).toString());
    Process soak =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(soak.waitFor(20, TimeUnit.MINUTES)).isTrue();
    } finally {
      soak.destroyForcibly();
    }
    String said = Files.readString(output);
    said.lines().filter(it -> it.startsWith("soak, ")).forEach(System.out::println);
    assertThat(soak.exitValue()).as(said.substring(Math.max(0, said.length() - 5000))).isZero();
    assertThat(said).contains("soak, after 10000 messages");
  }
}
