package dev.nanoclaw.container;

import dev.nanoclaw.config.Home;
import dev.nanoclaw.config.Settings;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Makes the directories of groups and says what a container of each sees.
///
/// Into a directory that containers write the host puts nothing: a new one is built aside and
/// renamed into its place.
public final class GroupDirectories {

  private final Settings.Paths paths;
  private final Home home;
  private final AgentUser user;

  public GroupDirectories(Settings.Paths paths, Home home, AgentUser user) {
    this.paths = paths;
    this.home = home;
    this.user = user;
  }

  /// A directory of a group that is missing, a link, or could not be made; the text is for the
  /// owner.
  public static final class DirectoryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    DirectoryException(String message) {
      super(message);
    }
  }

  /// Makes what the group does not have yet.
  ///
  /// @throws DirectoryException when one of its directories is not a plain directory, or the disk
  ///   refuses
  public void prepare(Group group) {
    try {
      newDirectory(groupDirectory(group.folder()), it -> fillGroup(it, group));
      newDirectory(sessionDirectory(group.folder()), _ -> {});
      Files.createDirectories(logDirectory(group.folder()));
      newDirectory(globalDirectory(), it -> copyTemplate("global", it));
    } catch (IOException e) {
      throw new DirectoryException(
          "the directories of group %s could not be made: %s".formatted(group.folder(), e));
    }
  }

  /// Gives a group directory that came with the program, not from [#prepare], to the agent. Only
  /// for a group that is being registered: no container has written there yet.
  ///
  /// @throws DirectoryException when it is not a plain directory, or cannot be given away
  public void handOver(GroupFolder folder) {
    Path directory = groupDirectory(folder);
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    requirePlainDirectory(directory);
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.toList()) {
        user.own(path);
      }
      Path logs = directory.resolve("logs");
      if (!Files.exists(logs, LinkOption.NOFOLLOW_LINKS)) {
        Files.createSymbolicLink(logs, logDirectory(folder));
      }
    } catch (IOException e) {
      throw new DirectoryException(
          "%s could not be given to the agent: %s".formatted(directory, e));
    }
  }

  /// Where the logs of the group's containers are.
  public Path logDirectory(GroupFolder folder) {
    return paths.dataDir().resolve("logs").resolve(folder.value());
  }

  /// What a container of the group sees of this machine, without the directories of the run itself.
  ///
  /// @param session of the run
  List<Mount> mounts(Group group, Path session) {
    List<Mount> mounts = new ArrayList<>();
    mounts.add(Mount.writable(groupDirectory(group.folder()), "/workspace/group"));
    mounts.add(Mount.readOnly(logDirectory(group.folder()), "/workspace/logs"));
    if (!group.main()) {
      mounts.add(Mount.readOnly(globalDirectory(), "/workspace/global"));
    }
    mounts.add(Mount.writable(session, "/home/node/.claude"));
    Path skills = home.program().resolve("container").resolve("skills");
    if (Files.isDirectory(skills)) {
      mounts.add(Mount.readOnly(skills, "/workspace/skills/.claude/skills"));
    }
    return mounts;
  }

  private Path groupDirectory(GroupFolder folder) {
    return paths.groupsDir().resolve(folder.value());
  }

  private Path globalDirectory() {
    return paths.groupsDir().resolve("global");
  }

  /// Where the session of the group's chat is.
  Path sessionDirectory(GroupFolder folder) {
    return paths.dataDir().resolve("sessions").resolve(folder.value()).resolve(".claude");
  }

  private void fillGroup(Path directory, Group group) throws IOException {
    if (group.main()) {
      copyTemplate("main", directory);
    } else {
      Path memory = directory.resolve("CLAUDE.md");
      user.own(Files.writeString(memory, firstMemory(group)));
    }
    Files.createSymbolicLink(directory.resolve("logs"), logDirectory(group.folder()));
  }

  private static String firstMemory(Group group) {
    return """
    # %s

    This is your memory of this chat. You read it whenever a conversation begins, and what you write into it lasts. Keep it short.

    - What always matters here (who is who, what they wish, how they like to be spoken to) goes below, one line each.
    - Anything longer goes into a file of its own in `/workspace/group`, with one line about it below.
    - Take out what is no longer true.

    ## What I know
    """
        .formatted(group.name());
  }

  private void copyTemplate(String folder, Path directory) throws IOException {
    Path template = home.program().resolve("groups").resolve(folder).resolve("CLAUDE.md");
    if (Files.isRegularFile(template)) {
      Path copy = directory.resolve("CLAUDE.md");
      Files.copy(template, copy);
      user.own(copy);
    }
  }

  @FunctionalInterface
  private interface Filler {
    void fill(Path directory) throws IOException;
  }

  private void newDirectory(Path directory, Filler filler) throws IOException {
    if (Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      requirePlainDirectory(directory);
      return;
    }
    Files.createDirectories(directory.getParent());
    Path aside = Files.createTempDirectory(directory.getParent(), ".new-");
    filler.fill(aside);
    user.own(aside);
    Files.move(aside, directory, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void requirePlainDirectory(Path directory) {
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      throw new DirectoryException(
          "%s is a link or a file, not a directory: the group is stopped until the owner puts it right"
              .formatted(directory));
    }
  }
}
