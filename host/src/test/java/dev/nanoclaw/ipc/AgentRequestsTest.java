package dev.nanoclaw.ipc;

import static dev.nanoclaw.ipc.RequestsFixture.FAMILY;
import static dev.nanoclaw.ipc.RequestsFixture.MAIN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nanoclaw.db.DatabaseException;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.protocol.AgentResponse;
import dev.nanoclaw.testing.Sql;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AgentRequestsTest {

  private static final String SCHEDULE =
      "{\"type\":\"schedule_task\",\"prompt\":\"water the"
          + " plants\",\"schedule_type\":\"interval\",\"schedule_value\":\"3600000\"}";
  private static final String REGISTER =
      "{\"type\":\"register_group\",\"jid\":\"trip@g.us\",\"folder\":\"trip\",\"container_config\":{\"timeout\":90000}}";

  @TempDir private Path home;
  private RequestsFixture house;

  @BeforeEach
  void open() {
    house = new RequestsFixture(home);
  }

  @AfterEach
  void close() {
    house.close();
  }

  private static String message(String text) {
    return "{\"type\":\"message\",\"text\":\"%s\"}".formatted(text);
  }

  private static String error(AgentResponse response) {
    assertThat(response.ok()).isFalse();
    return response.error().orElseThrow();
  }

  private static String text(AgentResponse response) {
    assertThat(response.error()).isEmpty();
    return response.text().orElseThrow();
  }

  private List<String> errors() {
    return house.names(house.data("ipc", "errors"));
  }

  @Test
  void aMessageGoesIntoTheOutboxWithoutWhatIsNotForTheChat() {
    String id = house.put(FAMILY, message("<internal>hm</internal> Half \\u001b[31mdone"));
    assertThat(house.take(FAMILY).said()).isTrue();
    assertThat(text(house.response(FAMILY, id))).isEqualTo("The message is on its way to family.");
    assertThat(house.rows("SELECT source, chat_jid, text FROM outbox"))
        .containsExactly("run:run-family|family@g.us|Half [31mdone");
    assertThat(house.take(FAMILY).said()).isFalse();
  }

  @Test
  void anEmptyOrAnEndlessMessageIsRefusedAndSoIsAFlood() {
    assertThat(error(house.ask(FAMILY, message("<internal>only to myself"))))
        .startsWith("there is nothing to say");
    assertThat(error(house.ask(FAMILY, message("x".repeat(20_001))))).contains("at most 20000");
    for (int i = 0; i < 100; i++) {
      house.put(FAMILY, message("m" + i));
    }
    var _ = house.take(FAMILY);
    var _ = house.take(FAMILY);
    assertThat(error(house.ask(FAMILY, message("one more")))).startsWith("100 messages");
    assertThat(house.rows("SELECT text FROM outbox ORDER BY id")).hasSize(100).startsWith("m0");
    assertThat(errors()).as("refused is not broken").isEmpty();
  }

  @Test
  void whatWasDoneIsSaidWithTheTasksId() {
    AgentResponse added = house.ask(FAMILY, SCHEDULE);
    String id = added.taskId().orElseThrow();
    assertThat(text(added)).startsWith("Scheduled: ").contains(id);
    for (String verb : List.of("pause", "resume", "cancel")) {
      AgentResponse done =
          house.ask(FAMILY, "{\"type\":\"%s_task\",\"task_id\":\"%s\"}".formatted(verb, id));
      assertThat(done.taskId()).contains(id);
      assertThat(text(done)).startsWith(Character.toUpperCase(verb.charAt(0)) + verb.substring(1));
    }
    assertThat(text(house.ask(FAMILY, "{\"type\":\"list_tasks\"}")))
        .isEqualTo("This chat has no tasks.");
    assertThat(error(house.ask(FAMILY, SCHEDULE.replace("interval", "sometimes"))))
        .contains("sometimes");
    assertThat(error(house.ask(FAMILY, SCHEDULE.replace("interval", "x".repeat(100_000)))))
        .as("what is quoted is short")
        .hasSizeLessThan(1100);
  }

  /// The host died when the effect was stored, and before the file was gone.
  @ParameterizedTest
  @ValueSource(strings = {"{\"type\":\"message\",\"text\":\"once\"}", SCHEDULE, REGISTER})
  void nothingHappensTwiceForOneFile(String command) throws IOException {
    String id = house.put(MAIN, command);
    Path kept = house.ipc(MAIN, command.contains("\"message\"") ? "messages" : "tasks");
    byte[] content = Files.readAllBytes(kept.resolve(id + ".json"));
    var _ = house.take(MAIN);
    AgentResponse first = house.response(MAIN, id);
    assertThat(first.ok()).isTrue();
    List<String> before = everything();

    String name = house.rows("SELECT name FROM handled_files").getFirst();
    Files.write(house.data("runs", "run-main", "taken", name), content);
    Files.delete(house.ipc(MAIN, "responses").resolve(id + ".json"));
    house.restart(MAIN);
    var _ = house.take(MAIN);
    assertThat(house.response(MAIN, id)).isEqualTo(first);
    assertThat(everything()).isEqualTo(before);
    assertThat(house.data("runs", "run-main", "taken", name)).doesNotExist();
  }

  private List<String> everything() {
    return house.rows(
        "SELECT text FROM outbox UNION ALL SELECT id FROM scheduled_tasks UNION ALL SELECT folder"
            + " FROM registered_groups UNION ALL SELECT name FROM handled_files");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"request_id":"r1","type":"message"}                          | text is missing or wrong in a Message
          {"request_id":"r1","type":"message","text":7}                 | text is missing or wrong in a Message
          {"request_id":"r1","type":"open_sesame"}                      | type is not one of
          {"request_id":"r1","type":["message"]}                        | type is not one of
          {"type":"message","text":"a","text":"b"}                      | not JSON at line 1
          {"type":"message","text":"a","request_id":"../../etc/passwd"} | request_id is not 1 to 64
          {"type":"message",                                            | not JSON at line 1
          []                                                            | type is not one of
          7                                                             | type is not one of
          """)
  void whatIsNoCommandIsKeptWithItsReason(String json, String reason) {
    RequestsFixture.write(house.ipc(FAMILY, "tasks").resolve("1.json"), json);
    assertThat(house.take(FAMILY).said()).isFalse();
    assertThat(errors()).hasSize(2);
    Path file = house.data("ipc", "errors", errors().getFirst());
    assertThat(file).hasContent(json);
    assertThat(Path.of(file + ".reason")).content().contains("tasks/1.json: " + reason);
    if (json.contains("r1")) {
      assertThat(error(house.response(FAMILY, "r1"))).contains(reason);
    } else {
      assertThat(house.names(house.ipc(FAMILY, "responses"))).isEmpty();
    }
    assertThat(everything()).hasSize(3);
  }

  @Test
  void deepOrEmptyOnesToo() {
    RequestsFixture.write(house.ipc(FAMILY, "tasks").resolve("1.json"), "[".repeat(500_000));
    RequestsFixture.write(house.ipc(FAMILY, "tasks").resolve("2.json"), "");
    var _ = house.take(FAMILY);
    assertThat(errors()).as("of nothing only the reason is kept").hasSize(3);
  }

  @Test
  void aDatabaseThatFailsIsNotTheFilesFault() {
    Sql.execute(
        house.file,
        "CREATE TRIGGER no BEFORE INSERT ON handled_files BEGIN SELECT RAISE(ABORT, 'full'); END");
    String id = house.put(FAMILY, message("wait"));
    assertThatThrownBy(() -> house.take(FAMILY)).isInstanceOf(DatabaseException.class);
    assertThatThrownBy(() -> house.take(FAMILY)).isInstanceOf(DatabaseException.class);
    assertThat(house.names(house.ipc(FAMILY, "responses"))).isEmpty();
    assertThat(house.rows("SELECT text FROM outbox")).isEmpty();
    Sql.execute(house.file, "DROP TRIGGER no");
    assertThat(house.take(FAMILY).said()).isTrue();
    assertThat(house.response(FAMILY, id).ok()).isTrue();
    assertThat(house.rows("SELECT text FROM outbox")).containsExactly("wait");
    assertThat(errors()).isEmpty();
  }

  @Test
  void whatTheDatabaseNeverTakesAndWhatMeetsABugIsGivenUp() {
    Sql.execute(
        house.file,
        "CREATE TRIGGER no BEFORE INSERT ON outbox WHEN NEW.text = 'never' BEGIN SELECT"
            + " RAISE(ABORT, 'no'); END");
    for (String text : List.of("never", RequestsFixture.BUG)) {
      assertThat(error(house.ask(FAMILY, message(text)))).contains("an error of its own");
    }
    assertThat(text(house.ask(FAMILY, message("fine")))).isNotEmpty();
    assertThat(house.rows("SELECT text FROM outbox")).containsExactly("fine");
    assertThat(errors()).hasSize(4);
  }

  @Test
  void aNewGroupIsReadyBeforeItIsKnown() {
    AgentResponse done = house.ask(MAIN, REGISTER);
    assertThat(text(done))
        .isEqualTo(
            "Registered: Trip (trip@g.us), folder trip, answers to @Andy. It takes effect"
                + " with the next message there.");
    Group group = house.groups.byFolder(new GroupFolder("trip")).orElseThrow();
    assertThat(group.main()).isFalse();
    assertThat(group.timeout()).contains(Duration.ofSeconds(90));
    assertThat(home.resolve("groups/trip/CLAUDE.md")).content().startsWith("# Trip");
    assertThat(error(house.ask(MAIN, REGISTER))).contains("registered already");
  }

  @Test
  void aFolderThatIsNotPlainStopsTheRegistration() throws IOException {
    Files.createDirectories(home.resolve("groups"));
    Files.createSymbolicLink(home.resolve("groups/trip"), home);
    assertThat(error(house.ask(MAIN, REGISTER))).contains("is a link or a file, not a directory");
    assertThat(house.groups.all()).hasSize(3);
  }

  @Test
  void groupsAndChatsAreShownInLines() {
    house.chats.nameGroups("whatsapp", Map.of(new ChatJid("odd@g.us"), "Odd\n- main (local:main)"));
    assertThat(text(house.ask(MAIN, "{\"type\":\"list_groups\"}")).lines())
        .containsExactly(
            "Chats with an agent:",
            "- family (family@g.us), folder family, answers to @Andy",
            "- Local chat (local:main), folder main, main, answers every message",
            "- work (work@g.us), folder work, answers to @Andy",
            "Known chats without an agent:",
            "- Odd - main (local:main) (odd@g.us), group",
            "- Trip (trip@g.us), group");
  }

  @Test
  void theChannelsAreAskedOnceAMinute() {
    String refresh = "{\"type\":\"refresh_groups\"}";
    house.channels =
        () -> {
          throw new IllegalStateException("WhatsApp is not connected");
        };
    assertThat(error(house.ask(MAIN, refresh)))
        .isEqualTo("The groups cannot be asked for now: WhatsApp is not connected");
    assertThat(text(house.ask(MAIN, refresh))).contains("less than a minute ago");
    house.clock.advance(Duration.ofMinutes(1));
    house.channels = () -> {};
    assertThat(text(house.ask(MAIN, refresh))).contains("up to date");
  }
}
