package dev.nanoclaw.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.nanoclaw.process.Command.Outcome;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ProcessTest {

  private static final Duration LONG = Duration.ofSeconds(20);

  @TempDir private Path dir;

  private static Outcome sh(String script, Duration deadline) {
    return Command.run(List.of("sh", "-c", script), deadline);
  }

  @Test
  void aCommandGivesItsOutputItsErrorsAndItsCode() {
    assertThat(sh("echo é; echo b >&2; exit 3", LONG))
        .isEqualTo(new Outcome.Exited(3, "é\n", "b\n"));
    assertThat(sh("cat; echo end", LONG)).isEqualTo(new Outcome.Exited(0, "end\n", ""));
    assertThat(new Outcome.Exited(0, "", "").ok()).isTrue();
    assertThat(new Outcome.Exited(1, "", "").ok()).isFalse();
  }

  @Test
  void aProgramThatIsNotThereIsToldSo() {
    assertThat(Command.run(List.of(dir.resolve("none").toString()), LONG))
        .isInstanceOf(Outcome.NotStarted.class);
    assertThat(Command.run(List.of(dir.toString()), LONG)).isInstanceOf(Outcome.NotStarted.class);
  }

  @Test
  void muchOutputOnBothSidesNeitherBlocksNorFillsTheMemory() {
    assertThat(sh("head -c 9000000 /dev/zero & head -c 9000000 /dev/zero >&2; wait", LONG))
        .isInstanceOfSatisfying(
            Outcome.Exited.class,
            it -> {
              assertThat(it.out()).hasSize(4 * 1024 * 1024);
              assertThat(it.err()).hasSize(4 * 1024 * 1024);
            });
  }

  @Test
  void theDeadlineKillsEvenWhatDoesNotListenAndItsChildren() throws IOException {
    Path pids = dir.resolve("pids");
    Instant begin = Instant.now();
    assertThat(
            sh(
                "trap '' TERM; sleep 300 & echo $$ $! >"
                    + pids
                    + "; while :; do wait; sleep 1; done",
                Duration.ofMillis(300)))
        .isEqualTo(new Outcome.TimedOut(Duration.ofMillis(300)));
    assertThat(Duration.between(begin, Instant.now())).isLessThan(Duration.ofSeconds(10));
    for (String pid : Files.readString(pids).strip().split(" ", -1)) {
      await()
          .until(
              () -> ProcessHandle.of(Long.parseLong(pid)).filter(ProcessHandle::isAlive).isEmpty());
    }
  }

  @Test
  void whatACommandLeavesBehindDoesNotHoldItUp() {
    Instant begin = Instant.now();
    Outcome outcome = sh("setsid sleep 15 & echo $!", LONG);
    assertThat(Duration.between(begin, Instant.now())).isLessThan(Duration.ofSeconds(8));
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Exited.class,
            it -> {
              assertThat(it.ok()).isTrue();
              long pid = Long.parseLong(it.out().strip());
              ProcessHandle.of(pid).ifPresent(ProcessHandle::destroy);
            });
  }

  @Test
  void anInterruptEndsTheWaitAndTheCommand() {
    Thread.currentThread().interrupt();
    assertThat(sh("sleep 300", LONG)).isInstanceOf(Outcome.TimedOut.class);
    assertThat(Thread.interrupted()).isTrue();
  }

  private void detached(String script) throws IOException {
    try (OutputStream stdin = DetachedProcess.start(List.of("sh", "-c", script), dir)) {
      stdin.write("from the host\n".getBytes(StandardCharsets.UTF_8));
    }
  }

  @Test
  void aDetachedProcessLeavesItsOutputAndItsCodeInFiles() throws IOException {
    detached("read line; echo \"got $line\"; echo bad >&2; exit 7");
    await().until(() -> Files.exists(dir.resolve("rc")));
    assertThat(dir.resolve("rc")).hasContent("7");
    assertThat(dir.resolve("out")).hasContent("got from the host");
    assertThat(dir.resolve("err")).hasContent("bad");
  }

  @Test
  void aDetachedProgramThatIsNotThereShowsInTheFiles() throws IOException {
    DetachedProcess.start(List.of(dir.resolve("none").toString(), "a b"), dir).close();
    await().until(() -> Files.exists(dir.resolve("rc")));
    assertThat(dir.resolve("rc")).hasContent("127");
    assertThat(Files.readString(dir.resolve("err"))).contains("none");
  }

  @Test
  void aDetachedProcessGoesOnWhenItsHostIsKilled() throws IOException, InterruptedException {
    Process host =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Host.class.getName(),
                dir.toString())
            .redirectErrorStream(true)
            .start();
    await()
        .atMost(LONG)
        .until(() -> Files.exists(dir.resolve("out")) && Files.size(dir.resolve("out")) > 0);
    host.destroyForcibly();
    assertThat(host.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(dir.resolve("rc")).doesNotExist();
    Files.createFile(dir.resolve("go"));
    await().until(() -> Files.exists(dir.resolve("rc")));
    assertThat(dir.resolve("out")).hasContent("begun\nended");
    assertThat(dir.resolve("rc")).hasContent("0");
  }

  /// A host that is killed.
  static final class Host {

    private Host() {}

    public static void main(String[] args) throws IOException, InterruptedException {
      String script =
          "echo begun; until [ -e %s/go ]; do sleep 0.02; done; echo ended".formatted(args[0]);
      try (OutputStream _ = DetachedProcess.start(List.of("sh", "-c", script), Path.of(args[0]))) {
        Thread.currentThread().join();
      }
    }
  }
}
