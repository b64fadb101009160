package dev.nanoclaw.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.protocol.AgentCommand;
import dev.nanoclaw.protocol.AgentCommand.CancelTask;
import dev.nanoclaw.protocol.AgentCommand.Message;
import dev.nanoclaw.protocol.AgentCommand.ScheduleTask;
import dev.nanoclaw.protocol.AgentFile;
import dev.nanoclaw.protocol.AgentFrame;
import dev.nanoclaw.protocol.AgentResponse;
import dev.nanoclaw.protocol.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// The runner's tools in the hands of the real Claude Code; the test is the host.
@Timeout(120)
final class RealToolsTest {

  private static final String PREFIX = "mcp__nanoclaw__";
  private static final Optional<String> NONE = Optional.empty();

  @TempDir Path home;
  private RealCli cli;

  @BeforeEach
  void start() throws IOException {
    cli = new RealCli(home);
  }

  @AfterEach
  void stop() {
    cli.close();
  }

  @Test
  void aMessageIsWithTheHostBeforeTheTurnEnds() throws Exception {
    String prompt =
        RealCli.script(tool("send_message", Map.of("text", "On it \uD83D\uDE42")), RealCli.ECHO);
    try (RunnerProcess runner = cli.start(prompt)) {
      AgentFile asked = take("messages");

      assertThat(asked.command()).isEqualTo(new Message(NONE, "On it \uD83D\uDE42"));
      assertThat(runner.furtherFrames()).isEmpty();
      assertThat(cli.api().conversation()).hasSize(1);
      answer(asked, AgentResponse.done("Sent."));
      assertThat(RealCli.said(runner)).startsWith("TOOL: Sent.");
      assertThat(results()).allMatch(it -> !it.path("is_error").asBoolean(false)).hasSize(1);
    }
  }

  @Test
  void theFirstRequestHoldsTheToolsWithTheirSchemas() throws Exception {
    try (RunnerProcess runner = cli.start("hello")) {
      RealCli.said(runner);
      List<JsonNode> tools = offered();

      assertThat(tools)
          .extracting(it -> it.path("name").asString("").substring(PREFIX.length()))
          .containsExactlyInAnyOrder(
              "send_message",
              "schedule_task",
              "list_tasks",
              "update_task",
              "pause_task",
              "resume_task",
              "cancel_task");
      JsonNode schedule =
          tools.stream()
              .filter(it -> it.path("name").asString("").endsWith("schedule_task"))
              .findFirst()
              .orElseThrow();
      assertThat(Json.line(schedule.path("input_schema")))
          .contains("\"required\":[\"prompt\",\"schedule_type\",\"schedule_value\"]", "\"once\"");
      assertThat(schedule.path("description").asString(""))
          .contains("local time in Europe/Paris")
          .endsWith("the time now.");
      assertThat(tools).noneMatch(it -> it.path("defer_loading").asBoolean(false));
    }
  }

  @Test
  void aMainGroupHasThoseForOtherGroupsToo() throws Exception {
    try (RunnerProcess runner = cli.startAsMain("hello")) {
      RealCli.said(runner);

      assertThat(offered())
          .extracting(it -> it.path("name").asString(""))
          .hasSize(10)
          .contains(PREFIX + "list_groups", PREFIX + "refresh_groups", PREFIX + "register_group");
      assertThat(Json.line(offered())).contains("chat_jid", "target_jid");
    }
  }

  @Test
  void aRefusalReachesTheModelAsAnError() throws Exception {
    String prompt = RealCli.script(tool("cancel_task", Map.of("task_id", "task-9")), RealCli.ECHO);
    try (RunnerProcess runner = cli.start(prompt)) {
      AgentFile asked = take("tasks");
      assertThat(asked.command()).isEqualTo(new CancelTask("task-9"));
      answer(asked, AgentResponse.refused("There is no task task-9."));

      assertThat(RealCli.said(runner)).contains("There is no task task-9.");
      assertThat(results()).allMatch(it -> it.path("is_error").asBoolean(false)).hasSize(1);
    }
  }

