package dev.nanoclaw.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nanoclaw.protocol.AgentRequest;
import dev.nanoclaw.protocol.Json;
import java.io.ByteArrayInputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
final class RequestLineTest {

  @Test
  void oneLineIsEnoughAndNobodyWaitsForTheEnd() throws Exception {
    AgentRequest request = request("häppy 🎉");
    try (PipedOutputStream out = new PipedOutputStream();
        PipedInputStream in = new PipedInputStream(out, 1 << 16)) {
      out.write((Json.line(request) + "\n").getBytes(StandardCharsets.UTF_8));
      out.flush();

      assertThat(RequestLine.read(in)).isEqualTo(request);
    }
  }

  @Test
  void megabytesAreFine() {
    AgentRequest request = request("é".repeat(4_000_000));

    assertThat(read(Json.line(request) + "\nmore").prompt()).hasSize(4_000_000);
  }

  @Test
  void whatIsIncompleteOrNoRequestIsRefusedWithoutItsContent() {
    String line = Json.line(request("secret text"));
    for (String input : List.of("", line, line.substring(9) + "\n", "[]\n", "null\n", "{}\n")) {
      assertThatThrownBy(() -> read(input))
          .as(input)
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageNotContaining("sk-real")
          .hasMessageNotContaining("secret text");
    }
  }

  private static AgentRequest read(String input) {
    return RequestLine.read(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
  }

  static AgentRequest request(String prompt) {
    return new AgentRequest(
        prompt,
        Optional.of("session-1"),
        "family",
        "chat",
        false,
        false,
        Map.of("ANTHROPIC_API_KEY", "sk-real"),
        "run-1",
        "nonce",
        List.of("in-1"),
        "Andy",
        "Europe/Paris",
        "claude-x",
        "http://127.0.0.1:9");
  }
}
