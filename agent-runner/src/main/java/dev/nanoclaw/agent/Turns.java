package dev.nanoclaw.agent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.nanoclaw.protocol.AgentFrame;
import dev.nanoclaw.protocol.AgentFrame.ErrorKind;
import dev.nanoclaw.protocol.AgentFrame.Status;
import dev.nanoclaw.protocol.AgentFrame.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import tools.jackson.databind.JsonNode;

/// Which inputs are inside the CLI, and what becomes of them: turns its lines into frames.
///
/// A turn may answer several messages, and a message may join a turn that runs. So results are
/// never counted: each message has a uuid, and the result names those that it answers.
final class Turns {

  private static final Trouble DROPPED =
      new Trouble(ErrorKind.OTHER, "Claude Code put a message aside without an answer.");

  private final String nonce;
  private final BooleanSupplier unreachable;

  /// The inputs of each message that has no result yet, by its uuid, in order.
  @GuardedBy("this") private final Map<String, List<String>> open = new LinkedHashMap<>();

  /// Messages of the turn that runs, by the CLI's `command_lifecycle` lines: for a result that does
  /// not name its messages.
  @GuardedBy("this") private final Set<String> started = new LinkedHashSet<>();

  /// Messages that the CLI will not answer any more.
  @GuardedBy("this") private final Set<String> cancelled = new LinkedHashSet<>();

  /// Inputs that came in and did not go back: one that comes again is here or answered already.
  @GuardedBy("this") private final Set<String> known = new HashSet<>();

  @GuardedBy("this") private String cause = "";

  @GuardedBy("this") private boolean stopping;

  @GuardedBy("this") private boolean over;

  /// @param unreachable whether the API could not be reached at the last try
  Turns(String nonce, BooleanSupplier unreachable) {
    this.nonce = nonce;
    this.unreachable = unreachable;
  }

  /// Says that a message with these inputs goes to the CLI.
  ///
  /// @return the uuid to give it
  synchronized String open(List<String> inputs) {
    String uuid = UUID.randomUUID().toString();
    open.put(uuid, List.copyOf(inputs));
    known.addAll(inputs);
    return uuid;
  }

  /// Whether the input is inside or answered. A host that died over handing it over gives it again.
  synchronized boolean knows(String input) {
    return known.contains(input);
  }

  /// Takes a line of the CLI.
  ///
  /// @return the frame to send, when the line ends a turn
  synchronized Optional<AgentFrame> take(JsonNode line) {
    if (line.path("parent_tool_use_id").isString()) {
      return Optional.empty(); // a sub-agent's
    }
    notifyAll(); // they look once this method is left
    return switch (line.path("type").asString("")) {
      case "assistant" -> {
        cause = line.path("error").asString("");
        yield Optional.empty();
      }
      case "command_lifecycle" -> {
        progress(line.path("state").asString(""), line.path("command_uuid").asString(""));
        yield Optional.empty();
      }
      case "system" -> {
        boolean idle = line.path("state").asString("").equals("idle");
        yield idle ? dropped() : Optional.empty();
      }
      case "result" -> Optional.of(ended(line));
      default -> Optional.empty();
    };
  }

  /// Says that the person asked to stop.
  ///
  /// @return whether a turn is open; else nothing is to be done
  synchronized boolean stop() {
    stopping = !open.isEmpty();
    return stopping;
  }

  /// Whether the turn that is to be broken off has no result yet.
  synchronized boolean stopping() {
    return stopping && !over;
  }

  synchronized boolean anyOpen() {
    return !open.isEmpty();
  }

  /// The CLI is gone.
  ///
  /// @return the frame that gives back what was inside, if anything was
  synchronized Optional<AgentFrame> lost(ErrorKind kind, String sentence) {
    notifyAll(); // they look once this method is left
    over = true;
    List<String> inputs = close(List.copyOf(open.keySet()));
    return inputs.isEmpty()
        ? Optional.empty()
        : Optional.of(error(new Trouble(kind, sentence), Optional.empty(), inputs));
  }

