package dev.nanoclaw.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The launcher script with a Maven that fails, and a `java` that says how it was called.
@Timeout(60)
class LauncherTest {

  private static final Path CHECKOUT = Path.of("").toAbsolutePath().resolve("..").normalize();

  @TempDir private Path dir;

  private record Ended(int code, String said) {}

  @BeforeEach
  void aCheckout() throws IOException {
    Files.copy(CHECKOUT.resolve("nanoclaw"), dir.resolve("nanoclaw"));
    Files.writeString(dir.resolve("pom.xml"), "<project/>");
    Files.createDirectories(dir.resolve("jdk"));
    Files.writeString(dir.resolve("jdk/release"), "JAVA_VERSION=\"25.0.1\"\n");
    program("jdk/bin/javac", "");
    program("jdk/bin/java", "echo \"java $*\"");
    program("bin/mvn", "echo '[ERROR] no network'; exit 1");
  }

  private void program(String name, String script) throws IOException {
    Path program = dir.resolve(name);
    Files.createDirectories(program.getParent());
    Files.writeString(program, "#!/bin/sh\n" + script + "\n");
    assertThat(program.toFile().setExecutable(true)).isTrue();
  }

  private Path build(String name, Instant made) throws IOException {
    Path build = Files.createDirectories(dir.resolve(".build").resolve(name));
    Files.writeString(build.resolve("classpath"), "lib/host.jar\n");
    Files.writeString(build.resolve("nanoclaw.aot"), "");
    Files.setLastModifiedTime(build.resolve("classpath"), FileTime.from(made));
    return build;
  }

