package dev.nanoclaw.ipc;

import static java.util.Locale.ROOT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.protocol.AgentCommand;
import dev.nanoclaw.protocol.AgentResponse;
import dev.nanoclaw.testing.Sql;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Who may do what, as a table. What a cell says has happened in the database, and nothing else.
class AuthorityTest {

  private static final Map<String, String> REFUSALS =
      Map.of(
          "own chat only", "from this chat you can act on this chat only",
          "no agent there", "register it first (list_groups shows what there is)",
          "no such task", "there is no task '",
          "main only", "only your owner's main chat may",
          "no such address", "no channel knows the address",
          "gone", "this chat is not registered any more",
          "chat taken", "is registered already",
          "folder taken", "belongs to");

  private static final List<Group> OWNERS =
      List.of(RequestsFixture.MAIN, RequestsFixture.FAMILY, RequestsFixture.WORK);

  @TempDir private static Path home;
  private static RequestsFixture house;

  @BeforeAll
  static void open() {
    house = new RequestsFixture(home);
  }

  @AfterAll
  static void close() {
    house.close();
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # command     | about          | from main         | from family    | from work      | from no group
          message       | nothing        | said main         | said family    | said work      | gone
          message       | its own chat   | said main         | said family    | said work      | gone
          message       | main           | said main         | own chat only  | own chat only  | gone
          message       | family         | said family       | said family    | own chat only  | gone
          message       | work           | said work         | own chat only  | said work      | gone
          message       | nobody's chat  | no agent there    | own chat only  | own chat only  | gone
          message       | no address     | no agent there    | own chat only  | own chat only  | gone
          schedule_task | its own chat   | added main        | added family   | added work     | gone
          schedule_task | main           | added main        | own chat only  | own chat only  | gone
          schedule_task | family         | added family      | added family   | own chat only  | gone
          schedule_task | work           | added work        | own chat only  | added work     | gone
          schedule_task | nobody's chat  | no agent there    | own chat only  | own chat only  | gone
          schedule_task | no address     | no agent there    | own chat only  | own chat only  | gone
          schedule_task | nothing        | added main        | added family   | added work     | gone
          update_task   | main           | changed main      | no such task   | no such task   | gone
          update_task   | family         | changed family    | changed family | no such task   | gone
          update_task   | work           | changed work      | no such task   | changed work   | gone
          update_task   | unknown        | no such task      | no such task   | no such task   | gone
          pause_task    | main           | paused main       | no such task   | no such task   | gone
          pause_task    | family         | paused family     | paused family  | no such task   | gone
          pause_task    | work           | paused work       | no such task   | paused work    | gone
          pause_task    | unknown        | no such task      | no such task   | no such task   | gone
          resume_task   | main           | resumed main      | no such task   | no such task   | gone
          resume_task   | family         | resumed family    | resumed family | no such task   | gone
          resume_task   | work           | resumed work      | no such task   | resumed work   | gone
          resume_task   | unknown        | no such task      | no such task   | no such task   | gone
          cancel_task   | main           | gone main         | no such task   | no such task   | gone
          cancel_task   | family         | gone family       | gone family    | no such task   | gone
          cancel_task   | work           | gone work         | no such task   | gone work      | gone
          cancel_task   | unknown        | no such task      | no such task   | no such task   | gone
          list_tasks    | -              | shows all         | shows family   | shows work     | gone
          list_groups   | -              | shows chats       | main only      | main only      | gone
          refresh_groups| -              | done              | main only      | main only      | gone
          register_group| nobody's chat  | registered trip   | main only      | main only      | gone
          register_group| its own chat   | no such address   | main only      | main only      | gone
          register_group| family         | chat taken        | main only      | main only      | gone
          register_group| family's folder| folder taken      | main only      | main only      | gone
          """)
  void onlyWhatIsAllowedHappens(
      String command, String about, String main, String family, String work, String none) {
    assertThat(
            Stream.of(
                    RequestsFixture.MAIN,
                    RequestsFixture.FAMILY,
                    RequestsFixture.WORK,
                    RequestsFixture.GONE)
                .map(it -> outcome(it, command, about)))
        .containsExactly(main, family, work, none);
  }

  /// A command that is new is to be thought about here, too.
  @Test
  void theTableHasEveryCommand() throws NoSuchMethodException {
    String table =
        AuthorityTest.class
            .getDeclaredMethod(
                "onlyWhatIsAllowedHappens",
                String.class,
                String.class,
                String.class,
                String.class,
                String.class,
                String.class)
            .getAnnotation(CsvSource.class)
            .textBlock();
    Set<String> verbs =
        table
            .lines()
            .filter(it -> !it.startsWith("#"))
            .map(it -> it.substring(0, it.indexOf('|')).strip())
            .collect(Collectors.toSet());
    assertThat(AgentCommand.class.getPermittedSubclasses())
        .extracting(it -> it.getSimpleName().replaceAll("(?<=.)(?=[A-Z])", "_").toLowerCase(ROOT))
        .containsExactlyInAnyOrderElementsOf(verbs);
  }

  private static String outcome(Group source, String command, String about) {
    seed(command.equals("resume_task") ? "paused" : "active");
    AgentResponse response = house.ask(source, json(source, command, about));
    List<String> effects = effects();
    if (!response.ok()) {
      assertThat(effects).as("what a refused command did").isEmpty();
      String error = response.error().orElseThrow();
      return REFUSALS.entrySet().stream()
          .filter(it -> error.contains(it.getValue()))
          .map(Map.Entry::getKey)
          .findFirst()
          .orElse(error);
    }
    if (command.startsWith("list_")) {
      assertThat(effects).isEmpty();
      return shown(response.text().orElseThrow());
    }
    return effects.isEmpty() ? "done" : String.join(" and ", effects);
  }

  private static String json(Group source, String command, String about) {
    String chat =
        switch (about) {
          case "its own chat" -> source.jid().value();
          case "main" -> "local:main";
          case "nobody's chat", "family's folder" -> "trip@g.us";
          case "no address" -> "\\n";
          default -> about + "@g.us";
        };
    String target = about.equals("nothing") ? "null" : "\"" + chat + "\"";
    return switch (command) {
      case "message" ->
          "{\"type\":\"message\",\"chat_jid\":%s,\"text\":\"hello\"}".formatted(target);
      case "schedule_task" ->
          "{\"type\":\"schedule_task\",\"target_jid\":%s,\"prompt\":\"p\",\"schedule_type\":\"interval\",\"schedule_value\":\"3600000\"}"
              .formatted(target);
      case "update_task" ->
          "{\"type\":\"update_task\",\"task_id\":\"task-of-%s\",\"prompt\":\"changed\"}"
              .formatted(about);
      case "pause_task", "resume_task", "cancel_task" ->
          "{\"type\":\"%s\",\"task_id\":\"task-of-%s\"}".formatted(command, about);
      case "register_group" ->
          "{\"type\":\"register_group\",\"jid\":\"%s\",\"folder\":\"%s\"}"
              .formatted(chat, about.equals("family's folder") ? "family" : "trip");
      default -> "{\"type\":\"%s\"}".formatted(command);
    };
  }

  private static void seed(String status) {
    house.clock.advance(java.time.Duration.ofHours(2)); // the groups may be asked for again
    Sql.execute(
        house.file,
        "DELETE FROM outbox",
        "DELETE FROM scheduled_tasks",
        "DELETE FROM registered_groups WHERE folder = 'trip'");
    for (Group owner : OWNERS) {
      GroupFolder group = owner.folder();
      Sql.execute(
          house.file,
          """
          INSERT INTO scheduled_tasks (id, group_folder, chat_jid, prompt, schedule_type, schedule_value, context_mode, next_run, status, created_at)
          VALUES ('task-of-%s', '%s', '%s', 'as it was', 'interval', '3600000', 'group', '2026-12-01T00:00:00.000Z', '%s', '2026-03-01T00:00:00.000Z')
          """
              .formatted(group, group, owner.jid(), status));
    }
    before = status;
  }

  private static String before = "";

  private static List<String> effects() {
    List<String> effects =
        new ArrayList<>(
            house.rows(
                "SELECT 'said ' || g.folder FROM outbox o JOIN registered_groups g ON g.jid ="
                    + " o.chat_jid"));
    effects.addAll(
        house.rows(
            """
            SELECT CASE WHEN id NOT LIKE 'task-of-%%' THEN 'added '
              WHEN prompt <> 'as it was' THEN 'changed '
              WHEN status = 'active' THEN 'resumed ' ELSE 'paused ' END || group_folder
            FROM scheduled_tasks WHERE id NOT LIKE 'task-of-%%' OR prompt <> 'as it was' OR status <> '%s'
            """
                .formatted(before)));
    for (Group owner : OWNERS) {
      GroupFolder group = owner.folder();
      if (house
          .rows("SELECT 1 FROM scheduled_tasks WHERE id = 'task-of-" + group + "'")
          .isEmpty()) {
        effects.add("gone " + group);
      }
    }
    effects.addAll(
        house.rows(
            "SELECT 'registered ' || folder FROM registered_groups WHERE folder NOT IN ('main',"
                + " 'family', 'work')"));
    return effects;
  }

  private static String shown(String text) {
    if (text.contains("trip@g.us")) {
      return "shows chats";
    }
    List<String> shown =
        OWNERS.stream()
            .map(it -> it.folder().value())
            .filter(it -> text.contains("task-of-" + it))
            .toList();
    return "shows " + (shown.size() == OWNERS.size() ? "all" : String.join(",", shown));
  }
}
