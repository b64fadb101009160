package dev.nanoclaw.cli;

import static dev.nanoclaw.cli.RunningHome.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.cli.RunningHome.Ended;
import dev.nanoclaw.testing.Sql;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

@Timeout(120)
class GroupsCommandTest {

  private static final String NO_HOST =
      "nanoclaw: no daemon runs here. Start it with: ./nanoclaw start\n";
  private static final String UNKNOWN =
      "nanoclaw: there is no group with the folder 'nobody'. See: ./nanoclaw groups list\n";

  @TempDir private Path dir;
  private RunningHome home;

  @BeforeEach
  void start() throws IOException {
    home = new RunningHome(dir, "hello yourself").start();
    home.register("family");
  }

  @AfterEach
  void stop() {
    home.close();
  }

  private Ended groups(String arguments) {
    return home.run(("groups " + arguments).split(" ", -1));
  }

  private void awaitContainer(String folder, String wanted) {
    until(() -> assertThat(groups("show " + folder).out()).containsPattern(wanted));
  }

  @Test
  void showSaysEverythingAboutAGroup() throws IOException {
    Ended family = groups("show family");
    assertThat(family.code()).isZero();
    assertThat(family.out())
        .isEqualTo(
            """
            Group:         family
            Name:          The family
            Chat:          family@g.us
            Folder:        %s
            Answers:       messages that begin with @Andy
            Time limit:    the general one, container.timeout_ms
            Registered:    2026-01-02T03:04:05Z
            Container:     none
            Session:       none; the next message begins one
            Last message:  -
            Last answer:   -
            Tasks:         0 active, 0 paused, 0 completed
            """
                .formatted(home.groupsDir().resolve("family")));

    home.say("hello");
    awaitContainer("main", "(?m)^Container: +nanoclaw-main-\\S+, waiting for messages, since 20");
    assertThat(groups("show main").out())
        .startsWith("Group:         main, main\n")
        .contains("Answers:       every message\n", "Session:       s1\n")
        .containsPattern("Last message:  20\\S+Z\n")
        .containsPattern("Tasks: ");
    until(() -> assertThat(groups("show main").out()).containsPattern("Last answer: +20\\S+Z\n"));

    JsonNode json = groups("show main --json").json();
    assertThat(json.path("folder").stringValue()).isEqualTo("main");
    assertThat(json.path("containers").path(0).path("state").stringValue())
        .isEqualTo("waiting for messages");
    assertThat(json.path("tasks").path("active").asInt()).isZero();
  }

  @Test
  void setChangesWhatIsGivenAndNothingElse() {
    assertThat(groups("set family --trigger @Robot --timeout-ms 90000").out())
        .isEqualTo("The family (family) answers messages that begin with @Robot.\n");
    assertThat(home.rows("SELECT name, trigger_pattern, container_config FROM registered_groups"))
        .contains("The family|Robot|{\"timeout\":90000}");
    assertThat(groups("show family").out()).containsPattern("Time limit: +90000 ms\n");

    assertThat(groups("set family --no-trigger --name Us --default-timeout").out())
        .isEqualTo("Us (family) answers every message.\n");
    assertThat(
            home.rows(
                "SELECT name, trigger_pattern, requires_trigger, container_config FROM"
                    + " registered_groups"))
        .contains("Us|Robot|0|{}");
    JsonNode json = groups("set family --trigger Andy --json").json();
    assertThat(json.path("trigger").stringValue()).isEqualTo("@Andy");
    assertThat(groups("set main --name Notes").out())
        .isEqualTo("Notes (main) answers every message.\n");
  }