  @Test
  void severalCallsInOneAnswerComeInOrderAndEachGetsItsResult() throws Exception {
    Map<String, String> task =
        Map.of("prompt", "tea", "schedule_type", "interval", "schedule_value", "3600000");
    String together =
        "{\"tools\":["
            + tool("send_message", Map.of("text", "one"))
            + ","
            + tool("send_message", Map.of("text", "two"))
            + ","
            + tool("schedule_task", task)
            + "]}";
    try (RunnerProcess runner = cli.start(RealCli.script(together, "{\"text\":\"all done\"}"))) {
      for (String text : List.of("one", "two")) {
        AgentFile asked = take("messages");
        assertThat(asked.command()).isEqualTo(new Message(NONE, text));
        answer(asked, AgentResponse.done("sent " + text));
      }
      AgentFile asked = take("tasks");
      AgentCommand expected = new ScheduleTask(NONE, "tea", "interval", "3600000", NONE);
      assertThat(asked.command()).isEqualTo(expected);
      answer(asked, AgentResponse.done("Task t-1 runs at 9:00.", "t-1"));

      assertThat(RealCli.said(runner)).isEqualTo("all done");
      assertThat(results())
          .extracting(it -> Json.line(it.path("content")))
          .satisfiesExactly(
              it -> assertThat(it).contains("sent one"),
              it -> assertThat(it).contains("sent two"),
              it -> assertThat(it).contains("Task t-1 runs at 9:00."));
    }
  }

  @Test
  void aWrongArgumentIsExplainedToTheModelAndReachesNobody() throws Exception {
    String prompt =
        RealCli.script(tool("send_message", Map.of("txt", "hi", "chat_jid", "x")), RealCli.ECHO);
    try (RunnerProcess runner = cli.start(prompt)) {
      assertThat(RealCli.said(runner))
          .contains("text is missing", "txt is not known here", "chat_jid is not known here");
      assertThat(results()).allMatch(it -> it.path("is_error").asBoolean(false)).hasSize(1);
      assertThat(files("messages")).isEmpty();
    }
  }

  @Test
  void aTurnCanBeInterruptedWhileTheHostOwesAnAnswer() throws Exception {
    String prompt = RealCli.script(tool("list_tasks", Map.of()), RealCli.ECHO);
    try (RunnerProcess runner = cli.start(prompt)) {
      take("tasks");
      runner.askToStop();
      AgentFrame frame = runner.frame();

      assertThat(frame.acked()).containsExactly("in-1");
      runner.followUp("in-2", "still there?");
      assertThat(runner.frame().acked()).containsExactly("in-2");
      assertThat(cli.api().conversation().getLast().texts().getLast()).contains("still there?");
    }
  }

  private static String tool(String name, Map<String, ?> input) {
    return RealCli.tool(PREFIX + name, input);
  }

  /// Of ours, those in the first request of the conversation.
  private List<JsonNode> offered() {
    JsonNode request = cli.api().conversation().getFirst().body();
    return request
        .path("tools")
        .valueStream()
        .filter(it -> it.path("name").asString("").startsWith(PREFIX))
        .toList();
  }

  /// The tools' results in the newest request.
  private List<JsonNode> results() {
    JsonNode request = cli.api().conversation().getLast().body();
    return request
        .path("messages")
        .valueStream()
        .flatMap(it -> it.path("content").valueStream())
        .filter(it -> it.path("type").asString("").equals("tool_result"))
        .toList();
  }

  private List<Path> files(String directory) throws IOException {
    try (Stream<Path> files = Files.list(cli.ipc().resolve(directory))) {
      return files.filter(it -> it.toString().endsWith(".json")).sorted().toList();
    }
  }

  /// Takes the next file out, as the host does.
  private AgentFile take(String directory) throws Exception {
    List<Path> files = files(directory);
    while (files.isEmpty()) {
      assertThat(new CountDownLatch(1).await(10, TimeUnit.MILLISECONDS)).isFalse();
      files = files(directory);
    }
    Path taken = Files.move(files.getFirst(), home.resolve("taken"));
    AgentFile file = AgentFile.read(Files.readString(taken));
    Files.delete(taken);
    return file;
  }

  private void answer(AgentFile asked, AgentResponse response) throws IOException {
    Path aside = Files.writeString(home.resolve("aside"), Json.line(response));
    String name = asked.requestId().orElseThrow() + ".json";
    Path file = cli.ipc().resolve("responses").resolve(name);
    Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
