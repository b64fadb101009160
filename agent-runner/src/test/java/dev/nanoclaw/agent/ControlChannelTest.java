package dev.nanoclaw.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nanoclaw.protocol.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

@Timeout(20)
final class ControlChannelTest {

  private final BlockingQueue<JsonNode> messages = new LinkedBlockingQueue<>();
  private final CountDownLatch release = new CountDownLatch(1);
  private Writer cli;
  private BufferedReader cliIn;
  private ControlChannel channel;

  @BeforeEach
  void connect() throws IOException {
    Pipe fromCli = Pipe.open();
    Pipe toCli = Pipe.open();
    cli = Channels.newWriter(fromCli.sink(), UTF_8);
    cliIn = new BufferedReader(Channels.newReader(toCli.source(), UTF_8));
    BufferedReader out = new BufferedReader(Channels.newReader(fromCli.source(), UTF_8));
    channel =
        new ControlChannel(
            Channels.newWriter(toCli.sink(), UTF_8),
            Map.of("slow", this::slow, "broken", ControlChannelTest::broken),
            messages::add);
    Thread.ofPlatform().daemon().start(() -> channel.read(out));
  }

  @AfterEach
  void end() throws IOException {
    release.countDown();
    cli.close();
  }

  @Test
  void aSlowAnswerHoldsUpNeitherTheReaderNorOtherAnswers() throws Exception {
    say("{'type':'control_request','request_id':'1','request':{'subtype':'slow'}}");
    say("{'type':'control_request','request_id':'2','request':{'subtype':'broken'}}");
    say("{'type':'result','n':1}");

    assertThat(messages.take().path("n").asInt(0)).isEqualTo(1);
    JsonNode broken = answer();
    assertThat(broken.path("request_id").asString("")).isEqualTo("2");
    assertThat(broken.path("subtype").asString("")).isEqualTo("error");
    release.countDown();
    JsonNode slow = answer();
    assertThat(slow.path("subtype").asString("")).isEqualTo("success");
    assertThat(slow.path("response").path("done").asBoolean(false)).isTrue();
  }

  @Test
  void whatItDoesNotKnowIsIgnoredOrRefused() throws Exception {
    say("not json at all");
    say("{'type':'keep_alive'}");
    say("{'type':'control_cancel_request','request_id':'9'}");
    say("{'type':'control_response','response':{'subtype':'success','request_id':'never'}}");
    say("{'type':'control_request','request_id':'3','request':{'subtype':'from_the_future'}}");

    assertThat(answer().path("subtype").asString("")).isEqualTo("error");
  }

  @Test
  void aRequestGetsItsAnswerAndFailsWhenTheCliEnds() throws Exception {
    Thread.ofVirtual().start(this::answerOneRequestAndEnd);
    ObjectNode request = Json.object().put("subtype", "initialize");

    assertThat(channel.request(request, Duration.ofSeconds(10)).path("ok").asInt(0)).isEqualTo(1);
    assertThatThrownBy(() -> channel.request(request, Duration.ofSeconds(10)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("ended");
  }

  private void answerOneRequestAndEnd() {
    try {
      String id = read().path("request_id").asString("");
      say(
          "{'type':'control_response','response':{'subtype':'success','request_id':'"
              + id
              + "','response':{'ok':1}}}");
      read();
      cli.close();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private ObjectNode slow(JsonNode request) {
    try {
      release.await();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    return Json.object().put("done", !request.isEmpty());
  }

  private static ObjectNode broken(JsonNode request) {
    throw new IllegalStateException("cannot do " + request.path("subtype"));
  }

  private void say(String json) throws IOException {
    cli.write(json.replace('\'', '"') + "\n");
    cli.flush();
  }

  private JsonNode read() throws IOException {
    return Json.tree(cliIn.readLine());
  }

  private JsonNode answer() throws IOException {
    return read().path("response");
  }
}
