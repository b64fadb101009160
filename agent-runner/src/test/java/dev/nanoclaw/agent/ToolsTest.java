package dev.nanoclaw.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.protocol.AgentCommand;
import dev.nanoclaw.protocol.AgentCommand.CancelTask;
import dev.nanoclaw.protocol.AgentCommand.ContainerConfig;
import dev.nanoclaw.protocol.AgentCommand.ListGroups;
import dev.nanoclaw.protocol.AgentCommand.ListTasks;
import dev.nanoclaw.protocol.AgentCommand.Message;
import dev.nanoclaw.protocol.AgentCommand.PauseTask;
import dev.nanoclaw.protocol.AgentCommand.RefreshGroups;
import dev.nanoclaw.protocol.AgentCommand.RegisterGroup;
import dev.nanoclaw.protocol.AgentCommand.ResumeTask;
import dev.nanoclaw.protocol.AgentCommand.ScheduleTask;
import dev.nanoclaw.protocol.AgentCommand.UpdateTask;
import dev.nanoclaw.protocol.AgentFile;
import dev.nanoclaw.protocol.AgentRequest;
import dev.nanoclaw.protocol.AgentResponse;
import dev.nanoclaw.protocol.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

@Timeout(20)
final class ToolsTest {

  private static final Optional<String> NONE = Optional.empty();
  private static final Duration SHORT = Duration.ofMillis(50);
  private static final Duration LONG = Duration.ofSeconds(15);

  @TempDir Path home;

  @BeforeEach
  void mount() throws IOException {
    for (String name : List.of("messages", "tasks", "responses")) {
      Files.createDirectories(ipc(name));
    }
  }

  record Call(String text, AgentCommand command) {}

  static Stream<Call> calls() {
    return Stream.of(
        new Call("send_message {'text':'line\nline'}", new Message(NONE, "line\nline")),
        new Call("send_message {'text':'hi','chat_jid':null}", new Message(NONE, "hi")),
        new Call(
            "send_message {'text':'hi','chat_jid':'f@g.us'}",
            new Message(Optional.of("f@g.us"), "hi")),
        new Call("send_message {'text':'half \\ud83d'}", new Message(NONE, "half ?")),
        new Call(
            "schedule_task {'prompt':'water','schedule_type':'cron','schedule_value':'0 9 * * *'}",
            new ScheduleTask(NONE, "water", "cron", "0 9 * * *", NONE)),
        new Call(
            "schedule_task {'prompt':'water','schedule_type':'interval','schedule_value':'60000',"
                + "'context_mode':'isolated','target_jid':'f@g.us'}",
            new ScheduleTask(
                Optional.of("f@g.us"), "water", "interval", "60000", Optional.of("isolated"))),
        new Call("list_tasks {}", new ListTasks()),
        new Call(
            "update_task {'task_id':'t','schedule_type':'once','schedule_value':'2026-12-24'}",
            new UpdateTask("t", NONE, Optional.of("once"), Optional.of("2026-12-24"), NONE)),
        new Call("pause_task {'task_id':'t'}", new PauseTask("t")),
        new Call("resume_task {'task_id':'t'}", new ResumeTask("t")),
        new Call("cancel_task {'task_id':'t'}", new CancelTask("t")),
        new Call("list_groups {}", new ListGroups()),
        new Call("refresh_groups {}", new RefreshGroups()),
        new Call(
            "register_group {'jid':'f@g.us','folder':'family','requires_trigger':false,"
                + "'container_config':{'timeout':60000}}",
            new RegisterGroup(
                "f@g.us",
                NONE,
                "family",
                NONE,
                Optional.of(false),
                Optional.of(new ContainerConfig(Optional.of(60_000L))))));
  }

  @ParameterizedTest
  @MethodSource("calls")
  void aCallBecomesAFileAndTheHostsAnswerItsResult(Call call) throws Exception {
    CompletableFuture<JsonNode> result = callAside(tools(true, LONG), call.text());
    Path file = nextFile();
    AgentFile asked = AgentFile.read(Files.readString(file));

    assertThat(asked.command()).isEqualTo(call.command());
    assertThat(file.getParent())
        .isEqualTo(ipc(call.command() instanceof Message ? "messages" : "tasks"));
    assertThat(files("messages").size() + files("tasks").size()).isOne();
    answer(asked, AgentResponse.done("Task t-1: next run Mon 2026-11-30 09:00.", "t-1"));
    assertThat(Json.line(result.get()))
        .isEqualTo(
            "{\"isError\":false,\"content\":[{\"type\":\"text\","
                + "\"text\":\"Task t-1: next run Mon 2026-11-30 09:00.\"}]}");
  }

  @Test
  void everyToolIsTriedAndShortEnough() {
    assertThat(calls().map(it -> it.text().split(" ", 2)[0]).distinct())
        .containsExactlyElementsOf(names(list(true)));
    // The CLI cuts a description off at 2,048 characters.
    assertThat(list(true)).allMatch(it -> it.path("description").stringValue().length() < 2000);
  }

