package dev.nanoclaw.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Where things are: fixed in a container, elsewhere by environment variables.
///
/// @param workspace what the host mounts: `group`, `ipc`, and where present `skills`, `global`,
///   `extra`
/// @param claude the program of Claude Code
/// @param configDirectory its settings and sessions
record RunnerPaths(Path workspace, Path claude, Path configDirectory) {

  private static final long FULL = 64L * 1024;

  static RunnerPaths from(Map<String, String> environment) {
    return new RunnerPaths(
        Path.of(environment.getOrDefault("NANOCLAW_WORKSPACE", "/workspace")),
        Path.of(environment.getOrDefault("NANOCLAW_CLAUDE", "/usr/local/bin/claude")),
        Path.of(environment.getOrDefault("CLAUDE_CONFIG_DIR", "/home/node/.claude")));
  }

  Path group() {
    return workspace.resolve("group");
  }

  /// Whether nothing more can be written where Claude Code has to write.
  boolean diskFull() {
    return Stream.of(group(), configDirectory).anyMatch(it -> it.toFile().getUsableSpace() < FULL);
  }

  Path input() {
    return workspace.resolve("ipc/input");
  }

  /// Where the host looks for what the agent wants to say.
  Path messages() {
    return workspace.resolve("ipc/messages");
  }

  /// Where the host looks for what else the agent asks for.
  Path tasks() {
    return workspace.resolve("ipc/tasks");
  }

  /// Where the host answers; not to be written here.
  Path responses() {
    return workspace.resolve("ipc/responses");
  }

  /// Memory that all groups share.
  Path global() {
    return workspace.resolve("global");
  }

  /// The directories beside the group's own in which Claude Code may work, in a fixed order.
  List<Path> additional() {
    List<Path> found = new ArrayList<>(List.of(workspace.resolve("skills"), global()));
    Path extra = workspace.resolve("extra");
    if (Files.isDirectory(extra)) {
      try (Stream<Path> entries = Files.list(extra)) {
        entries.sorted().forEach(found::add);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    found.removeIf(it -> !Files.isDirectory(it));
    return found;
  }
}
