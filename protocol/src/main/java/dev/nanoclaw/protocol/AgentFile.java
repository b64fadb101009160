package dev.nanoclaw.protocol;

import dev.nanoclaw.protocol.AgentCommand.CancelTask;
import dev.nanoclaw.protocol.AgentCommand.ListGroups;
import dev.nanoclaw.protocol.AgentCommand.ListTasks;
import dev.nanoclaw.protocol.AgentCommand.Message;
import dev.nanoclaw.protocol.AgentCommand.PauseTask;
import dev.nanoclaw.protocol.AgentCommand.RefreshGroups;
import dev.nanoclaw.protocol.AgentCommand.RegisterGroup;
import dev.nanoclaw.protocol.AgentCommand.ResumeTask;
import dev.nanoclaw.protocol.AgentCommand.ScheduleTask;
import dev.nanoclaw.protocol.AgentCommand.UpdateTask;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// A file that an agent writes for the host: a command beside its `type`, and where an answer is
/// wanted a `request_id`, after which the file `responses/<request_id>.json` is named.
public record AgentFile(Optional<String> requestId, AgentCommand command) {

  private static final Pattern REQUEST_ID = Pattern.compile("[A-Za-z0-9-]{1,64}");

  private static final Map<String, Class<? extends AgentCommand>> TYPES =
      Map.of(
          "message", Message.class,
          "schedule_task", ScheduleTask.class,
          "update_task", UpdateTask.class,
          "pause_task", PauseTask.class,
          "resume_task", ResumeTask.class,
          "cancel_task", CancelTask.class,
          "list_tasks", ListTasks.class,
          "list_groups", ListGroups.class,
          "refresh_groups", RefreshGroups.class,
          "register_group", RegisterGroup.class);

  /// @throws MalformedJsonException when it is not JSON, of no known type, or something in it is
  ///   missing or of another type; the message says what
  public static AgentFile read(String json) {
    JsonNode tree = Json.read(json);
    Class<? extends AgentCommand> type = TYPES.get(tree.path("type").asString(""));
    if (type == null) {
      throw new MalformedJsonException(
          "type is not one of " + TYPES.keySet().stream().sorted().toList());
    }
    JsonNode id = tree.path("request_id");
    if (!id.isMissingNode() && !id.isNull() && requestId(tree).isEmpty()) {
      throw new MalformedJsonException("request_id is not 1 to 64 letters, digits and hyphens");
    }
    return new AgentFile(requestId(tree), Json.read(tree, type));
  }

  /// The id in a file that may be wrong in other ways; empty when there is none to read.
  public static Optional<String> requestId(String json) {
    try {
      return requestId(Json.read(json));
    } catch (MalformedJsonException _) {
      return Optional.empty();
    }
  }

  private static Optional<String> requestId(JsonNode tree) {
    JsonNode id = tree.path("request_id");
    return Optional.of(id)
        .filter(JsonNode::isString)
        .map(JsonNode::stringValue)
        .filter(it -> REQUEST_ID.matcher(it).matches());
  }

  /// One line of JSON.
  public String json() {
    ObjectNode tree = Json.object();
    tree.put("type", type());
    requestId.ifPresent(it -> tree.put("request_id", it));
    tree.setAll((ObjectNode) Json.read(Json.line(command)));
    return Json.line(tree);
  }

  private String type() {
    return TYPES.entrySet().stream()
        .filter(it -> it.getValue() == command.getClass())
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow();
  }
}