  /// Waits until every message has its result.
  ///
  /// @return whether that is so, or the time is over
  synchronized boolean awaitNoneOpen(Duration atMost) throws InterruptedException {
    long end = System.nanoTime() + atMost.toNanos();
    while (!open.isEmpty() && !over && end - System.nanoTime() > 0) {
      TimeUnit.NANOSECONDS.timedWait(this, end - System.nanoTime());
    }
    return open.isEmpty() || over;
  }

  @GuardedBy("this") private void progress(String state, String uuid) {
    switch (state) {
      case "started" -> started.add(uuid);
      case "cancelled" -> cancelled.add(uuid);
      default -> {}
    }
  }

  /// The CLI has nothing more to do: what it cancelled and no result named has to be given again.
  @GuardedBy("this") private Optional<AgentFrame> dropped() {
    List<String> inputs = close(List.copyOf(cancelled));
    cancelled.clear();
    return inputs.isEmpty()
        ? Optional.empty()
        : Optional.of(error(DROPPED, Optional.empty(), inputs));
  }

  @GuardedBy("this") private AgentFrame ended(JsonNode result) {
    List<String> inputs = close(messagesOf(result));
    Optional<String> session = result.path("session_id").asStringOpt();
    boolean failed =
        result.path("is_error").asBoolean(false)
            || !result.path("subtype").asString("").equals("success");
    boolean stopped = stopping && result.path("terminal_reason").asString("").startsWith("aborted");
    AgentFrame frame =
        failed && !stopped
            ? error(Trouble.of(result, cause, unreachable.getAsBoolean()), session, inputs)
            : success(result, session, inputs);
    started.clear();
    cause = "";
    stopping = false;
    return frame;
  }

  @GuardedBy("this") private AgentFrame success(JsonNode result, Optional<String> session, List<String> acked) {
    return new AgentFrame(
        nonce,
        Status.SUCCESS,
        result.path("result").asStringOpt().filter(it -> !it.isBlank()),
        session,
        Optional.empty(),
        Optional.empty(),
        acked,
        List.of(),
        open.isEmpty(),
        Optional.of(usage(result)));
  }

  @GuardedBy("this") private AgentFrame error(Trouble trouble, Optional<String> session, List<String> failed) {
    known.removeAll(failed);
    return new AgentFrame(
        nonce,
        Status.ERROR,
        Optional.empty(),
        session.filter(_ -> trouble.kind() != ErrorKind.SESSION_LOST),
        Optional.of(trouble.sentence()),
        Optional.of(trouble.kind()),
        List.of(),
        failed,
        open.isEmpty(),
        Optional.empty());
  }

  /// The uuids of the messages that the turn contained. A result before the CLI has begun any of
  /// them, and outside a turn of its own, concerns all: it could not start.
  @GuardedBy("this") private List<String> messagesOf(JsonNode result) {
    JsonNode named = result.path("user_message_uuids");
    if (named.isArray()) {
      List<String> uuids = new ArrayList<>();
      named.forEach(it -> uuids.add(it.asString("")));
      return uuids;
    }
    boolean couldNotStart = started.isEmpty() && result.path("num_turns").asInt(1) == 0;
    return List.copyOf(couldNotStart ? open.keySet() : started);
  }

  @GuardedBy("this") private List<String> close(List<String> uuids) {
    List<String> inputs = new ArrayList<>();
    for (String uuid : uuids) {
      List<String> those = open.remove(uuid);
      if (those != null) {
        inputs.addAll(those);
      }
    }
    return inputs;
  }

  /// Input tokens are all that the model read, from the cache or not.
  private static Usage usage(JsonNode result) {
    JsonNode usage = result.path("usage");
    long input =
        usage.path("input_tokens").asLong(0)
            + usage.path("cache_creation_input_tokens").asLong(0)
            + usage.path("cache_read_input_tokens").asLong(0);
    return new Usage(
        input, usage.path("output_tokens").asLong(0), result.path("total_cost_usd").asDouble(0));
  }
}
