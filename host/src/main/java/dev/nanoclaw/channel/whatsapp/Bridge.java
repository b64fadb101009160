package dev.nanoclaw.channel.whatsapp;

import dev.nanoclaw.jsonrpc.JsonRpc;
import dev.nanoclaw.jsonrpc.JsonRpc.RpcException;
import dev.nanoclaw.jsonrpc.LineReader;
import dev.nanoclaw.process.ChildProcess;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// One running `whatsapp-bridge`: asks it, and answers what it asks.
final class Bridge implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Bridge.class);
  private static final Logger bridgeLog = LoggerFactory.getLogger("whatsapp-bridge");
  private static final int MAX_LINE = 16 * 1024 * 1024;

  /// The bridge ends within 3 s.
  private static final Duration GRACE = Duration.ofMillis(3500);

  private final ChildProcess process;
  private final Listener listener;
  private final AtomicLong ids = new AtomicLong();
  private final Map<Long, CompletableFuture<JsonNode>> open = new ConcurrentHashMap<>();
  private final ExecutorService inbound =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("whatsapp-in").factory());
  private final Thread errors =
      Thread.ofPlatform().daemon().name("whatsapp-err").unstarted(this::readErrors);
  private final BlockingQueue<String> outgoing = new LinkedBlockingQueue<>();
  private volatile String lastError = "";
  private volatile boolean gone;

  /// What the bridge says and asks, in order, on one thread that may wait.
  interface Listener {

    void told(String method, JsonNode params);

    /// Returns when it has been dealt with.
    ///
    /// @throws RuntimeException when it has not: the bridge asks again
    void asked(String method, JsonNode params);

    /// The process is over, and everything that it said has been heard.
    void ended(int exitCode, String lastError);
  }

  private Bridge(ChildProcess process, Listener listener) {
    this.process = process;
    this.listener = listener;
  }

  /// Starts the program on its store; it is heard from [#listen] on.
  ///
  /// @throws IOException when it cannot be started
  static Bridge start(Path program, Path store, Listener listener) throws IOException {
    return new Bridge(
        ChildProcess.start(List.of(program.toString(), "--store", store.toString())), listener);
  }

  void listen() {
    errors.start();
    Thread.ofPlatform().daemon().name("whatsapp-to").start(this::write);
    Thread.ofPlatform().daemon().name("whatsapp-out").start(this::read);
  }

  /// On a thread of its own, for the bridge may not read.
  private void write() {
    try {
      while (!gone) {
        process.write(outgoing.take());
      }
    } catch (IOException e) {
      log.debug("The bridge does not listen any more: {}", e.toString());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /// Asks and waits for the answer.
  ///
  /// @throws LinkException when the bridge answers with an error; as "not connected" when it is
  ///   gone before the call, as "unknown outcome" when it goes or takes too long during it
  <T> T call(String method, Object params, Class<T> type, Duration atMost)
      throws InterruptedException {
    long id = ids.incrementAndGet();
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    open.put(id, answer);
    try {
      if (gone) {
        throw failure(Wire.NOT_CONNECTED, "the bridge to WhatsApp is gone");
      }
      outgoing.add(JsonRpc.line(JsonRpc.request(id, method, JsonRpc.tree(params))));
      if (gone) { // meanwhile: nobody else would say so
        answer.completeExceptionally(failure(Wire.UNKNOWN_OUTCOME, "the bridge ended meanwhile"));
      }
      return JsonRpc.value(answer.get(atMost.toMillis(), TimeUnit.MILLISECONDS), type);
    } catch (TimeoutException _) {
      throw failure(Wire.UNKNOWN_OUTCOME, "no answer within " + atMost.toSeconds() + " s");
    } catch (ExecutionException e) {
      throw e.getCause() instanceof LinkException told ? told : new IllegalStateException(e);
    } finally {
      open.remove(id);
    }
  }

  private static LinkException failure(int code, String message) {
    return new LinkException(code, message, Optional.empty());
  }

  private void read() {
    var lines = new LineReader(process.out(), MAX_LINE);
    try {
      for (var line = next(lines); line.isPresent(); line = next(lines)) {
        dispatch(line.get());
      }
    } catch (IOException e) {
      log.warn("The bridge cannot be read: {}", e.toString());
    } finally {
      gone = true;
      process.kill(); // without its output it is of no use
      var _ = outgoing.add(""); // the writer looks up
      LinkException end = failure(Wire.UNKNOWN_OUTCOME, "the bridge ended meanwhile");
      open.values().forEach(it -> it.completeExceptionally(end));
      inbound.execute(this::end);
      inbound.shutdown();
    }
  }

  private static Optional<String> next(LineReader lines) throws IOException {
    try {
      return lines.next();
    } catch (LineReader.LineTooLongException e) {
      log.warn("The bridge: {}", e.getMessage());
      return Optional.of("");
    }
  }

  private void end() {
    try {
      int code = process.await();
      var _ = errors.join(GRACE);
      listener.ended(code, lastError);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void dispatch(String line) {
    if (line.isBlank()) {
      return;
    }
    try {
      ObjectNode message = JsonRpc.parse(line);
      if (!message.path("method").isString()) {
        answered(message);
      } else {
        inbound.execute(() -> take(message));
      }
    } catch (RpcException e) {
      log.warn("The bridge said something that is {}", e.getMessage());
    }
  }

  private void answered(ObjectNode message) {
    CompletableFuture<JsonNode> answer = open.get(message.path("id").asLong(-1));
    if (answer == null) {
      return; // it came too late
    }
    JsonNode error = message.path("error");
    if (error.isObject()) {
      JsonNode retryIn = error.path("data").path("retry_in");
      answer.completeExceptionally(
          new LinkException(
              error.path("code").asInt(0),
              error.path("message").asString(""),
              retryIn.isNumber()
                  ? Optional.of(Duration.ofMillis(retryIn.asLong()))
                  : Optional.empty()));
    } else {
      answer.complete(message.path("result"));
    }
  }

  private void take(ObjectNode message) {
    String method = message.path("method").asString("");
    JsonNode id = message.path("id");
    JsonNode params = message.path("params").isObject() ? message.path("params") : JsonRpc.object();
    try {
      if (id.isMissingNode()) {
        listener.told(method, params);
        return;
      }
      listener.asked(method, params);
      reply(JsonRpc.result(id, JsonRpc.object()));
    } catch (RpcException e) {
      log.warn("The bridge asked for {}: {}", method, e.getMessage());
      reply(JsonRpc.error(id, e));
    } catch (JacksonException | IllegalArgumentException e) {
      String why = String.valueOf(e.getMessage());
      log.warn("The bridge's {} is not as it must be: {}", method, why);
      reply(JsonRpc.error(id, new RpcException(JsonRpc.INVALID_PARAMS, why)));
    } catch (RuntimeException e) {
      log.error("The bridge's {} could not be dealt with", method, e);
      reply(
          JsonRpc.error(
              id, new RpcException(JsonRpc.INTERNAL_ERROR, String.valueOf(e.getMessage()))));
    }
  }

  private void reply(ObjectNode answer) {
    if (answer.path("id").isMissingNode()) {
      return; // nobody asked
    }
    outgoing.add(JsonRpc.line(answer));
  }

  /// Its log lines go into ours.
  private void readErrors() {
    try (InputStream err = process.err()) {
      var lines = new LineReader(err, MAX_LINE);
      for (var line = next(lines); line.isPresent(); line = next(lines)) {
        logLine(line.get());
      }
    } catch (IOException e) {
      log.debug("The bridge's log cannot be read: {}", e.toString());
    }
  }

  private void logLine(String line) {
    if (line.isBlank()) {
      return;
    }
    String text = line;
    String level = "WARN"; // not a log line: a crash, most likely
    try {
      ObjectNode fields = JsonRpc.parse(line);
      level = fields.path("level").asString("WARN");
      text = fields.path("msg").asString("");
      fields.remove(List.of("time", "level", "msg"));
      text = fields.isEmpty() ? text : text + " " + fields;
    } catch (RpcException _) {
      lastError = line; // as it is
    }
    switch (level) {
      case "DEBUG" -> bridgeLog.debug("{}", text);
      case "INFO" -> bridgeLog.info("{}", text);
      case "ERROR" -> {
        lastError = text;
        bridgeLog.error("{}", text);
      }
      default -> bridgeLog.warn("{}", text);
    }
  }

  /// Ends the program, and waits for its end.
  @Override
  public void close() {
    end(GRACE);
  }

  /// Ends the program, and kills it when it takes longer than that.
  void end(Duration grace) {
    process.end(grace);
  }
}
