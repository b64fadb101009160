package dev.nanoclaw.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nanoclaw.config.Home;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.testing.Samples;
import dev.nanoclaw.testing.TestSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GroupDirectoriesTest {

  private static final Group FAMILY = Samples.group("family");
  private static final Group MAIN = Samples.mainGroup();

  @TempDir private Path home;
  private GroupDirectories directories;

  @BeforeEach
  void make() throws IOException {
    Files.createDirectories(home.resolve("program/groups/main"));
    Files.writeString(home.resolve("program/groups/main/CLAUDE.md"), "you are");
    directories = directories(AgentUser.ofThisProcess());
  }

  private GroupDirectories directories(AgentUser user) {
    return new GroupDirectories(
        new TestSettings(home).paths(), new Home(home, home.resolve("program")), user);
  }

  private List<String> entries(String directory) throws IOException {
    try (Stream<Path> files = Files.list(home.resolve(directory))) {
      return files.map(it -> it.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void aNewGroupGetsItsDirectoriesAndNothingIsLeftAside() throws IOException {
    directories.prepare(FAMILY);
    directories.prepare(MAIN);
    assertThat(entries("groups")).containsExactly("family", "global", "main");
    assertThat(entries("groups/family")).containsExactly("CLAUDE.md", "logs");
    assertThat(home.resolve("groups/family/CLAUDE.md")).content().startsWith("# family\n");
    assertThat(entries("groups/main")).containsExactly("CLAUDE.md", "logs");
    assertThat(entries("data/sessions/family")).containsExactly(".claude");
    assertThat(Files.readSymbolicLink(home.resolve("groups/family/logs")))
        .isEqualTo(directories.logDirectory(FAMILY.folder()))
        .isDirectory();
  }

  @Test
  void whatAnAgentWritesBelongsToTheAgentsUser() throws IOException {
    directories.prepare(MAIN);
    directories.prepare(FAMILY);
    AgentUser user = AgentUser.ofThisProcess();
    for (String it :
        List.of(
            "groups/main",
            "groups/main/CLAUDE.md",
            "groups/family/CLAUDE.md",
            "data/sessions/main/.claude")) {
      assertThat(Files.getAttribute(home.resolve(it), "unix:uid"))
          .as(it)
          .isEqualTo((int) user.uid());
    }
    assertThat(Files.getAttribute(home.resolve("data/sessions/main"), "unix:uid"))
        .as("its parent stays the host's")
        .isEqualTo(Files.getAttribute(home, "unix:uid"));
  }

  @Test
  void anExistingDirectoryIsLeftAsItIs() throws IOException {
    Path own = Files.createDirectories(home.resolve("groups/main"));
    Object before = Files.getAttribute(own, "unix:uid");
    directories.prepare(MAIN);
    assertThat(entries("groups/main")).isEmpty();
    assertThat(Files.getAttribute(own, "unix:uid")).isEqualTo(before);
  }

  @Test
  void aFolderThatBecameALinkOrAFileStopsTheGroup() throws IOException {
    directories.prepare(FAMILY);
    Path folder = home.resolve("groups/family");
    for (Path target : List.of(home, home.resolve("nowhere"))) {
      Trees.delete(folder);
      Files.createSymbolicLink(folder, target);
      assertThatThrownBy(() -> directories.prepare(FAMILY))
          .isInstanceOf(GroupDirectories.DirectoryException.class)
          .hasMessageContaining(folder + " is a link or a file, not a directory");
    }
    Files.delete(folder);
    Files.writeString(folder, "");
    assertThatThrownBy(() -> directories.prepare(FAMILY)).hasMessageContaining("not a directory");
    Files.delete(folder);
    directories.prepare(FAMILY);
    Path session = home.resolve("data/sessions/family/.claude");
    Trees.delete(session);
    Files.createSymbolicLink(session, home);
    assertThatThrownBy(() -> directories.prepare(FAMILY)).hasMessageContaining("sessions");
  }

  @Test
  void aDirectoryThatCannotBeMadeIsTold() throws IOException {
    Files.writeString(home.resolve("groups"), "a file");
    assertThatThrownBy(() -> directories.prepare(FAMILY))
        .isInstanceOf(GroupDirectories.DirectoryException.class)
        .hasMessageContaining("the directories of group family could not be made");
  }

  @Test
  void aContainerSeesItsGroupAndOnlyOthersThanMainTheGlobalMemory() throws IOException {
    assertThat(
            directories.mounts(FAMILY, directories.sessionDirectory(FAMILY.folder())).stream()
                .map(Mount::argument))
        .containsExactly(
            "type=bind,source=%s/groups/family,target=/workspace/group".formatted(home),
            "type=bind,source=%s/data/logs/family,target=/workspace/logs,readonly".formatted(home),
            "type=bind,source=%s/groups/global,target=/workspace/global,readonly".formatted(home),
            "type=bind,source=%s/data/sessions/family/.claude,target=/home/node/.claude"
                .formatted(home));
    Files.createDirectories(home.resolve("program/container/skills"));
    assertThat(
            directories.mounts(MAIN, directories.sessionDirectory(MAIN.folder())).stream()
                .map(Mount::argument))
        .containsExactly(
            "type=bind,source=%s/groups/main,target=/workspace/group".formatted(home),
            "type=bind,source=%s/data/logs/main,target=/workspace/logs,readonly".formatted(home),
            "type=bind,source=%s/data/sessions/main/.claude,target=/home/node/.claude"
                .formatted(home),
            "type=bind,source=%s/program/container/skills,target=/workspace/skills/.claude/skills,readonly"
                .formatted(home));
  }

  @Test
  void treesAreCopiedAndDeletedWithoutFollowingLinks() throws IOException {
    Path outside = Files.createDirectories(home.resolve("outside"));
    Files.writeString(outside.resolve("precious"), "x");
    Path tree = Files.createDirectories(home.resolve("tree/deep/er"));
    Files.writeString(tree.resolve("run"), "#!").toFile().setExecutable(true);
    Files.createSymbolicLink(home.resolve("tree/directory"), outside);
    Files.createSymbolicLink(home.resolve("tree/file"), outside.resolve("precious"));
    Files.createSymbolicLink(home.resolve("tree/dangling"), home.resolve("nowhere"));

    Path copy = home.resolve("copy");
    Trees.copy(home.resolve("tree"), copy);
    assertThat(copy.resolve("deep/er/run")).hasContent("#!").isExecutable();
    for (String it : List.of("directory", "file", "dangling")) {
      assertThat(Files.isSymbolicLink(copy.resolve(it))).as(it).isTrue();
    }
    Trees.delete(home.resolve("tree"));
    Trees.delete(copy);
    Trees.delete(home.resolve("never there"));
    assertThat(Files.exists(home.resolve("tree"), LinkOption.NOFOLLOW_LINKS)).isFalse();
    assertThat(copy).doesNotExist();
    assertThat(outside.resolve("precious")).hasContent("x");
    Path link = Files.createSymbolicLink(home.resolve("link"), outside);
    Trees.delete(link);
    assertThat(outside.resolve("precious")).hasContent("x");
  }
}