  @Test
  void aRefusalIsAnErrorInTheHostsWords() throws Exception {
    CompletableFuture<JsonNode> result =
        callAside(tools(false, LONG), "cancel_task {'task_id':'x'}");
    answer(
        AgentFile.read(Files.readString(nextFile())), AgentResponse.refused("There is no task x."));

    assertThat(result.get().path("isError").asBoolean(false)).isTrue();
    assertThat(text(result.get())).isEqualTo("There is no task x.");
  }

  @Test
  void parallelCallsGetTheirOwnAnswersAndFilesInOrder() throws Exception {
    Tools tools = tools(false, LONG);
    List<CompletableFuture<JsonNode>> results = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      results.add(callAside(tools, "send_message {'text':'number " + i + "'}"));
      awaitFiles("messages", i + 1);
    }
    List<AgentFile> asked = new ArrayList<>();
    for (Path file : files("messages")) {
      asked.add(AgentFile.read(Files.readString(file)));
    }

    for (int i = 4; i >= 0; i--) {
      assertThat(asked.get(i).command()).isEqualTo(new Message(NONE, "number " + i));
      answer(asked.get(i), AgentResponse.done("answer " + i));
      assertThat(text(results.get(i).get())).isEqualTo("answer " + i);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "send_message | {} | text is missing",
        "send_message | {'text':null} | text is missing",
        "send_message | {'text':' '} | text is empty",
        "send_message | {'text':7} | text must be a text in quotes",
        "send_message | {'text':'a','colour':'red'} | colour is not known here, only [text]",
        "send_message | {'text':'a','chat_jid':'x'} | chat_jid is not known here, only [text]",
        "send_message | {'text':'a','request_id':'x'} | request_id is not known here",
        "schedule_task | {'prompt':'a','schedule_type':'weekly'} | schedule_value is missing; "
            + "schedule_type must be one of [cron, interval, once]",
        "schedule_task | {'schedule_value':60000} | schedule_value must be a text in quotes",
        "update_task | {'task_id':'t'} | say what is to be changed: "
            + "one of [prompt, schedule_type, schedule_value, context_mode]",
        "update_task | {'task_id':'t','context_mode':'both'} | must be one of [group, isolated]",
        "pause_task | [] | task_id is missing",
        "register_group | {} | There is no tool register_group here.",
        "delete_everything | {} | There is no tool delete_everything here."
      })
  void aWrongCallIsExplainedAndReachesNobody(String tool, String arguments, String why)
      throws IOException {
    JsonNode result = call(tools(false, SHORT), tool + " " + arguments);

    assertThat(result.path("isError").asBoolean(false)).isTrue();
    assertThat(text(result)).contains(why);
    assertThat(files("messages")).isEmpty();
    assertThat(files("tasks")).isEmpty();
  }

  @Test
  void whatIsTooLongOrOfAnotherTypeIsExplainedToo() {
    assertThat(
            text(call(tools(false, SHORT), "send_message {'text':'" + "a".repeat(20_001) + "'}")))
        .contains(
            "text has 20001 characters, and at most 20000 are allowed: put the long part into a"
                + " file");
    assertThat(
            text(
                call(
                    tools(true, SHORT),
                    "register_group {'jid':'f','folder':'f','name':'%s','trigger':'%s'}"
                        .formatted("n".repeat(101), "t".repeat(41)))))
        .contains("name has 101 characters, and at most 100 are allowed")
        .contains("trigger has 41 characters, and at most 40 are allowed")
        .doesNotContain("into a file");
    assertThat(
            text(
                call(
                    tools(true, SHORT),
                    "register_group {'jid':'f','folder':'f','requires_trigger':'no',"
                        + "'container_config':{'timeout':'5','mounts':[]}}")))
        .contains("requires_trigger must be true or false")
        .contains("container_config.timeout must be a whole number")
        .contains("container_config.mounts is not known here, only [timeout]");
  }

  @Test
  void aHostThatDoesNotAnswerIsReportedWithCare() throws Exception {
    JsonNode silent = call(tools(false, SHORT), "send_message {'text':'hi'}");
    assertThat(silent.path("isError").asBoolean(false)).isTrue();
    assertThat(text(silent)).startsWith("The host did not answer. It may still do");
    assertThat(files("messages")).hasSize(1);

    CompletableFuture<JsonNode> broken = callAside(tools(false, LONG), "list_tasks {}");
    put(AgentFile.read(Files.readString(nextFile("tasks"))), "{");
    assertThat(text(broken.get())).startsWith("The host's answer could not be read");
  }

  @Test
  void whatCannotBeWrittenIsAnErrorThatLeavesNothing() throws IOException {
    Files.delete(ipc("messages"));
    Files.delete(ipc("tasks"));
    Files.createSymbolicLink(ipc("tasks"), Path.of("/dev/full"));

    for (String call : List.of("send_message {'text':'hi'}", "list_tasks {}")) {
      JsonNode result = call(tools(false, SHORT), call);
      assertThat(result.path("isError").asBoolean(false)).isTrue();
      assertThat(text(result)).startsWith("Nothing was done: the request could not be written");
    }
  }

  @Test
  void onlyAMainGroupIsOfferedWhatActsOnOthers() {
    assertThat(names(list(false)))
        .containsExactly(
            "send_message",
            "schedule_task",
            "list_tasks",
            "update_task",
            "pause_task",
            "resume_task",
            "cancel_task");
    assertThat(names(list(true)))
        .containsAll(names(list(false)))
        .contains("list_groups", "refresh_groups", "register_group");
    assertThat(Json.line(list(false))).doesNotContain("chat_jid", "target_jid", "\"main\"");
    assertThat(Json.line(list(true))).contains("chat_jid", "target_jid").doesNotContain("\"main\"");
    for (JsonNode tool : list(true)) {
      assertThat(tool.path("_meta").path("anthropic/alwaysLoad").asBoolean(false)).isTrue();
      assertThat(tool.path("inputSchema").path("type").asString("")).isEqualTo("object");
      assertThat(tool.path("inputSchema").path("required")).allMatch(JsonNode::isString);
    }
    assertThat(Json.line(list(false))).contains("local time in Europe/Paris").doesNotContain("{t");
  }

  @Test
  void theRestOfTheProtocolIsSpoken() {
    assertThat(
            answer("{'id':3,'method':'initialize','params':{}}").path("result").path("serverInfo"))
        .isNotEmpty();
    assertThat(Json.line(answer("{'method':'notifications/cancelled','params':{'requestId':2}}")))
        .isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{}}");
    assertThat(answer("{'id':'a','method':'ping'}").path("id").asString("")).isEqualTo("a");
    assertThat(answer("{'id':4,'method':'server/discover'}").path("error").path("code").asInt(0))
        .isEqualTo(-32601);
  }

  private Tools tools(boolean isMain, Duration deadline) {
    AgentRequest request =
        new AgentRequest(
            "",
            NONE,
            "family",
            "f@g.us",
            isMain,
            false,
            Map.of(),
            "run-1",
            "nonce",
            List.of(),
            "Andy",
            "Europe/Paris",
            "default",
            "http://localhost");
    RunnerPaths paths = new RunnerPaths(home, Path.of("claude"), home.resolve("config"));
    InstantSource clock = InstantSource.fixed(Instant.parse("2026-11-29T10:00:00Z"));
    return new Tools(request, new HostRequests(paths, clock, deadline));
  }

  private JsonNode list(boolean isMain) {
    return send(tools(isMain, SHORT), "{'id':1,'method':'tools/list'}")
        .path("result")
        .path("tools");
  }

  private static List<String> names(JsonNode tools) {
    return tools.valueStream().map(it -> it.path("name").asString("")).toList();
  }

  private JsonNode answer(String message) {
    return send(tools(false, SHORT), message);
  }

  private static JsonNode call(Tools tools, String call) {
    String[] words = call.split(" ", 2);
    String json = words[1].replace("\n", "\\n");
    return send(
            tools,
            "{'id':2,'method':'tools/call','params':{'name':'"
                + words[0]
                + "','arguments':"
                + json
                + ",'_meta':{'progressToken':2}}}")
        .path("result");
  }

  private static CompletableFuture<JsonNode> callAside(Tools tools, String call) {
    return CompletableFuture.supplyAsync(() -> call(tools, call), it -> Threads.start("call", it));
  }

  private static JsonNode send(Tools tools, String message) {
    String request = "{'subtype':'mcp_message','server_name':'nanoclaw','message':" + message + "}";
    return tools.answer(Json.tree(request.replace('\'', '"'))).path("mcp_response");
  }

  private static String text(JsonNode result) {
    return result.path("content").path(0).path("text").asString("");
  }

  private Path ipc(String name) {
    return home.resolve("ipc").resolve(name);
  }

  private List<Path> files(String directory) throws IOException {
    try (Stream<Path> files = Files.list(ipc(directory))) {
      return files.filter(it -> it.toString().endsWith(".json")).sorted().toList();
    }
  }

  private void awaitFiles(String directory, int count) throws Exception {
    while (files(directory).size() < count) {
      assertThat(new CountDownLatch(1).await(5, TimeUnit.MILLISECONDS)).isFalse();
    }
  }

  private Path nextFile() throws Exception {
    while (files("messages").isEmpty() && files("tasks").isEmpty()) {
      assertThat(new CountDownLatch(1).await(5, TimeUnit.MILLISECONDS)).isFalse();
    }
    return Stream.concat(files("messages").stream(), files("tasks").stream())
        .findFirst()
        .orElseThrow();
  }

  private Path nextFile(String directory) throws Exception {
    awaitFiles(directory, 1);
    return files(directory).getFirst();
  }

  private void answer(AgentFile asked, AgentResponse response) throws IOException {
    put(asked, Json.line(response));
  }

  private void put(AgentFile asked, String response) throws IOException {
    Path aside = Files.writeString(home.resolve("aside"), response);
    Path file = ipc("responses").resolve(asked.requestId().orElseThrow() + ".json");
    Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
