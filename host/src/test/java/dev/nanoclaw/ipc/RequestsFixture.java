package dev.nanoclaw.ipc;

import dev.nanoclaw.config.Home;
import dev.nanoclaw.container.AgentFiles;
import dev.nanoclaw.container.AgentUser;
import dev.nanoclaw.container.GroupDirectories;
import dev.nanoclaw.db.ChatStore;
import dev.nanoclaw.db.Database;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.db.HandledFiles;
import dev.nanoclaw.db.OutboxStore;
import dev.nanoclaw.db.RunStore;
import dev.nanoclaw.db.TaskStore;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.ChatFormat;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.protocol.AgentResponse;
import dev.nanoclaw.protocol.Json;
import dev.nanoclaw.router.FilesFromAgent.Taken;
import dev.nanoclaw.router.Registrations;
import dev.nanoclaw.scheduler.Tasks;
import dev.nanoclaw.testing.ManualClock;
import dev.nanoclaw.testing.Samples;
import dev.nanoclaw.testing.Sql;
import dev.nanoclaw.testing.TestSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/// A host without containers: groups `main`, `family` and `work`, a run of each, one of `gone`,
/// which is not registered, and a chat that nobody has registered.
final class RequestsFixture implements AutoCloseable {

  static final Group MAIN = Samples.mainGroup();
  static final Group FAMILY = Samples.group("family");
  static final Group WORK = Samples.group("work");
  static final Group GONE = Samples.group("gone");
  static final ChatJid TRIP = new ChatJid("trip@g.us");

  /// A text with this cannot be formatted.
  static final String BUG = "a bug";

  final Path home;
  final Path file;
  final ManualClock clock = new ManualClock();
  final Database database;
  final ChatStore chats;
  final GroupStore groups;
  GroupRefresh.Channels channels = () -> {};
  final AgentRequests requests;
  private final Map<Group, AgentFiles> files = new HashMap<>();
  private int count;

  RequestsFixture(Path home) {
    this.home = home;
    TestSettings settings = new TestSettings(home);
    Path store = settings.paths().storeDir();
    file = store.resolve("messages.db");
    database = Database.open(store);
    chats = new ChatStore(database);
    groups = new GroupStore(database);
    ChatFormat format =
        (_, text) -> {
          if (text.contains(BUG)) {
            throw new IllegalArgumentException("nobody thought of that");
          }
          return List.of(text);
        };
    groups.add(MAIN, "local");
    groups.add(FAMILY, "whatsapp");
    groups.add(WORK, "whatsapp");
    chats.nameGroups("whatsapp", Map.of(TRIP, "Trip"));
    requests =
        new AgentRequests(
            new AgentRequests.Parts(
                new HandledFiles(database),
                new RunStore(database, format, Samples.TASK_RULES),
                new OutboxStore(database),
                groups,
                new Tasks(
                    new TaskStore(database, format, Samples.TASK_RULES),
                    Samples.TASK_RULES,
                    clock,
                    () -> {},
                    _ -> {}),
                new Registrations(
                    chats,
                    groups,
                    it -> it.value().endsWith("@g.us") ? Optional.of("whatsapp") : Optional.empty(),
                    clock),
                new GroupDirectories(
                    settings.paths(), new Home(home, home), AgentUser.ofThisProcess()),
                () -> channels.refreshGroups(),
                "Andy"),
            clock);
    for (Group group : List.of(MAIN, FAMILY, WORK, GONE)) {
      make(group);
      restart(group);
    }
  }

  static AgentRun run(Group group) {
    return Samples.run(group, "run-" + group.folder());
  }

  private void make(Group group) {
    AgentRun run = run(group);
    Sql.execute(
        file,
        "INSERT INTO agent_runs (run_id, group_folder, context, container, engine, nonce, state, started_at) VALUES ('%s', '%s', 'chat', '%s', 'docker', 'n', 'running', '2026-03-01T12:00:00.000Z')"
            .formatted(run.runId(), group.folder(), run.container()));
    try {
      Files.createDirectories(data("runs", run.runId(), "aside"));
      for (String name : List.of("messages", "tasks", "responses")) {
        Files.createDirectories(ipc(group, name));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// As if another host took over.
  void restart(Group group) {
    files.put(group, new AgentFiles(home.resolve("data"), run(group)));
  }

  Path data(String... names) {
    return home.resolve("data").resolve(String.join("/", names));
  }

  Path ipc(Group group, String name) {
    return data("ipc", group.folder().value(), run(group).runId(), name);
  }

  Taken take(Group group) {
    return requests.take(run(group), group, Objects.requireNonNull(files.get(group)));
  }

  /// @return the id of the request
  String put(Group group, String json) {
    String id = "id-%06d".formatted(++count);
    write(
        ipc(group, json.contains("\"message\"") ? "messages" : "tasks").resolve(id + ".json"),
        json.replaceFirst("\\{", "{\"request_id\":\"" + id + "\","));
    return id;
  }

  static void write(Path path, String text) {
    try {
      Files.writeString(path, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  AgentResponse ask(Group group, String json) {
    String id = put(group, json);
    var _ = take(group);
    return response(group, id);
  }

  AgentResponse response(Group group, String id) {
    try {
      return Json.read(
          Files.readString(ipc(group, "responses").resolve(id + ".json")), AgentResponse.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<String> rows(String query) {
    return Sql.rows(file, query);
  }

  List<String> names(Path directory) {
    if (!Files.exists(directory)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(directory)) {
      return all.map(it -> it.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    database.close();
  }
}
