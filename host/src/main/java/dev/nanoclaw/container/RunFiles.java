package dev.nanoclaw.container;

import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.protocol.FollowUp;
import dev.nanoclaw.protocol.Json;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Set;

/// The directories of one run: `data/runs/<run>` with its output, which only the host sees,
/// `data/ipc/<group>/<run>`, through which files pass, and for an isolated task
/// `data/sessions/<group>/<run>`, its own session.
final class RunFiles {

  private static final List<String> WRITTEN_BY_AGENT = List.of("input", "messages", "tasks");

  private final Path dataDir;
  private final Path run;
  private final Path ipc;
  private final Path aside;
  private final Path given;
  private final Path taken;
  private final Path putAway;
  private final Path session;
  private final boolean ownSession;

  RunFiles(Path dataDir, AgentRun run) {
    this.dataDir = dataDir;
    this.run = dataDir.resolve("runs").resolve(run.runId());
    this.ipc = dataDir.resolve("ipc").resolve(run.group().value()).resolve(run.runId());
    this.aside = this.run.resolve("aside");
    this.given = this.run.resolve("given");
    this.taken = this.run.resolve("taken");
    this.putAway = this.run.resolve("put-away");
    this.session = dataDir.resolve("sessions").resolve(run.group().value()).resolve(run.runId());
    this.ownSession = run.lane().isIsolated();
  }

  void create(AgentUser user) throws IOException {
    Files.createDirectories(aside);
    Files.createDirectories(given);
    createTaken();
    Files.createDirectories(ipc.resolve("responses"));
    if (ownSession) {
      user.own(Files.createDirectories(session.resolve(".claude")));
    }
    for (String name : WRITTEN_BY_AGENT) {
      user.own(Files.createDirectories(ipc.resolve(name)));
    }
  }

  Path dataDir() {
    return dataDir;
  }

  /// Output, error output and exit code of the engine's CLI.
  Path directory() {
    return run;
  }

  /// Where the session of the run is.
  ///
  /// @param groups that of the group's chat
  Path session(Path groups) {
    return ownSession ? session.resolve(".claude") : groups;
  }

  List<Mount> mounts() {
    return List.of(
        Mount.readOnly(ipc, "/workspace/ipc"),
        Mount.writable(ipc.resolve("messages"), "/workspace/ipc/messages"),
        Mount.writable(ipc.resolve("tasks"), "/workspace/ipc/tasks"),
        Mount.writable(ipc.resolve("input"), "/workspace/ipc/input"));
  }

  /// Puts a follow-up where the agent looks for it: whole, or not at all.
  void put(FollowUp followUp) throws IOException {
    put(followUp.id() + ".json", Json.line(followUp));
  }

  /// Remembers that an input was handed over. A run of an earlier version keeps no such record.
  void markGiven(String id) throws IOException {
    if (Files.isDirectory(given)) {
      Files.writeString(given.resolve(id), "");
    }
  }

  /// Forgets what was handed over and is not among these any more: it may be handed over again.
  void keepMarks(Set<String> ids) throws IOException {
    if (Files.isDirectory(given)) {
      try (DirectoryStream<Path> marks =
          Files.newDirectoryStream(given, it -> !ids.contains(it.getFileName().toString()))) {
        for (Path mark : marks) {
          Files.delete(mark);
        }
      }
    }
  }

  /// Whether an input was handed over. If the host died over that it says no, once too often rather
  /// than once too little; the agent knows what it has. A run without a record got everything.
  boolean wasGiven(String id) {
    return !Files.isDirectory(given) || Files.exists(given.resolve(id));
  }

  /// Whether the agent has taken an input that was handed over.
  boolean wasTaken(String id) {
    return wasGiven(id)
        && !Files.exists(ipc.resolve("input").resolve(id + ".json"), LinkOption.NOFOLLOW_LINKS);
  }

  /// Asks the agent to finish.
  void putClose() throws IOException {
    put(FollowUp.CLOSE, "");
  }

  /// Asks the agent to break off what it is doing.
  void putInterrupt() throws IOException {
    put(FollowUp.INTERRUPT, "");
  }

  private void put(String name, String content) throws IOException {
    put("input", name, content);
  }

  private void put(String directory, String name, String content) throws IOException {
    Path file = Files.writeString(aside.resolve(name), content);
    Files.move(file, ipc.resolve(directory).resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  /// Where the agent puts what is for the host.
  List<Path> forHost() {
    return List.of(ipc.resolve("messages"), ipc.resolve("tasks"));
  }

  /// Where it is taken to.
  Path taken() {
    return taken;
  }

  /// Where is put what cannot be removed at once.
  Path putAway() {
    return putAway;
  }

  /// A run of an earlier version has no such directories.
  void createTaken() throws IOException {
    Files.createDirectories(taken);
    Files.createDirectories(putAway);
  }

  void putResponse(String id, String json) throws IOException {
    put("responses", id + ".json", json);
  }

  void removeResponse(String id) throws IOException {
    Files.deleteIfExists(ipc.resolve("responses").resolve(id + ".json"));
  }

  /// Removes everything of the run. Its container must be gone.
  void delete() throws IOException {
    Trees.delete(ipc);
    Trees.delete(session);
    Trees.delete(run);
  }
}
