package dev.nanoclaw.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class DetachedProcessTest {

  @TempDir Path files;

  @Test
  void outputErrorsAndExitCodeAreInFiles() throws Exception {
    try (OutputStream stdin =
        DetachedProcess.start(List.of("sh", "-c", "cat; echo no >&2; exit 7"), files)) {
      stdin.write("yes".getBytes(StandardCharsets.UTF_8));
    }
    await().until(() -> Files.exists(files.resolve("rc")));
    assertThat(files.resolve("rc")).hasContent("7");
    assertThat(files.resolve("out")).hasContent("yes");
    assertThat(files.resolve("err")).hasContent("no");
  }

  @Test
  void aMissingProgramShowsInTheFiles() throws Exception {
    DetachedProcess.start(List.of("no-such-program"), files).close();
    await().until(() -> Files.exists(files.resolve("rc")));
    assertThat(files.resolve("rc")).hasContent("127");
    assertThat(files.resolve("err")).content().contains("no-such-program");
  }

  /// Linux has `setsid`, macOS only Perl: the same with a PATH that lacks the one.
  @ParameterizedTest
  @ValueSource(strings = {"setsid", "perl"})
  void runsInASessionOfItsOwnAndHearsNoHangUp(String way) throws Exception {
    Path bin = Files.createDirectory(files.resolve("bin"));
    for (String program : List.of(way, "sh", "ps", "mv", "cat", "kill")) {
      Files.createSymbolicLink(bin.resolve(program), find(program));
    }
    ProcessBuilder builder =
        new ProcessBuilder(
                DetachedProcess.wrapped(
                    List.of(
                        "sh",
                        "-c",
                        "ps -o sid= -p $$; kill -HUP $PPID; cat; echo 'a b'\"$1\"",
                        "x",
                        " c  d"),
                    files))
            .redirectOutput(new File("/dev/null"));
    builder.environment().put("PATH", bin.toString());
    Process process = builder.start();
    process.getOutputStream().close();
    assertThat(process.waitFor()).isZero();
    assertThat(files.resolve("rc")).hasContent("0");
    List<String> out = Files.readAllLines(files.resolve("out"));
    assertThat(out.getFirst().strip()).isEqualTo(Long.toString(process.pid()));
    assertThat(out.getLast()).isEqualTo("a b c  d");
  }

  @Test
  void aCommandThatWasGivenUpBeforeItBeganIsNotRun() throws Exception {
    assertThat(DetachedProcess.wasBegun(files)).isFalse();
    Path mark = files.resolve("mark");
    Process late =
        new ProcessBuilder(DetachedProcess.wrapped(List.of("touch", mark.toString()), files))
            .start();
    assertThat(late.waitFor()).isNotZero();
    assertThat(mark).doesNotExist();
  }

  @Test
  void aCommandThatRunsWasBegun() throws Exception {
    DetachedProcess.start(List.of("true"), files).close();
    await().until(() -> Files.exists(files.resolve("rc")));
    assertThat(DetachedProcess.wasBegun(files)).isTrue();
  }

  private static Path find(String program) {
    return Stream.of("/usr/bin", "/bin")
        .map(it -> Path.of(it, program))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow();
  }
}
