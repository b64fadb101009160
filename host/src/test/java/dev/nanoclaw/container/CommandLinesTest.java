package dev.nanoclaw.container;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.config.Home;
import dev.nanoclaw.config.Settings;
import dev.nanoclaw.container.ContainerEngine.ContainerSpec;
import dev.nanoclaw.container.DockerLikeEngine.Dialect;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.Lane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The command lines by which containers are started: per engine, kind of group and option, in
/// full. Whoever changes one reads here what an agent may see and do.
class CommandLinesTest {

  private static final String DOCKER =
      """
      docker run --interactive --rm --pull never --log-driver none --name nanoclaw-x-r1
      --label nanoclaw.run=r1
      --user 1000:1000
      --cap-drop ALL --security-opt no-new-privileges
      --memory 2g --cpus 2 --pids-limit 512
      """;

  private static final String APPLE =
      """
      container run --progress none --interactive --rm --name nanoclaw-x-r1
      --label nanoclaw.run=r1
      --user 1000:1000 --cap-drop ALL
      --memory 2g --cpus 2 --ulimit nproc=512:512
      """;

  private static final Map<String, String> BEGIN =
      Map.of(
          "docker", DOCKER,
          "podman", DOCKER.replace("docker run", "podman run"),
          "podman, ordinary user",
              DOCKER
                  .replace("docker run", "podman run")
                  .replace("1000:1000\n", "1000:1000 --userns=keep-id\n"),
          "apple", APPLE,
          "apple before 1.0", APPLE.replace(" --ulimit nproc=512:512", ""));

  private static final String MAIN =
      """
      --mount type=bind,source=HOME/groups/main,target=/workspace/group
      --mount type=bind,source=HOME/data/logs/main,target=/workspace/logs,readonly
      --mount type=bind,source=HOME/data/sessions/main/.claude,target=/home/node/.claude
      --mount type=bind,source=HOME/container/skills,target=/workspace/skills/.claude/skills,readonly
      --mount type=bind,source=HOME/data/ipc/main/r1,target=/workspace/ipc,readonly
      --mount type=bind,source=HOME/data/ipc/main/r1/messages,target=/workspace/ipc/messages
      --mount type=bind,source=HOME/data/ipc/main/r1/tasks,target=/workspace/ipc/tasks
      --mount type=bind,source=HOME/data/ipc/main/r1/input,target=/workspace/ipc/input
      agent:test
      """;

  private static final String OTHER =
      """
      --mount type=bind,source=HOME/groups/family,target=/workspace/group
      --mount type=bind,source=HOME/data/logs/family,target=/workspace/logs,readonly
      --mount type=bind,source=HOME/groups/global,target=/workspace/global,readonly
      --mount type=bind,source=HOME/data/sessions/family/.claude,target=/home/node/.claude
      --mount type=bind,source=HOME/container/skills,target=/workspace/skills/.claude/skills,readonly
      --mount type=bind,source=HOME/data/ipc/family/r1,target=/workspace/ipc,readonly
      --mount type=bind,source=HOME/data/ipc/family/r1/messages,target=/workspace/ipc/messages
      --mount type=bind,source=HOME/data/ipc/family/r1/tasks,target=/workspace/ipc/tasks
      --mount type=bind,source=HOME/data/ipc/family/r1/input,target=/workspace/ipc/input
      agent:test
      """;

  @TempDir Path home;

  @BeforeEach
  void skills() throws IOException {
    Files.createDirectories(home.resolve("container/skills"));
  }

  static Stream<Arguments> enginesAndGroups() {
    return BEGIN.keySet().stream()
        .sorted()
        .flatMap(it -> Stream.of(Arguments.of(it, "main"), Arguments.of(it, "family")));
  }

  @ParameterizedTest
  @MethodSource("enginesAndGroups")
  void aContainerIsStartedSo(String engine, String folder) throws IOException {
    String mounts = folder.equals("main") ? MAIN : OTHER;

    assertThat(lines(command(engine, folder, Optional.empty())))
        .isEqualTo(BEGIN.get(engine) + mounts);
    assertThat(lines(command(engine, folder, Optional.of("lan"))))
        .isEqualTo(BEGIN.get(engine) + "--network lan\n" + mounts);
  }

  private List<String> command(String name, String folder, Optional<String> network)
      throws IOException {
    Group group =
        new Group(
            new ChatJid(folder + "@local"),
            folder,
            new GroupFolder(folder),
            Optional.empty(),
            true,
            folder.equals("main"),
            Optional.empty(),
            Instant.EPOCH);
    AgentRun run =
        new AgentRun(
            "r1",
            Lane.chat(group.folder()),
            "c",
            name,
            "n",
            0,
            Optional.empty(),
            Optional.empty(),
            Instant.EPOCH);
    AgentUser user = new AgentUser(1000, 1000, false);
    Settings.Paths paths =
        new Settings.Paths(home.resolve("store"), home.resolve("groups"), home.resolve("data"));
    GroupDirectories directories = new GroupDirectories(paths, new Home(home, home), user);
    RunFiles files = new RunFiles(paths.dataDir(), run);
    List<Mount> mounts =
        new ArrayList<>(
            directories.mounts(group, files.session(directories.sessionDirectory(group.folder()))));
    mounts.addAll(files.mounts());
    return engine(name)
        .runCommand(
            new ContainerSpec(
                "nanoclaw-x-r1",
                "agent:test",
                Map.of("nanoclaw.run", "r1"),
                mounts,
                user,
                "2g",
                2,
                512,
                network));
  }

  private ContainerEngine engine(String name) throws IOException {
    return switch (name) {
      case "docker" -> new DockerLikeEngine(Dialect.DOCKER, List.of("docker"));
      case "podman" -> new DockerLikeEngine(Dialect.PODMAN, List.of("podman"));
      case "podman, ordinary user" ->
          new DockerLikeEngine(Dialect.PODMAN_ROOTLESS, List.of("podman"));
      case "apple" -> new AppleEngine(List.of(version("1.2.2")));
      default -> new AppleEngine(List.of(version("0.12.3")));
    };
  }

  /// Apple's command line depends on the version of the program, which is asked.
  private String version(String version) throws IOException {
    Path program = home.resolve("container").resolve("container");
    Files.writeString(program, "#!/bin/sh\necho container CLI version " + version + "\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    return program.toString();
  }

  /// One argument list, with the line breaks of the texts above.
  private String lines(List<String> command) {
    return String.join(" ", command)
            .replace(home.resolve("container/container").toString(), "container")
            .replace(home.toString(), "HOME")
            .replaceAll(
                " (--label|--user(?= )|--cap-drop|--memory|--network|--mount|agent:test)", "\n$1")
            .replaceAll("(--user \\S+)\n--cap-drop ALL\n", "$1 --cap-drop ALL\n")
        + "\n";
  }
}
