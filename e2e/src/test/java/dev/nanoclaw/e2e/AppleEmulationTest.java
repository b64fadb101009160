package dev.nanoclaw.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What plays Apple's `container` in [ContainerTest] refuses what the real one refuses; else that
/// test would prove nothing.
class AppleEmulationTest {

  private static final int USAGE = 64;

  @TempDir Path directory;
  private String version = "1.2.2";

  @BeforeEach
  void start() {
    container("system", "start", "--enable-kernel-install").orFail();
  }

  private Machine.Result container(String... arguments) {
    Path program = Machine.checkout().resolve("e2e/src/test/resources/apple/container");
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    return Machine.run(
        directory,
        Map.of(
            "EMULATED_STATE", directory.resolve("state").toString(),
            "EMULATED_VERSION", version,
            "CONTAINERS_CONF", Machine.required("CONTAINERS_CONF")),
        command);
  }

  @Test
  void unknownCommandsAndOptionsAreErrorsOfUsage() {
    for (String command : List.of("ps", "attach", "wait", "info", "version", "events")) {
      assertThat(container(command, "x").code()).as(command).isEqualTo(USAGE);
    }
    for (String option :
        List.of("--pids-limit=5", "--security-opt=x", "--pull=never", "--userns=keep-id", "-t")) {
      assertThat(container("run", option, "image").code()).as(option).isEqualTo(USAGE);
    }
    assertThat(container("ls", "--filter", "label=x").code()).isEqualTo(USAGE);
    assertThat(container("build", "--network", "host", ".").code()).isEqualTo(USAGE);
  }

  @Test
  void theOlderVersionHasNoUlimitsAndAnotherShape() {
    version = "0.12.3";
    assertThat(container("run", "--ulimit", "nproc=5", "image").code()).isEqualTo(USAGE);
    assertThat(container("ls", "--all", "--format", "json").orFail().output()).startsWith("[");
  }

  @Test
  void mountsAreOfDirectoriesEachOnce() throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    assertThat(run("--mount", "type=bind,source=" + file + ",target=/x"))
        .contains("is not a directory");
    assertThat(run("--mount", "type=bind,source=" + directory + "/none,target=/x"))
        .contains("does not exist");
    String mount = "type=bind,source=" + directory + ",target=";
    assertThat(run("--mount", mount + "/x", "--mount", mount + "/y,readonly"))
        .contains("duplicate mount source");
    assertThat(run("--mount", mount + "/x,consistency=cached")).contains("unknown directive");
  }

  @Test
  void namesHaveAtMost63Characters() {
    assertThat(run("--name", "x".repeat(64))).contains("invalid container name");
    assertThat(run("--network", "host")).contains("network host not found");
  }

  @Test
  void nothingWorksWithoutTheService() {
    container("system", "status").orFail();
    container("system", "stop").orFail();
    assertThat(container("system", "status").code()).isEqualTo(1);
    assertThat(container("ls", "--format", "json").output()).contains("XPC connection error");
    assertThat(container("system", "start").output()).contains("whether to install a kernel");
  }

  private String run(String... options) {
    List<String> arguments = new ArrayList<>(List.of("run"));
    arguments.addAll(List.of(options));
    arguments.add("image");
    Machine.Result result = container(arguments.toArray(String[]::new));
    assertThat(result.code()).isEqualTo(1);
    return result.output();
  }
}
