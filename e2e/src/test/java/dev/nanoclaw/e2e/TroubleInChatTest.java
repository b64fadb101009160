package dev.nanoclaw.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.protocol.AgentFrame.ErrorKind;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Each kind of trouble that the API can make, with the real Claude Code in a real container: what
/// the person reads in the chat, who has to act, and that it comes within a minute.
@Timeout(120)
class TroubleInChatTest {

  private static final Installation.Setting PODMAN =
      new Installation.Setting("podman", Optional.empty());

  @BeforeAll
  static void buildImage() throws Exception {
    try (var installation = new Installation(PODMAN, "http://127.0.0.1:9", "none")) {
      installation.buildImage();
    }
  }

  static Stream<Arguments> answers() {
    return Stream.of(
        Arguments.of(
            "{\"status\":401,\"message\":\"invalid x-api-key\"}",
            ErrorKind.AUTH,
            "Claude refused the owner's key or token (401)."),
        Arguments.of(
            "{\"status\":403,\"message\":\"not for you\"}",
            ErrorKind.AUTH,
            "Claude refused the owner's key or token (403)."),
        Arguments.of(
            "{\"status\":400,\"message\":\"Your credit balance is too low to access the"
                + " Anthropic API.\"}",
            ErrorKind.AUTH,
            "The Claude account has no credit left."),
        Arguments.of(
            "{\"status\":429,\"headers\":{\"retry-after\":\"400\"}}",
            ErrorKind.RATE_LIMIT,
            "Claude's usage limit is reached (429)"),
        Arguments.of(
            "{\"status\":429,\"headers\":{\"retry-after\":\"2\"}}",
            ErrorKind.RATE_LIMIT,
            "Claude's usage limit is reached (429)"),
        Arguments.of(
            "{\"status\":500}", ErrorKind.OVERLOADED, "Claude's service is out of order (500)."),
        Arguments.of(
            "{\"status\":529}", ErrorKind.OVERLOADED, "Claude's service is overloaded (529)."),
        Arguments.of(
            "{\"status\":404,\"message\":\"model: claude-nope\"}",
            ErrorKind.MODEL,
            "The configured model does not exist or may not be used (404)."),
        Arguments.of(
            "{\"text\":\"half a wo\",\"ending\":\"cut\"}",
            ErrorKind.NETWORK,
            "Claude's service cannot be reached or does not answer."),
        Arguments.of(
            "{\"status\":400,\"message\":\"prompt is too long: 250000 tokens > 200000 maximum\"}",
            ErrorKind.OTHER,
            "The conversation has become too long for Claude and could not be shortened; /new"
                + " begins a new one."),
        Arguments.of(
            "{\"status\":400,\"message\":\"messages.0: what is " + RunnerProcess.KEY + "?\"}",
            ErrorKind.OTHER,
            "Claude could not finish (400): API Error: 400 messages.0: what is [secret]?"));
  }

  @ParameterizedTest
  @MethodSource("answers")
  void whatTheApiAnswersReachesTheChatAsASentence(String answer, ErrorKind kind, String sentence)
      throws Exception {
    try (var api = new ApiStandIn();
        var nanoclaw = new Installation(PODMAN, api.baseUrl(), RunnerProcess.KEY)) {
      nanoclaw.configure("max_turn_retries: 5", "max_turn_retries: 0");
      nanoclaw.start();
      api.instead(_ -> Optional.of(answer));

      long begin = System.nanoTime();
      Machine.Result said = nanoclaw.nanoclaw("chat", "-m", "hello");

      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofMinutes(1));
      assertThat(said.output()).contains(sentence).doesNotContain(RunnerProcess.KEY);
      assertThat(said.code()).isEqualTo(kind.parksTheGroup() ? 3 : 0);
      assertThat(api.conversation()).isNotEmpty();
    }
  }
}
