package dev.nanoclaw.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class JsonTest {

  private static final String REQUEST =
      """
      {"prompt":"<messages>…</messages>","session_id":null,"group_folder":"family",\
      "chat_jid":"1@g.us","is_main":false,"is_scheduled_task":true,\
      "secrets":{"ANTHROPIC_API_KEY":"canary"},"run_id":"r1","nonce":"n1","inputs":["7"],\
      "assistant_name":"Andy","timezone":"Europe/Paris","model":"default",\
      "base_url":"https://api.anthropic.com"}\
      """;

  private static final String FRAME =
      """
      {"nonce":"n1","status":"success","result":"a\\nb","new_session_id":"s1","error":null,\
      "error_kind":null,"acked":["7"],"failed":[],"idle":false,\
      "usage":{"input_tokens":1,"output_tokens":2,"total_cost_usd":0.5}}\
      """;

  private static final String FAILED_FRAME =
      """
      {"nonce":"n1","status":"error","result":null,"new_session_id":null,"error":"too fast",\
      "error_kind":"rate_limit","acked":[],"failed":["7","8"],"idle":true,"usage":null}\
      """;

  private static AgentRequest request() {
    return new AgentRequest(
        "<messages>…</messages>",
        Optional.empty(),
        "family",
        "1@g.us",
        false,
        true,
        Map.of("ANTHROPIC_API_KEY", "canary"),
        "r1",
        "n1",
        List.of("7"),
        "Andy",
        "Europe/Paris",
        "default",
        "https://api.anthropic.com");
  }

  private static AgentFrame frame() {
    return new AgentFrame(
        "n1",
        AgentFrame.Status.SUCCESS,
        Optional.of("a\nb"),
        Optional.of("s1"),
        Optional.empty(),
        Optional.empty(),
        List.of("7"),
        List.of(),
        false,
        Optional.of(new AgentFrame.Usage(1, 2, 0.5)));
  }

  private static AgentFrame failedFrame() {
    return new AgentFrame(
        "n1",
        AgentFrame.Status.ERROR,
        Optional.empty(),
        Optional.empty(),
        Optional.of("too fast"),
        Optional.of(AgentFrame.ErrorKind.RATE_LIMIT),
        List.of(),
        List.of("7", "8"),
        true,
        Optional.empty());
  }

  @Test
  void theRequestIsWrittenAndReadAsDesigned() {
    assertThat(Json.line(request())).isEqualTo(REQUEST);
    assertThat(Json.read(REQUEST, AgentRequest.class)).isEqualTo(request());
    assertThat(request().toString()).doesNotContain("canary");
  }

  @Test
  void framesAreWrittenAndReadAsDesigned() {
    assertThat(Json.line(frame())).isEqualTo(FRAME);
    assertThat(Json.read(FRAME, AgentFrame.class)).isEqualTo(frame());
    assertThat(Json.line(failedFrame())).isEqualTo(FAILED_FRAME);
    assertThat(Json.read(FAILED_FRAME, AgentFrame.class)).isEqualTo(failedFrame());
  }

  @Test
  void followUpsAreWrittenAndReadAsDesigned() {
    String json = "{\"type\":\"message\",\"id\":\"7\",\"text\":\"hi\"}";
    assertThat(Json.line(FollowUp.message("7", "hi"))).isEqualTo(json);
    assertThat(Json.read(json, FollowUp.class)).isEqualTo(FollowUp.message("7", "hi"));
  }

  @Test
  void everyErrorKindHasItsWireName() {
    for (AgentFrame.ErrorKind kind : AgentFrame.ErrorKind.values()) {
      String name = Json.line(kind);
      assertThat(name).matches("\"[a-z_]+\"");
      assertThat(Json.read(name, AgentFrame.ErrorKind.class)).isEqualTo(kind);
    }
  }

  @Test
  void unknownKeysAreIgnoredAtEveryLevel() {
    String newer =
        FRAME
            .replaceFirst("\\{", "{\"later\":{\"a\":[1,{\"b\":null}]},")
            .replace("\"usage\":{", "\"usage\":{\"cache\":1,");
    assertThat(Json.read(newer, AgentFrame.class)).isEqualTo(frame());
  }

  @Test
  void anOptionalMayBeMissingAndNothingElse() {
    for (String key : List.of("result", "new_session_id", "error", "error_kind", "usage")) {
      assertThat(Json.read(without(FAILED_FRAME, key), AgentFrame.class)).as(key).isNotNull();
    }
    for (String key : List.of("nonce", "status", "acked", "failed", "idle")) {
      refusedBecauseOf(key, without(FRAME, key), AgentFrame.class);
      refusedBecauseOf(key, withNull(FRAME, key), AgentFrame.class);
    }
    assertThat(Json.read(without(REQUEST, "session_id"), AgentRequest.class)).isEqualTo(request());
    for (String key : Json.tree(REQUEST).propertyNames()) {
      if (!key.equals("session_id")) {
        refusedBecauseOf(key, without(REQUEST, key), AgentRequest.class);
        refusedBecauseOf(key, withNull(REQUEST, key), AgentRequest.class);
      }
    }
    for (String key : List.of("type", "id", "text")) {
      String json = Json.line(FollowUp.message("7", "hi"));
      refusedBecauseOf(key, without(json, key), FollowUp.class);
      refusedBecauseOf(key, withNull(json, key), FollowUp.class);
    }
  }

  private static void refusedBecauseOf(String key, String json, Class<?> type) {
    assertThat(catchThrowable(() -> Json.read(json, type)))
        .as(json)
        .isInstanceOf(MalformedJsonException.class)
        .hasMessageContaining(key);
  }

  private static String without(String json, String key) {
    ObjectNode tree = (ObjectNode) Json.tree(json);
    tree.remove(key);
    return tree.toString();
  }

  private static String withNull(String json, String key) {
    ObjectNode tree = (ObjectNode) Json.tree(json);
    tree.putNull(key);
    return tree.toString();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "null",
        "[]",
        "\"canary\"",
        "7",
        "canary",
        "{",
        "{\"nonce\":\"canary",
        "{\"nonce\":\"canary\u0001\"}",
        "{\"nonce\":\"canary\",\"nonce\":\"canary\"}",
        "{\"canary\":1,\"canary\":2}",
        "{\"nonce\":[\"canary\"]}",
        "{\"status\":\"canary\"}",
        "{\"idle\":\"canary\"}",
        "{\"usage\":\"canary\"}",
        "{\"acked\":\"canary\"}"
      })
  void whatIsNotOfTheTypeIsRefusedWithoutRepeatingIt(String json) {
    assertThatThrownBy(() -> Json.read(json, AgentFrame.class))
        .isInstanceOf(MalformedJsonException.class)
        .message()
        .isNotBlank()
        .doesNotContain("canary");
  }

  @Test
  void valuesOfTheWrongTypeAreNotBent() {
    for (String[] change :
        new String[][] {
          {"\"n1\"", "7"},
          {"\"n1\"", "true"},
          {"\"success\"", "0"},
          {"\"success\"", "\"\""},
          {"\"success\"", "\"SUCCESSFUL\""},
          {"[\"7\"]", "[7]"},
          {"[\"7\"]", "[null]"},
          {"[\"7\"]", "{}"},
          {"[\"7\"]", "\"\""},
          {"\"idle\":false", "\"idle\":0"},
          {"\"idle\":false", "\"idle\":\"false\""},
          {"\"idle\":false", "\"idle\":\"\""},
          {"\"input_tokens\":1", "\"input_tokens\":\"1\""},
          {"\"input_tokens\":1", "\"input_tokens\":1.5"},
          {"\"input_tokens\":1", "\"input_tokens\":99999999999999999999"},
          {"\"s1\"", "{}"},
        }) {
      String json = FRAME.replace(change[0], change[1]);
      assertThat(json).isNotEqualTo(FRAME);
      assertThat(catchThrowable(() -> Json.read(json, AgentFrame.class)))
          .as(json)
          .isInstanceOf(MalformedJsonException.class);
    }
    String nullSecret = REQUEST.replace("\"canary\"", "null");
    assertThatThrownBy(() -> Json.read(nullSecret, AgentRequest.class))
        .isInstanceOf(MalformedJsonException.class);
  }

  @Test
  void duplicateKeysAreRefused() {
    assertThatThrownBy(
            () -> Json.read(FRAME.replaceFirst("\\{", "{\"idle\":true,"), AgentFrame.class))
        .isInstanceOf(MalformedJsonException.class);
    assertThatThrownBy(() -> Json.tree("{\"a\":1,\"a\":2}")).hasMessageContaining("uplicate");
  }

  @Test
  void somethingBehindTheValueIsRefused() {
    for (String more : List.of("{}", " x", ",", "]")) {
      assertThatThrownBy(() -> Json.read(FRAME + more, AgentFrame.class))
          .isInstanceOf(MalformedJsonException.class);
    }
    assertThat(Json.read(" " + FRAME + " ", AgentFrame.class)).isEqualTo(frame());
  }

  @Test
  void deepNestingIsRefusedAlsoInUnknownKeys() {
    assertThat(Json.read(nested(60), AgentFrame.class)).isEqualTo(frame());
    for (int depth : new int[] {65, 1_000, 1_000_000}) {
      assertThatThrownBy(() -> Json.read(nested(depth), AgentFrame.class))
          .isInstanceOf(MalformedJsonException.class);
    }
  }

  private static String nested(int depth) {
    String deep = "[".repeat(depth) + "]".repeat(depth);
    return FRAME.replaceFirst("\\{", "{\"x\":" + deep + ",");
  }

  @Test
  void aLineHoldsNoLineEnd() {
    String text = "a\nb\rc\r\nd\u0000\u001b[0m\u0085\u2028\u2029\"\\\uD83E\uDD80";
    String line = Json.line(FollowUp.message("7", text));
    assertThat(line).doesNotContain("\n", "\r");
    assertThat(Json.read(line, FollowUp.class).text()).isEqualTo(text);
  }

  @Test
  void treesAreReadAndWrittenAsJacksonsMapperDoes() {
    for (String json :
        List.of(
            "{\"a\":[1,-2147483649,123456789012345678901,0.1,1e300,true,false,null,\"é\"]}",
            "[[],{},\"\",[{\"b\":{\"c\":-0.0}}]]",
            " \"text\" ",
            "0")) {
      JsonNode tree = JsonMapper.shared().readTree(json);
      assertThat(Json.tree(json)).isEqualTo(tree);
      assertThat(Json.line(tree)).isEqualTo(JsonMapper.shared().writeValueAsString(tree));
    }
    assertThat(Json.tree(" ").isMissingNode()).isTrue();
    for (String json : List.of("{", "[1,]", "{\"a\"}", "1 2", "NaN", "[".repeat(65))) {
      assertThatThrownBy(() -> Json.tree(json)).as(json).isInstanceOf(JacksonException.class);
    }
    assertThatThrownBy(() -> Json.line(new Object())).isInstanceOf(IllegalArgumentException.class);
  }
}
