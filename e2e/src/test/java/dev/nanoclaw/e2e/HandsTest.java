package dev.nanoclaw.e2e;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.protocol.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// What an agent asks of the host, from the model's call to its effect: messages in mid-turn,
/// tasks, groups, and what is not its own. Host, container and Claude Code are real.
@Timeout(300)
final class HandsTest {

  private static final Installation.Setting PODMAN =
      new Installation.Setting("podman", Optional.empty());
  private static final String FAMILY = "120363000000000001@g.us";
  private static final String FRIENDS = "120363000000000002@g.us";
  private static final String NOBODYS = "120363000000000003@g.us";

  private static final String REFUSED = "\"ok\":false";
  private static final String SOON = "{soon}";

  @TempDir Path dir;
  private final HeldChat chat = new HeldChat(PODMAN);
  private final Installation nanoclaw = chat.nanoclaw();
  private int asked;

  HandsTest() throws IOException {}

  @BeforeAll
  static void buildImage() throws IOException {
    try (var installation = new Installation(PODMAN, "http://127.0.0.1:9", "none")) {
      installation.buildImage();
    }
  }

  @AfterEach
  void stop() {
    chat.close();
  }

  @Test
  void aMessageIsInTheChatBeforeItsTurnEnds() throws Exception {
    nanoclaw.start();
    chat.hold(HandsTest::holdsResult);
    chat.say(
        RealCli.script(
            tool("send_message", Map.of("text", "I am on it")), "{\"text\":\"that was it\"}"));
    chat.awaitModelAsked();
    chat.await("I am on it");

    assertThat(result()).contains("on its way");
    assertThat(chat.said()).containsExactly("I am on it");
    chat.release();
    chat.await("that was it");
    assertThat(chat.said()).containsExactly("I am on it", "that was it");
  }

  @Test
  void aTaskHasAnIdAndItsResultArrivesInTheChat() throws Exception {
    nanoclaw.start();
    schedule(SOON, RealCli.script("{\"text\":\"the kettle is on\"}"));
    String scheduled = result();
    String id = onlyRow("select id from scheduled_tasks");
    assertThat(scheduled).contains(id);

    chat.await("the kettle is on");
    Installation.await(
        "the container to end, promptly",
        () -> chat.runs().equals(List.of("running", "completed")));
    JsonNode shown = Json.tree(nanoclaw.nanoclaw("tasks", "show", id, "--json").orFail().output());
    assertThat(shown.path("task").path("status").asString("")).isEqualTo("completed");
    assertThat(shown.path("runs"))
        .extracting(it -> it.path("status").asString("") + ": " + it.path("result").asString(""))
        .containsExactly("success: the kettle is on");
    assertThat(chat.said()).filteredOn("the kettle is on"::equals).hasSize(1);
  }

  @Test
  void theChatAnswersWhileAnIsolatedTaskWorks() throws Exception {
    nanoclaw.start();
    Path group = nanoclaw.home().resolve("groups/main");
    schedule(
        SOON,
        RealCli.bash(
            "touch started; until [ -e enough ]; do sleep 0.1; done; echo slept; rm started"));
    RealCli.await(group.resolve("started"));

    chat.ask("I am here");
    chat.await("I am here");
    assertThat(nanoclaw.containers()).hasSize(2);
    assertThat(onlyRow("select status from task_run_logs")).isEqualTo("running");
    assertThat(group.resolve("started")).exists();

    Files.writeString(group.resolve("enough"), "");
    chat.await("TOOL: slept");
    Installation.await("the task's end", () -> nanoclaw.containers().size() == 1);
    assertThat(onlyRow("select status from task_run_logs")).isEqualTo("success");
  }

  @Test
  void aGroupActsOnItselfOnlyAndIsToldSo() throws Exception {
    try (var bridge = new ScriptedBridge(dir)) {
      startWith(bridge);
      register(FAMILY, "family");
      nanoclaw.nanoclaw("groups", "register", "--jid", FRIENDS, "--folder", "friends").orFail();
      schedule(LocalDate.now(ZoneOffset.UTC).plusYears(1) + "T18:00", "never mind");
      String mains = onlyRow("select id from scheduled_tasks");

      // by the tools as they are offered
      String text = "psst";
      assertThat(inFamily(bridge, tool("send_message", Map.of("text", text, "chat_jid", FRIENDS))))
          .contains("chat_jid is not known here");
      Map<String, ?> registration = Map.of("jid", NOBODYS, "folder", "evil");
      assertThat(inFamily(bridge, tool("register_group", registration)))
          .contains("No such tool available");

      // by files, as if the runner had written them
      Map<String, ?> toFriends = Map.of("type", "message", "chat_jid", FRIENDS, "text", text);
      assertThat(inFamily(bridge, forged("messages", toFriends)))
          .contains(REFUSED, "this chat only");
      Map<String, ?> toMain = Map.of("type", "message", "chat_jid", "local:main", "text", text);
      assertThat(inFamily(bridge, forged("messages", toMain))).contains(REFUSED, "this chat only");
      assertThat(inFamily(bridge, forged("tasks", with(registration, "type", "register_group"))))
          .contains(REFUSED, "only your owner's main chat may");
      Map<String, ?> cancel = Map.of("type", "cancel_task", "task_id", mains);
      assertThat(inFamily(bridge, forged("tasks", cancel))).contains(REFUSED, "there is no task");
      Map<String, ?> task =
          Map.of(
              "type",
              "schedule_task",
              "target_jid",
              FRIENDS,
              "prompt",
              text,
              "schedule_type",
              "interval",
              "schedule_value",
              "3600000");
      assertThat(inFamily(bridge, forged("tasks", task))).contains(REFUSED, "this chat only");

      // nothing came of all that, and the same way works for what is its own
      assertThat(nanoclaw.query("select folder from registered_groups order by added_at"))
          .containsExactly("main", "family", "friends");
      assertThat(onlyRow("select id from scheduled_tasks")).isEqualTo(mains);
      assertThat(nanoclaw.query("select text from outbox")).noneMatch(it -> it.contains(text));
      Map<String, ?> own = Map.of("type", "message", "chat_jid", FAMILY, "text", text);
      assertThat(inFamily(bridge, forged("messages", own))).contains("\"ok\":true");
      Installation.await("its own message", () -> bridge.said(FAMILY).contains("Andy: " + text));
    }
  }

