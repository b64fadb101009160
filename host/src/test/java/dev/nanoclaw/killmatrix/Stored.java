package dev.nanoclaw.killmatrix;

import dev.nanoclaw.testing.Sql;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What the host left in its database and its directories.
final class Stored {

  private final Path home;
  private final Path database;
  private final Map<String, Message> messages = new HashMap<>();
  private final Map<String, Long> outputRead = new HashMap<>();
  private final Map<String, Set<String>> claims = new HashMap<>();
  private final Map<String, String> wholes = new HashMap<>();
  private final List<Input> inputs = new ArrayList<>();
  private final List<Row> outbox = new ArrayList<>();

  record Message(long seq) {}

  record Input(String key, String folder, long from, long to, String run, String state) {}

  /// A row of the outbox.
  record Row(String sourceId, String chat, String messageId, String state, String text) {

    boolean isOpen() {
      return state.equals("pending") || state.equals("sending");
    }
  }

  Stored(Path home) {
    this.home = home;
    this.database = home.resolve("store/messages.db");
    for (String[] it : rows("SELECT chat_jid, id, seq FROM messages WHERE is_bot_message = 0", 3)) {
      messages.put(it[0] + "/" + it[1], new Message(Long.parseLong(it[2])));
    }
    for (String[] it : rows("SELECT run_id, output_read FROM agent_runs", 2)) {
      outputRead.put(it[0], Long.parseLong(it[1]));
    }
    for (String[] it : rows("SELECT input_id, run_id FROM test_claims", 2)) {
      claims.computeIfAbsent(key(it[0]), _ -> new HashSet<>()).add(it[1]);
    }
    for (String[] it : rows("SELECT input_id, whole_id FROM test_parts", 2)) {
      wholes.put(key(it[0]), key(it[1]));
    }
    for (String[] it :
        rows("SELECT id, group_folder, from_seq, to_seq, run_id, state FROM agent_inputs", 6)) {
      inputs.add(
          new Input(key(it[0]), it[1], Long.parseLong(it[2]), Long.parseLong(it[3]), it[4], it[5]));
    }
    for (String[] it : rows("SELECT source_id, chat_jid, message_id, state, text FROM outbox", 5)) {
      outbox.add(new Row(it[0], it[1], it[2], it[3], it[4]));
    }
  }

  /// Lets a database remember every run that an input was in, of which the host's own tables know
  /// the last, and of which batch an input is a part.
  static void keepClaims(Path home) {
    String insert =
        " ON agent_inputs WHEN NEW.state = 'claimed'"
            + " BEGIN INSERT INTO test_claims VALUES (NEW.id, NEW.run_id); END";
    Sql.execute(
        home.resolve("store/messages.db"),
        "CREATE TABLE test_claims (input_id INTEGER, run_id TEXT)",
        "CREATE TRIGGER test_claims_first AFTER INSERT" + insert,
        "CREATE TRIGGER test_claims_again AFTER UPDATE OF run_id" + insert,
        "CREATE TABLE test_parts (input_id INTEGER, whole_id INTEGER)",
        "CREATE TRIGGER test_parts_made AFTER INSERT ON agent_inputs WHEN NEW.state = 'pending'"
            + " BEGIN INSERT INTO test_parts SELECT NEW.id, id FROM agent_inputs WHERE id <> NEW.id"
            + " AND group_folder = NEW.group_folder AND from_seq <= NEW.from_seq"
            + " AND to_seq >= NEW.to_seq; END");
  }

  private static String key(String id) {
    return "%012d".formatted(Long.parseLong(id));
  }

  private List<String[]> rows(String query, int columns) {
    return Sql.rows(database, query).stream().map(it -> it.split("\\|", columns)).toList();
  }

  Optional<Message> message(String chat, String id) {
    return Optional.ofNullable(messages.get(chat + "/" + id));
  }

  List<Input> inputs() {
    return inputs;
  }

  /// The inputs of the group that hold that message.
  List<Input> inputs(String folder, long seq) {
    return inputs.stream()
        .filter(it -> it.folder().equals(folder) && it.from() <= seq && seq <= it.to())
        .toList();
  }

  /// How far the output of a run was taken; 0 for a run that is not known.
  long outputRead(String run) {
    return outputRead.getOrDefault(run, 0L);
  }

  /// The input, and the batch of which it was a part.
  Set<String> keys(Input input) {
    Set<String> keys = new HashSet<>(Set.of(input.key()));
    Optional.ofNullable(wholes.get(input.key())).ifPresent(keys::add);
    return keys;
  }

  /// The runs that had the input.
  Set<String> claims(Input input) {
    return keys(input).stream()
        .flatMap(it -> claims.getOrDefault(it, Set.of()).stream())
        .collect(Collectors.toSet());
  }

  List<Row> outbox() {
    return outbox;
  }

  /// The ids of the inputs that were given up.
  List<String> deadLetters() {
    return Sql.rows(database, "SELECT input_id FROM dead_letters");
  }

  /// Whether the host has nothing to do any more.
  static boolean isQuiet(Path home) {
    return Sql.rows(
            home.resolve("store/messages.db"),
            """
            SELECT (SELECT count(*) FROM agent_runs WHERE state <> 'ended')
                 + (SELECT count(*) FROM agent_inputs WHERE state IN ('pending', 'claimed'))
                 + (SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending'))
                 + (SELECT count(*) FROM messages m JOIN registered_groups g ON g.jid = m.chat_jid
                     WHERE m.triggered AND m.seq > (SELECT coalesce(max(to_seq), 0)
                       FROM agent_inputs i WHERE i.group_folder = g.folder))
            """)
        .equals(List.of("0"));
  }

  /// What is not finished, and files of runs.
  List<String> open() {
    List<String> open = new ArrayList<>();
    Sql.rows(database, "SELECT run_id FROM agent_runs WHERE state <> 'ended'")
        .forEach(it -> open.add("run " + it));
    inputs.stream()
        .filter(it -> it.state().equals("claimed") || it.state().equals("pending"))
        .forEach(it -> open.add(it.toString()));
    outbox.stream().filter(Row::isOpen).forEach(it -> open.add(it.toString()));
    open.addAll(entries(home.resolve("data/runs")));
    entries(home.resolve("data/ipc")).forEach(it -> open.addAll(entries(Path.of(it))));
    return open;
  }

  private static List<String> entries(Path directory) {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> found = Files.list(directory)) {
      return found.map(Path::toString).toList();
    } catch (IOException e) {
      return List.of(e.toString());
    }
  }
}
