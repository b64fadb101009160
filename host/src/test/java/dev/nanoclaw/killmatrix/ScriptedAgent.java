package dev.nanoclaw.killmatrix;

import dev.nanoclaw.killmatrix.Journal.Prompt;
import dev.nanoclaw.killmatrix.Stage.Actor;
import dev.nanoclaw.protocol.AgentFrame;
import dev.nanoclaw.protocol.AgentFrame.ErrorKind;
import dev.nanoclaw.protocol.AgentFrame.Status;
import dev.nanoclaw.protocol.AgentRequest;
import dev.nanoclaw.protocol.FollowUp;
import dev.nanoclaw.protocol.Frames;
import dev.nanoclaw.protocol.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// What happens in one container. Chance decides how well the agent does.
final class ScriptedAgent {

  private static final Pattern MESSAGE = Pattern.compile("\\bm(\\d+)\\b");
  private static final Duration LOOK = Duration.ofMillis(10);
  private static final int RUNNING = -1;
  private static final int FILLING = 2500;

  private final String folder;
  private final Path inputs;
  private final Actor cli;
  private final Engine engine;
  private final Journal journal;
  private final Random random;
  private final Runnable gone;
  private final AtomicInteger exitCode = new AtomicInteger(RUNNING);
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Map<String, String> inside = new LinkedHashMap<>();
  private long written;

  /// @param inputs the directory with the follow-ups
  /// @param gone the container does not run any more; its last words may still be on their way
  ScriptedAgent(
      String folder,
      Path inputs,
      Actor cli,
      Engine engine,
      Journal journal,
      Random random,
      Runnable gone) {
    this.folder = folder;
    this.inputs = inputs;
    this.cli = cli;
    this.engine = engine;
    this.journal = journal;
    this.random = random;
    this.gone = gone;
  }

  String folder() {
    return folder;
  }

  /// Ends it from outside, or by itself, but not within a frame. The first end counts.
  ///
  /// @return whether this was the first
  synchronized boolean end(int code) {
    if (!exitCode.compareAndSet(RUNNING, code)) {
      return false;
    }
    ended.countDown();
    gone.run();
    var _ = cli.say("exit " + code);
    return true;
  }

  private void crash(AgentRequest request, int code) {
    if (end(code)) {
      journal.crashed(request.runId());
    }
  }

  private boolean isRunning() {
    return exitCode.get() == RUNNING;
  }