  private Process start(Map<String, String> more) throws IOException {
    ProcessBuilder launcher =
        new ProcessBuilder("sh", dir.resolve("nanoclaw").toString(), "start")
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("said").toFile());
    launcher.environment().clear();
    launcher.environment().put("PATH", dir.resolve("bin") + ":/usr/bin:/bin");
    launcher.environment().put("JAVA_HOME", dir.resolve("jdk").toString());
    launcher.environment().putAll(more);
    Process process = launcher.start();
    process.getOutputStream().close();
    return process;
  }

  private Ended ended(Process process) throws IOException, InterruptedException {
    boolean inTime = process.waitFor(20, TimeUnit.SECONDS);
    process.destroyForcibly();
    String said = Files.readString(dir.resolve("said"));
    assertThat(inTime).as("ended in time, said: %s", said).isTrue();
    return new Ended(process.exitValue(), said);
  }

  private Ended run(Map<String, String> more) throws IOException, InterruptedException {
    return ended(start(more));
  }

  /// Where no file can be made, `command` fails for what ends with `what`.
  private void diskIsFullFor(String command, String what) throws IOException {
    program(
        "bin/" + command,
        """
        for last; do :; done
        case $last in
          *%2$s) echo "%1$s: $last: No space left on device" >&2; exit 1 ;;
        esac
        PATH=/usr/bin:/bin exec %1$s "$@"
        """
            .formatted(command, what));
  }

  /// A Maven that builds, and a `jar` that unpacks.
  private void aBuildSucceeds() throws IOException {
    Files.createDirectories(dir.resolve("container"));
    Files.writeString(dir.resolve("container/Containerfile"), "");
    program(
        "bin/mvn",
        """
        echo '[INFO] Building nanoclaw-host 1 [3/4]'
        for module in host agent-runner; do
          mkdir -p $module/target/lib
          touch $module/target/nanoclaw-$module-1.jar $module/target/lib/a.jar
        done
        """);
    program("jdk/bin/jar", "mkdir -p \"$3\"");
  }

  @Test
  void aServiceWhoseBuildFailsGoesOnWithTheNewestBuildBeforeIt()
      throws IOException, InterruptedException {
    Instant then = Instant.parse("2026-11-01T00:00:00Z");
    build("00000000000000aa", then);
    Path newest = build("00000000000000bb", then.plusSeconds(2));
    build("00000000000000cc", then.plusSeconds(1));

    Ended ended = run(Map.of("NANOCLAW_SERVICE", "systemd"));
    assertThat(ended.code()).as(ended.said()).isZero();
    assertThat(ended.said())
        .contains("[ERROR] no network", "the build failed; going on with the build before it")
        .containsPattern("java .* -Dnanoclaw.build=" + newest + " .*Main start\n");
    try (var left = Files.list(dir.resolve(".build"))) {
      assertThat(left.map(it -> it.getFileName().toString()))
          .containsExactlyInAnyOrder("00000000000000aa", "00000000000000bb", "00000000000000cc");
    }
  }

  @Test
  void aPersonWhoseBuildFailsIsToldAndGetsNoOlderOne() throws IOException, InterruptedException {
    build("00000000000000aa", Instant.parse("2026-11-01T00:00:00Z"));
    Ended ended = run(Map.of());
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.said()).contains("the build failed\n").doesNotContain("java -");
  }

  @Test
  void aServiceThatWasNeverBuiltFails() throws IOException, InterruptedException {
    Ended ended = run(Map.of("NANOCLAW_SERVICE", "systemd"));
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.said()).contains("the build failed\n").doesNotContain("java -");
    assertThat(dir.resolve(".build/lock")).doesNotExist();
  }

  @Test
  void aBuildThatSucceedsIsStarted() throws IOException, InterruptedException {
    aBuildSucceeds();
    Ended ended = run(Map.of());
    assertThat(ended.code()).as(ended.said()).isZero();
    assertThat(ended.said())
        .contains("nanoclaw:   [3/4] host\n")
        .containsPattern(
            "java .* -cp [^ ]*/lib/a.jar:[^ ]*/lib/nanoclaw-host-1.jar .*Main start\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"mkdir /lock", "mktemp /work.XXXXXX", "tar /src", "cp /runner"})
  void onAFullDiskAServiceGoesOnWithTheBuildBeforeAndAPersonIsTold(String full)
      throws IOException, InterruptedException {
    Path before = build("00000000000000aa", Instant.parse("2026-11-01T00:00:00Z"));
    aBuildSucceeds();
    String[] commandAndWhat = full.split(" ", 2);
    diskIsFullFor(commandAndWhat[0], commandAndWhat[1]);
    String cannot =
        "nanoclaw: cannot write to %s/.build: make room on its disk, or make it writable"
            .formatted(dir);

    Ended service = run(Map.of("NANOCLAW_SERVICE", "systemd"));
    assertThat(service.code()).as(service.said()).isZero();
    assertThat(service.said())
        .contains(cannot + "; going on with the build before it\n")
        .containsPattern("java .* -Dnanoclaw.build=" + before + " .*Main start\n");

    Ended person = run(Map.of());
    assertThat(person.code()).as(person.said()).isEqualTo(1);
    assertThat(person.said()).contains(cannot + "\n").doesNotContain("java -");
    try (var left = Files.list(dir.resolve(".build"))) {
      assertThat(left).containsExactly(before);
    }
  }

  @Test
  void aServiceGoesOnAlsoWhenWhatMavenSaidCouldNotBeKept()
      throws IOException, InterruptedException {
    build("00000000000000aa", Instant.parse("2026-11-01T00:00:00Z"));
    program("bin/mvn", "until rm ../log; do :; done 2>/dev/null; exit 1");
    Ended ended = run(Map.of("NANOCLAW_SERVICE", "systemd"));
    assertThat(ended.code()).as(ended.said()).isZero();
    assertThat(ended.said()).contains("the build failed; going on").contains("Main start\n");
  }

  @Test
  void aLockThatCannotBeWrittenIsNone() throws IOException, InterruptedException {
    Path before = build("00000000000000aa", Instant.parse("2026-11-01T00:00:00Z"));
    program(
        "bin/mkdir",
        """
        PATH=/usr/bin:/bin
        case $1 in
          */lock) mkdir "$1" && exec mkdir "$1/owner" ;;
        esac
        exec mkdir "$@"
        """);
    Ended ended = run(Map.of("NANOCLAW_SERVICE", "systemd"));
    assertThat(ended.code()).as(ended.said()).isZero();
    assertThat(ended.said())
        .contains("or make it writable; going on with the build before it\n")
        .containsPattern("java .* -Dnanoclaw.build=" + before + " .*Main start\n");
    assertThat(dir.resolve(".build/lock")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"mkdir /lock", "mktemp /work.XXXXXX", "cp /home"})
  void aCompleteBuildStartsOnAFullDiskWithoutItsCache(String full)
      throws IOException, InterruptedException {
    aBuildSucceeds();
    Files.writeString(dir.resolve("config.yml"), "");
    assertThat(run(Map.of()).code()).isZero();
    try (var found =
        Files.find(dir.resolve(".build"), 2, (it, _) -> it.endsWith("training-failed"))) {
      Files.delete(found.findFirst().orElseThrow());
    }
    String[] commandAndWhat = full.split(" ", 2);
    diskIsFullFor(commandAndWhat[0], commandAndWhat[1]);

    Ended ended = run(Map.of());
    assertThat(ended.code()).as(ended.said()).isZero();
    assertThat(ended.said()).doesNotContain("building").containsPattern("java .*Main start\n");
  }

  @Test
  void aLauncherThatIsToldToEndEndsMavenAndLeavesNothing()
      throws IOException, InterruptedException {
    Path pid = dir.resolve("maven.pid");
    program("bin/mvn", "echo $$ >%1$s.new; mv %1$s.new %1$s; exec sleep 40".formatted(pid));
    Process launcher = start(Map.of("NANOCLAW_SERVICE", "systemd"));
    await().atMost(20, TimeUnit.SECONDS).until(() -> Files.exists(pid));
    ProcessHandle maven =
        ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).orElseThrow();
    try {
      launcher.destroy();
      Ended ended = ended(launcher);
      assertThat(ended.code()).as(ended.said()).isEqualTo(143);
      assertThat(maven.isAlive()).isFalse();
      assertThat(dir.resolve(".build")).isEmptyDirectory();
    } finally {
      maven.destroyForcibly();
    }
  }

  @Test
  void whatAKilledLauncherLeftIsRemovedByTheNextBuild() throws IOException, InterruptedException {
    Path build = Files.createDirectories(dir.resolve(".build"));
    Files.createDirectories(build.resolve("work.aB3dE6/src/host"));
    Files.writeString(build.resolve("bridge.4711"), "");
    assertThat(run(Map.of()).code()).isEqualTo(1);
    assertThat(build).isEmptyDirectory();
  }
}
