package dev.nanoclaw.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.nanoclaw.protocol.AgentFile;
import dev.nanoclaw.protocol.AgentRequest;
import dev.nanoclaw.protocol.AgentResponse;
import dev.nanoclaw.protocol.Json;
import dev.nanoclaw.protocol.MalformedJsonException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The MCP server behind the CLI's control channel: the tools by which the model asks something of
/// the host. They stand in `tools.json`, named as the commands are and with their fields as
/// arguments; what has `main` there is for agents of main chats.
final class Tools {

  static final String SERVER = "nanoclaw";

  private final boolean isMain;
  private final String timezone;
  private final HostRequests host;

  Tools(AgentRequest request, HostRequests host) {
    isMain = request.isMain();
    timezone = request.timezone();
    this.host = host;
  }

  /// Answers an `mcp_message`, which may take as long as the host takes.
  ObjectNode answer(JsonNode request) {
    JsonNode message = request.path("message");
    ObjectNode answer = Json.object();
    ObjectNode reply = answer.putObject("mcp_response").put("jsonrpc", "2.0");
    if (message.has("id")) {
      reply.set("id", message.path("id"));
    } else {
      reply.put("id", 0); // so that the CLI knows that a notification has come
    }
    String method = message.path("method").asString("");
    switch (method) {
      case "initialize" -> {
        ObjectNode result = reply.putObject("result").put("protocolVersion", "2025-11-25");
        result.putObject("capabilities").putObject("tools");
        result.putObject("serverInfo").put("name", SERVER).put("version", "1");
      }
      case "tools/list" -> reply.putObject("result").putArray("tools").addAll(offered());
      case "tools/call" -> reply.set("result", call(message.path("params")));
      case "ping", "notifications/initialized", "notifications/cancelled" ->
          reply.putObject("result");
      default -> reply.putObject("error").put("code", -32601).put("message", "no method " + method);
    }
    return answer;
  }

  /// Read anew each time: a model calls seldom, and memory counts in every container.
  private List<ObjectNode> offered() {
    List<ObjectNode> offered = new ArrayList<>();
    try (InputStream file = requireNonNull(Tools.class.getResourceAsStream("tools.json"))) {
      String text = new String(file.readAllBytes(), UTF_8).replace("{timezone}", timezone);
      for (JsonNode tool : Json.tree(text)) {
        if (isMain || !tool.path("main").asBoolean(false)) {
          offered.add(offer((ObjectNode) tool));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return offered;
  }

  private ObjectNode offer(ObjectNode tool) {
    ObjectNode schema = (ObjectNode) tool.path("inputSchema");
    schema.put("type", "object").put("additionalProperties", false);
    ((ObjectNode) schema.path("properties"))
        .removeIf(it -> !isMain && it.path("main").asBoolean(false))
        .forEach(it -> ((ObjectNode) it).remove("main"));
    tool.remove("main");
    // Without this the CLI would name the tools only, and the model had to search for them.
    tool.putObject("_meta").put("anthropic/alwaysLoad", true);
    return tool.put(
        "description",
        tool.path("description")
            .valueStream()
            .map(JsonNode::stringValue)
            .collect(Collectors.joining("\n")));
  }

  private ObjectNode call(JsonNode call) {
    String name = call.path("name").asString("");
    Optional<ObjectNode> tool =
        offered().stream().filter(it -> it.path("name").asString("").equals(name)).findFirst();
    if (tool.isEmpty()) {
      return result("There is no tool " + name + " here.", true);
    }
    ObjectNode arguments =
        call.path("arguments") instanceof ObjectNode given ? given : Json.object();
    arguments.removeIf(JsonNode::isNull); // given as null is not given
    List<String> problems = ToolInput.problems(tool.get().path("inputSchema"), arguments);
    return problems.isEmpty()
        ? ask(arguments.put("type", name.equals("send_message") ? "message" : name))
        : nothingDone(String.join("; ", problems) + ". Correct that and call " + name + " again.");
  }

  private ObjectNode ask(ObjectNode command) {
    String id;
    try {
      id = host.put(AgentFile.read(Json.line(command)).command());
    } catch (IOException | MalformedJsonException e) {
      return nothingDone("the request could not be written down for the host (" + e + ").");
    }
    try {
      return host.await(id).map(Tools::result).orElseGet(() -> unknown("The host did not answer"));
    } catch (IOException | MalformedJsonException e) {
      return unknown("The host's answer could not be read (" + e + ")");
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return unknown("This agent is ending");
    }
  }

  private static ObjectNode nothingDone(String why) {
    return result("Nothing was done: " + why, true);
  }

  private static ObjectNode unknown(String why) {
    return result(
        why
            + ". It may still do what you asked for, so do not ask again before you have looked"
            + " whether it did (list_tasks shows tasks). If you cannot tell, say so.",
        true);
  }

  private static ObjectNode result(AgentResponse response) {
    return response.ok()
        ? result(response.text().orElse("Done."), false)
        : result(response.error().orElse("The host refused without saying why."), true);
  }

  private static ObjectNode result(String text, boolean isError) {
    ObjectNode result = Json.object().put("isError", isError);
    result.putArray("content").addObject().put("type", "text").put("text", text);
    return result;
  }
}