  @Test
  void whatCannotBeSetIsRefusedWithTheReason() {
    assertThat(groups("set nobody --name x").err()).isEqualTo(UNKNOWN);
    assertThat(groups("set family").err())
        .isEqualTo("nanoclaw: nothing to change: the name, the trigger or the timeout?\n");
    assertThat(groups("set main --trigger x").err())
        .isEqualTo("nanoclaw: main is a main group: it answers every message, without a trigger\n");
    assertThat(groups("set family --timeout-ms 5").err())
        .isEqualTo("nanoclaw: a timeout is from 1000 to 604800000 milliseconds, not 5\n");
    assertThat(groups("set family --timeout-ms 5").code()).isEqualTo(1);
    for (String wrong :
        new String[] {
          "set",
          "set family --trigger x --no-trigger",
          "register --jid a@g.us --folder a --trigger x --no-trigger",
          "set family --timeout-ms 9000 --default-timeout",
          "set family --timeout-ms soon",
          "show",
          "remove",
          "remove family --force"
        }) {
      Ended ended = groups(wrong);
      assertThat(ended.code()).as(wrong).isEqualTo(2);
      assertThat(ended.err()).as(wrong).contains("Usage: nanoclaw groups ");
    }
    assertThat(home.rows("SELECT name FROM registered_groups")).contains("The family");
  }

  @Test
  void aRemovedGroupLeavesItsFolderAndItsMessages() {
    Sql.execute(
        home.database(),
        "INSERT INTO scheduled_tasks (id, group_folder, chat_jid, prompt, schedule_type,"
            + " schedule_value, context_mode, status, created_at) VALUES ('t', 'family',"
            + " 'family@g.us', 'p', 'interval', '3600000', 'group', 'active',"
            + " '2026-01-02T03:04:05.000Z')");
    assertThat(groups("show family").out()).contains("1 active, 0 paused");

    assertThat(groups("remove family").out())
        .isEqualTo(
            """
            The family (family@g.us) has no agent any more.
            Gone: its session, tasks (1), unanswered messages (0) and dead letters (0).
            Kept: its folder, the messages in the database and the logs.
            Register it again with: ./nanoclaw groups register --jid family@g.us --folder family
            """);

    assertThat(home.rows("SELECT folder FROM registered_groups")).containsExactly("main");
    assertThat(home.rows("SELECT id FROM scheduled_tasks")).isEmpty();
    assertThat(home.rows("SELECT jid FROM chats")).contains("family@g.us");
    assertThat(groups("remove family").err())
        .isEqualTo(
            "nanoclaw: there is no group with the folder 'family'. See: ./nanoclaw groups list\n");
    assertThat(groups("show nobody").err()).isEqualTo(UNKNOWN);
    assertThat(groups("remove main").err())
        .startsWith("nanoclaw: main is the local chat, which would be there again");
    assertThat(groups("remove main").code()).isEqualTo(1);
    home.register("work");
    assertThat(groups("remove work --json").json().path("group").path("folder").stringValue())
        .isEqualTo("work");
  }

  @Test
  void aGroupWhoseContainerRunsIsRemovedWhenThatHasEnded() throws IOException {
    home.wasAsked("family");
    home.say("so that the host looks again");
    awaitContainer("family", "waiting for messages");

    Ended refused = groups("remove family");
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err())
        .isEqualTo(
            "nanoclaw: a container of family runs. It was asked to finish what it is at; nothing is"
                + " removed yet. Give this command again when it has ended; see: ./nanoclaw groups"
                + " show family\n");
    assertThat(home.rows("SELECT folder FROM registered_groups")).contains("family");

    awaitContainer("family", "Container: +none\n");
    assertThat(groups("remove family").code()).isZero();
    assertThat(home.rows("SELECT content, triggered FROM messages WHERE chat_jid = 'family@g.us'"))
        .containsExactly("hello|0");
  }

  @Test
  void withoutAHostNothingIsToldAndNothingChanged() {
    home.stop();
    for (String it : new String[] {"show family", "set family --name x", "remove family", "list"}) {
      assertThat(groups(it)).as(it).isEqualTo(new Ended(1, "", NO_HOST));
    }
    assertThat(home.rows("SELECT name FROM registered_groups")).contains("The family");
  }
}
