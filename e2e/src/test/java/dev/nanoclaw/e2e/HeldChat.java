package dev.nanoclaw.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;

/// An installation and its local chat, whose model can be made to hold its answers back.
final class HeldChat implements AutoCloseable {

  private final ApiStandIn api = new ApiStandIn();
  private final Installation nanoclaw;
  private final Semaphore waiting = new Semaphore(0);
  private volatile CountDownLatch gate = new CountDownLatch(0);
  private volatile Predicate<JsonNode> held = _ -> true;

  HeldChat(Installation.Setting setting) throws IOException {
    nanoclaw = new Installation(setting, api.baseUrl(), RunnerProcess.KEY);
    api.instead(this::pass);
  }

  Installation nanoclaw() {
    return nanoclaw;
  }

  ApiStandIn api() {
    return api;
  }

  private Optional<String> pass(JsonNode body) {
    CountDownLatch closed = gate;
    if (!body.path("tools").isEmpty() && held.test(body) && closed.getCount() > 0) {
      waiting.release();
      try {
        closed.await();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
    }
    return Optional.empty();
  }

  /// Sends a message that asks for this answer, and returns when the model holds it back.
  void askAndHold(String answer) throws Exception {
    hold(_ -> true);
    ask(answer);
    awaitModelAsked();
  }

  /// The model holds its answers to such requests back until its release.
  void hold(Predicate<JsonNode> requests) {
    held = requests;
    gate = new CountDownLatch(1);
  }

  /// Returns when the model is asked while it holds its answers back; each time counts once.
  void awaitModelAsked() throws InterruptedException {
    assertThat(waiting.tryAcquire(120, TimeUnit.SECONDS)).as("the model is asked").isTrue();
  }

  /// The model answers from now on, also what it was asked before.
  void release() {
    gate.countDown();
  }

  /// Sends a message that asks for this answer; returns when the host has it.
  void ask(String answer) throws IOException {
    say(asking(answer));
  }

  /// Sends a message; returns when the host has it.
  void say(String text) throws IOException {
    JsonNode reply = post(UUID.randomUUID().toString(), text);
    assertThat(reply.has("error")).as("%s", reply).isFalse();
  }

  /// Sends a message under an id; the connection may break before the host has said anything.
  JsonNode send(String id, String answer) throws IOException {
    return post(id, asking(answer));
  }

  private static String asking(String answer) {
    return RealCli.script("{\"text\":\"" + answer + "\"}");
  }

  private JsonNode post(String id, String text) throws IOException {
    try (var control = new ControlConnection(nanoclaw.home())) {
      return control.ask("chat.send", Map.of("id", id, "text", text));
    }
  }

  /// Everything that the assistant and the host have said in the chat.
  List<String> said() {
    List<String> said = new ArrayList<>();
    try (var control = new ControlConnection(nanoclaw.home())) {
      for (JsonNode line : control.call("chat.attach", Map.of("after_seq", 0)).path("history")) {
        if (line.path("assistant").asBoolean()) {
          said.add(line.path("text").asString());
        }
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return said;
  }

  /// Waits until that was said. The limit is long: a host that was killed in the moment before it
  /// started the engine leaves a run that is given a minute to begin.
  void await(String answer) {
    Installation.await(
        "the answer: " + answer, Duration.ofMinutes(2), () -> said().contains(answer));
  }

  /// How often the model was asked for an answer.
  int asked() {
    return api.conversation().size();
  }

  /// Runs in order: how each ended, or `running`.
  List<String> runs() {
    return nanoclaw.query("select coalesce(end_reason, state) from agent_runs order by started_at");
  }

  @Override
  public void close() {
    nanoclaw.close();
    api.close();
  }
}