  @Test
  void hostileFilesEndWithAReasonAndStopNobody() throws Exception {
    try (var bridge = new ScriptedBridge(dir)) {
      startWith(bridge);
      register(FAMILY, "family");
      Path errors = nanoclaw.home().resolve("data/ipc/errors");

      inFamily(
          bridge,
          bash(
              "cd /workspace/ipc/tasks; mkfifo a.json; ln -s %s/credentials.yml b.json; mkdir -p c.json/d;"
                      .formatted(nanoclaw.home())
                  + " echo '{' >e.json; truncate -s 1T f.json; head -c 2M /dev/zero >g.json; ln -s"
                  + " ../../../../store/messages.db ../messages/h.json; mkfifo"
                  + " ../messages/i.json"));

      Installation.await("the reasons", () -> list(errors, ".reason").size() == 8);
      assertThat(list(errors, ""))
          .allSatisfy(it -> {
            assertThat(it).isRegularFile();
            assertThat(Files.size(it)).isLessThanOrEqualTo(1 << 20);
            assertThat(Files.readString(it, ISO_8859_1))
                .doesNotContain(RunnerProcess.KEY, "SQLite");
          });
      assertThat(nanoclaw.home().resolve("credentials.yml")).exists();
      assertThat(inFamily(bridge, bash("ls -A /workspace/ipc/tasks /workspace/ipc/messages")))
          .doesNotContain(".json");
      chat.ask("nothing happened here");
      chat.await("nothing happened here");
    }
  }

  private void startWith(ScriptedBridge bridge) throws IOException {
    nanoclaw.configure("enabled: false", "enabled: true"); // WhatsApp
    nanoclaw.configure("bridge: auto", "bridge: " + bridge.program());
    nanoclaw.configure("messages_per_minute: 20", "messages_per_minute: 600");
    nanoclaw.start();
  }

  /// The main chat's agent gives a group an agent.
  private void register(String jid, String folder) throws IOException {
    String finished = "registered " + folder;
    chat.say(
        RealCli.script(
            tool("register_group", Map.of("jid", jid, "folder", folder)),
            "{\"text\":\"" + finished + "\"}"));
    chat.await(finished);
    assertThat(result()).contains(folder);
  }

  /// The chat's agent schedules an isolated task.
  private void schedule(String when, String prompt) throws IOException {
    Map<String, ?> task =
        Map.of(
            "prompt",
            prompt,
            "schedule_type",
            "once",
            "schedule_value",
            when,
            "context_mode",
            "isolated");
    chat.say(RealCli.script(tool("schedule_task", task), "{\"text\":\"scheduled\"}"));
    chat.await("scheduled");
  }

  /// Lets the family's agent call a tool.
  ///
  /// @return what the tool said
  private String inFamily(ScriptedBridge bridge, String step) throws Exception {
    asked++;
    String finished = "finished %d.".formatted(asked);
    bridge.say(FAMILY, "@Andy " + RealCli.script(step, "{\"text\":\"" + finished + "\"}"));
    Installation.await(finished, () -> bridge.said(FAMILY).contains("Andy: " + finished));
    return result();
  }

  private static String tool(String name, Map<String, ?> input) {
    return RealCli.tool("mcp__nanoclaw__" + name, input);
  }

  private static String bash(String command) {
    return RealCli.tool("Bash", Map.of("command", command, "description", "x"));
  }

  /// Puts a request where the runner puts those of its tools, and waits for the answer.
  private String forged(String directory, Map<String, ?> request) {
    String id = "forged-" + asked;
    return bash(
        "cd /workspace/ipc; printf '%%s' '%s' >%s/.x && mv %s/.x %s/x.json; until [ -e responses/%s.json ]; do sleep 0.1; done; cat responses/%s.json"
            .formatted(
                Json.line(with(request, "request_id", id)),
                directory,
                directory,
                directory,
                id,
                id));
  }

  private static Map<String, ?> with(Map<String, ?> request, String field, String value) {
    Map<String, Object> all = new TreeMap<>(request);
    all.put(field, value);
    return all;
  }

  /// The newest result of a tool, as the model got it.
  private String result() {
    return chat.api().conversation().stream()
        .filter(it -> holdsResult(it.body()))
        .toList()
        .getLast()
        .texts()
        .getLast()
        .strip();
  }

  private static boolean holdsResult(JsonNode request) {
    return request
        .path("messages")
        .path(request.path("messages").size() - 1)
        .path("content")
        .valueStream()
        .anyMatch(it -> it.path("type").asString("").equals("tool_result"));
  }

  private String onlyRow(String sql) {
    List<String> rows = nanoclaw.query(sql);
    assertThat(rows).as(sql).hasSize(1);
    return rows.getFirst();
  }

  private static List<Path> list(Path directory, String end) {
    if (!Files.exists(directory)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.filter(it -> it.toString().endsWith(end)).sorted().toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