  void live() {
    Optional<AgentRequest> request = cli.line().map(it -> Json.read(it, AgentRequest.class));
    if (request.isEmpty()) {
      return; // the relay has ended with 65
    }
    AgentRequest it = request.get();
    take(it.runId(), it.inputs().getFirst(), it.prompt());
    try {
      while (isRunning()) {
        boolean close = Files.exists(inputs.resolve(FollowUp.CLOSE));
        takeFollowUps(it.runId());
        if (!inside.isEmpty()) {
          turn(it);
        } else if (close) {
          var _ = end(0);
        } else {
          pause(LOOK);
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void take(String run, String input, String text) {
    inside.put(input, text);
    List<Integer> numbers =
        MESSAGE.matcher(text).results().map(it -> Integer.parseInt(it.group(1))).toList();
    journal.add(new Prompt(folder, run, input, numbers));
  }

  private void takeFollowUps(String run) {
    try (Stream<Path> files = Files.list(inputs)) {
      for (Path file : files.filter(it -> it.toString().endsWith(".json")).sorted().toList()) {
        FollowUp followUp = Json.read(Files.readString(file), FollowUp.class);
        Files.delete(file);
        take(run, followUp.id(), followUp.text());
      }
    } catch (IOException e) {
      journal.note("the inputs of " + run + " cannot be read: " + e);
    }
  }

  /// Waits until it is over, or that long.
  private void pause(Duration time) throws InterruptedException {
    var _ = ended.await(time.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void turn(AgentRequest request) throws InterruptedException {
    int chance = random.nextInt(100);
    if (engine.onlyCrashes()) {
      pause(Duration.ofMillis(random.nextInt(30)));
      crash(request, 1);
    } else if (inside.values().stream().anyMatch(it -> it.contains("poison"))) {
      fail(request, ErrorKind.OTHER);
    } else if (engine.isCalm()) {
      succeed(request, inside.size());
    } else {
      turn(request, chance);
    }
  }

  private void turn(AgentRequest request, int chance) throws InterruptedException {
    if (chance < 3) {
      crash(request, 1);
    } else if (chance < 6) {
      crash(request, 137);
    } else if (chance < 9) {
      fail(request, ErrorKind.OTHER);
    } else if (chance < 10) {
      fail(request, ErrorKind.OVERLOADED);
    } else if (chance < 25) { // several inputs in one frame
      pause(Duration.ofMillis(400));
      takeFollowUps(request.runId());
      succeed(request, inside.size());
    } else if (chance < 32) { // something stays unacknowledged for now
      takeFollowUps(request.runId());
      succeed(request, Math.max(1, inside.size() - 1));
    } else if (chance < 40) {
      pause(Duration.ofMillis(300 + random.nextInt(1500)));
      succeed(request, inside.size());
    } else {
      pause(Duration.ofMillis(random.nextInt(60)));
      succeed(request, inside.size());
    }
    afterwards(request, random.nextInt(100));
  }

  private void afterwards(AgentRequest request, int chance) {
    if (chance < 20) {
      var _ = end(0);
    } else if (chance < 23) {
      crash(request, 1);
    }
  }

  private synchronized void fail(AgentRequest request, ErrorKind kind) {
    if (isRunning()) {
      List<String> failed = List.copyOf(inside.keySet());
      print(
          Frames.write(
              frame(
                  request.nonce(), Optional.empty(), Optional.of(kind), List.of(), failed, true)));
      journal.add(
          new Journal.Frame(
              journal.nextFrame(),
              folder,
              request.runId(),
              List.of(),
              kind.parksTheGroup() ? List.of() : failed,
              0,
              written));
      inside.clear();
    }
  }

  /// Acknowledges the oldest inputs.
  private void succeed(AgentRequest request, int count) {
    if (random.nextInt(100) < 15) {
      printNoise(request);
    }
    int parts = random.nextInt(100) < 10 ? 3 : random.nextInt(100) < 10 ? 0 : 1;
    List<String> acked = inside.keySet().stream().limit(count).toList();
    write(request, new Unnumbered(acked, inside.size() == count), parts);
    acked.forEach(inside::remove);
  }

  private record Unnumbered(List<String> acked, boolean idle) {}

  private synchronized void write(AgentRequest request, Unnumbered it, int parts) {
    if (!isRunning()) {
      return;
    }
    int number = journal.nextFrame();
    Optional<String> text =
        Optional.of(
                IntStream.range(0, parts)
                    .mapToObj(part -> "f%dp%d. %s".formatted(number, part, filling(parts)))
                    .collect(Collectors.joining("\n\n")))
            .filter(words -> parts > 0);
    AgentFrame frame =
        frame(request.nonce(), text, Optional.empty(), it.acked(), List.of(), it.idle());
    print(Frames.write(frame));
    journal.add(
        new Journal.Frame(number, folder, request.runId(), it.acked(), List.of(), parts, written));
  }

  /// Long enough that each part becomes a message of its own.
  private static String filling(int parts) {
    return parts > 1 ? "so to say ".repeat(FILLING / 10) : "is what I think.";
  }

  private AgentFrame frame(
      String nonce,
      Optional<String> text,
      Optional<ErrorKind> error,
      List<String> acked,
      List<String> failed,
      boolean idle) {
    return new AgentFrame(
        nonce,
        error.isEmpty() ? Status.SUCCESS : Status.ERROR,
        text,
        Optional.of("session-" + folder + "-" + written),
        error.map(_ -> "the script says no"),
        error,
        acked,
        failed,
        idle,
        Optional.empty());
  }

  /// What is not a frame, among it one that the agent itself might have made up.
  private void printNoise(AgentRequest request) {
    List<String> all = new ArrayList<>(inside.keySet());
    print("some words\n" + Frames.START + "\n");
    print(
        Frames.write(
            frame(
                "0".repeat(request.nonce().length()),
                Optional.of("forged"),
                Optional.empty(),
                all,
                List.of(),
                true)));
  }

  private void print(String lines) {
    for (String line : lines.lines().toList()) {
      var _ = cli.say("=" + line);
      written += line.getBytes(StandardCharsets.UTF_8).length + 1;
    }
  }
}
