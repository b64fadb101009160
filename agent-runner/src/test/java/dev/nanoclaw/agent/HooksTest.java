package dev.nanoclaw.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.protocol.Json;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

final class HooksTest {

  @Test
  void theCommandLosesTheVariablesAndKeepsTheRest() {
    JsonNode output =
        answer("{'callback_id':'bash-guard','input':{'tool_input':{'command':'env','timeout':5}}}");

    assertThat(output.path("permissionDecision").asString("")).isEqualTo("allow");
    assertThat(Json.line(output.path("updatedInput")))
        .isEqualTo(
            "{\"command\":\"unset ANTHROPIC_API_KEY CLAUDE_CODE_OAUTH_TOKEN; env\",\"timeout\":5}");
  }

  @Test
  void whatCannotBeReadIsDenied() {
    for (String request :
        new String[] {
          "{}",
          "{'callback_id':'bash-guard'}",
          "{'callback_id':'other','input':{'tool_input':{'command':'env'}}}",
          "{'callback_id':'bash-guard','input':{'tool_input':{'command':['env']}}}",
          "{'callback_id':'bash-guard','input':{'tool_input':'env'}}"
        }) {
      assertThat(answer(request).path("permissionDecision").asString(""))
          .as(request)
          .isEqualTo("deny");
    }
  }

  private static JsonNode answer(String request) {
    Path nowhere = Path.of("/nonexistent");
    return new Hooks(new TranscriptArchive(nowhere, nowhere, "UTC", InstantSource.system()))
        .answer(Json.tree(request.replace('\'', '"')))
        .path("hookSpecificOutput");
  }
}
