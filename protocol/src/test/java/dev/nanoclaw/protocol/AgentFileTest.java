package dev.nanoclaw.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class AgentFileTest {

  static Stream<AgentCommand> everyCommand() {
    Optional<String> none = Optional.empty();
    return Stream.of(
        new Message(none, "line\nline"),
        new Message(Optional.of("family@g.us"), "hello"),
        new ScheduleTask(none, "water the plants", "cron", "0 9 * * *", Optional.of("isolated")),
        new UpdateTask("task-1", none, Optional.of("once"), Optional.of("2026-12-01T09:00"), none),
        new PauseTask("task-1"),
        new ResumeTask("task-1"),
        new CancelTask("task-1"),
        new ListTasks(),
        new ListGroups(),
        new RefreshGroups(),
        new RegisterGroup(
            "family@g.us",
            none,
            "family",
            none,
            Optional.of(false),
            Optional.of(new ContainerConfig(Optional.of(60_000L)))));
  }

  @ParameterizedTest
  @MethodSource("everyCommand")
  void everyCommandComesBackAsItWasWritten(AgentCommand command) {
    AgentFile file = new AgentFile(Optional.of("r-1"), command);

    assertThat(AgentFile.read(file.json())).isEqualTo(file);
  }

  @Test
  void everyCommandIsTried() {
    assertThat(everyCommand().map(Object::getClass).distinct())
        .containsExactlyInAnyOrder(
            Stream.of(AgentCommand.class.getPermittedSubclasses()).toArray(Class<?>[]::new));
  }

  @Test
  void whatIsNotNeededMayBeAbsent() {
    assertThat(AgentFile.read("{\"type\":\"message\",\"text\":\"hi\",\"of\":\"tomorrow\"}"))
        .isEqualTo(new AgentFile(Optional.empty(), new Message(Optional.empty(), "hi")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"type\":\"message\",\"text\":7} | text is missing or wrong in a Message",
        "{\"type\":\"message\"} | text is missing or wrong in a Message",
        "{\"type\":\"message\",\"text\":\"a\",\"text\":\"b\"} | not JSON at line 1",
        "{\"type\":\"message\",\"text\":\"a\",\"request_id\":\"../x\"} | request_id is not 1 to 64",
        "{\"type\":\"message\",\"text\":\"a\",\"request_id\":7} | request_id is not 1 to 64",
        "{\"type\":\"delete_everything\"} | type is not one of [cancel_task, list_groups",
        "{\"type\":[\"message\"],\"text\":\"a\"} | type is not one of",
        "[] | type is not one of",
        "7 | type is not one of",
        "'' | type is not one of",
        "{ | not JSON at line 1",
        "{\"type\":\"pause_task\",\"task_id\":null} | task_id is missing or wrong in a PauseTask"
      })
  void whatIsWrongIsSaid(String json, String error) {
    assertThatThrownBy(() -> AgentFile.read(json))
        .isInstanceOf(MalformedJsonException.class)
        .hasMessageContaining(error);
  }

  @Test
  void deepNestingIsRefused() {
    String deep =
        "{\"type\":\"message\",\"text\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}";

    assertThatThrownBy(() -> AgentFile.read(deep)).isInstanceOf(MalformedJsonException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"type\":\"nothing\",\"request_id\":\"r-1\"} | r-1",
        "{\"request_id\":\"../../x\"} |",
        "{\"request_id\": 7} |",
        "{ |"
      })
  void aWrongFileMayStillSayWhereItsAnswerGoes(String json, String id) {
    assertThat(AgentFile.requestId(json)).isEqualTo(Optional.ofNullable(id));
  }
}
