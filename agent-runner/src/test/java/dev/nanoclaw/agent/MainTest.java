package dev.nanoclaw.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.protocol.Frames;
import dev.nanoclaw.protocol.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// The program as a process of its own, up to the point where it would start Claude Code.
@EnabledOnOs(OS.LINUX)
@Timeout(60)
final class MainTest {

  /// A process of the same user, and like the agent without capabilities: root, as whom tests may
  /// run, could read everything.
  private static final List<String> LIKE_THE_AGENT =
      System.getProperty("user.name").equals("root")
          ? List.of("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--")
          : List.of();

  @Test
  void aProcessOfTheSameUserCannotLookIntoTheRunner() throws Exception {
    Process runner = likeTheAgent(main());
    Process open = likeTheAgent(List.of("sleep", "60"));
    try {
      assertThat(read(open, "environ")).as("the check itself").isZero();
      while (read(runner, "environ") == 0) {
        assertThat(runner.waitFor(50, TimeUnit.MILLISECONDS)).isFalse();
      }
      for (String secret : List.of("environ", "maps", "mem", "auxv")) {
        assertThat(read(runner, secret)).as(secret).isNotZero();
      }
      String stdin = "/proc/" + runner.pid() + "/fd/0";
      assertThat(exit(likeTheAgent(List.of("readlink", stdin)))).as(stdin).isNotZero();
      assertThat(runner.isAlive()).isTrue();
    } finally {
      runner.destroyForcibly();
      open.destroyForcibly();
    }
  }

  @Test
  void anIncompleteRequestEndsTheRunWithoutAFrame() throws Exception {
    for (String input : List.of("", "{\"prompt\":\"half", "not json\n", "{}\n")) {
      Process runner = new ProcessBuilder(main()).start();
      try (OutputStream stdin = runner.getOutputStream()) {
        stdin.write(input.getBytes(UTF_8));
      }
      String out = new String(runner.getInputStream().readAllBytes(), UTF_8);
      String err = new String(runner.getErrorStream().readAllBytes(), UTF_8);

      assertThat(exit(runner)).as(input).isEqualTo(65);
      assertThat(out).isEmpty();
      assertThat(err).startsWith("runner: ");
    }
  }

  @Test
  void aRunThatCannotStartGivesItsInputsBack() throws Exception {
    Process runner = likeTheAgent(main());
    try (OutputStream stdin = runner.getOutputStream()) {
      stdin.write((Json.line(RequestLineTest.request("hello")) + "\n").getBytes(UTF_8));
    }
    String out = new String(runner.getInputStream().readAllBytes(), UTF_8);

    assertThat(exit(runner)).isEqualTo(1);
    assertThat(out)
        .contains(Frames.START, "\"status\":\"error\"", "\"failed\":[\"in-1\"]")
        .doesNotContain("sk-real");
  }

  private static List<String> main() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1",
        "-XX:+DisableAttachMechanism",
        "--enable-native-access=ALL-UNNAMED",
        "-cp",
        System.getProperty("java.class.path"),
        "dev.nanoclaw.agent.Main");
  }

  private static int read(Process process, String file) throws Exception {
    return exit(likeTheAgent(List.of("head", "-c1", "/proc/" + process.pid() + "/" + file)));
  }

  private static Process likeTheAgent(List<String> command) throws IOException {
    List<String> all = new ArrayList<>(LIKE_THE_AGENT);
    all.addAll(command);
    return new ProcessBuilder(all).redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }

  private static int exit(Process process) throws InterruptedException {
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }
}
