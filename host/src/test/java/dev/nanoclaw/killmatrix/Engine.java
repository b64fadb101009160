package dev.nanoclaw.killmatrix;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.nanoclaw.killmatrix.Stage.Actor;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Collectors;

/// A container engine, as far as the host uses docker's command line. Its containers are agents
/// that follow a script, and live on when the host dies.
final class Engine {

  private static final int KILLED = 137;
  private static final int TERMINATED = 143;

  private final Journal journal;
  private final int cap;
  private final long seed;
  private volatile boolean calm;
  private volatile boolean onlyCrashes;

  @GuardedBy("this") private final Map<String, ScriptedAgent> running = new HashMap<>();

  @GuardedBy("this") private final Map<String, Integer> starts = new HashMap<>();

  /// @param cap the most containers that may run at a time
  /// @param seed of what the agents do
  Engine(Journal journal, int cap, long seed) {
    this.journal = journal;
    this.cap = cap;
    this.seed = seed;
  }

  /// Whether agents do as they are told, but for poison.
  boolean isCalm() {
    return calm;
  }

  void calm(boolean on) {
    calm = on;
  }

  /// Whether agents only ever crash.
  boolean onlyCrashes() {
    return onlyCrashes;
  }

  void onlyCrashes(boolean on) {
    onlyCrashes = on;
  }

  synchronized int running() {
    return running.size();
  }

  synchronized int starts() {
    return starts.values().stream().mapToInt(it -> it).sum();
  }

  /// Does what the command line says.
  void serve(List<String> arguments, Actor cli) {
    String last = arguments.getLast();
    switch (arguments.getFirst()) {
      case "version" -> answer(cli, "99.0");
      case "image" -> answer(cli, "0123456789ab");
      case "ps" -> answer(cli, names(String.join(" ", arguments)));
      case "stop" -> end(cli, last, TERMINATED);
      case "kill", "rm" -> end(cli, last, KILLED);
      case "run" -> run(arguments, cli);
      default -> cli.say("exit 125");
    }
  }

  private static void answer(Actor cli, String lines) {
    lines.lines().forEach(it -> cli.say("=" + it));
    cli.say("exit 0");
  }

  private synchronized String names(String question) {
    return running.keySet().stream()
        .filter(it -> !question.contains("name=") || question.contains("name=^" + it + "$"))
        .collect(Collectors.joining("\n"));
  }

  private void end(Actor cli, String name, int code) {
    ScriptedAgent agent;
    synchronized (this) {
      agent = running.get(name);
    }
    if (agent != null) {
      var _ = agent.end(code);
    }
    cli.say(agent == null ? "exit 1" : "exit 0");
  }

  /// All agents have nothing more to do.
  void endAll() {
    List<ScriptedAgent> agents;
    synchronized (this) {
      agents = List.copyOf(running.values());
    }
    for (ScriptedAgent agent : agents) {
      var _ = agent.end(0);
    }
  }

  private void run(List<String> arguments, Actor cli) {
    String name = arguments.get(arguments.indexOf("--name") + 1);
    Path input =
        arguments.stream()
            .filter(it -> it.endsWith(",target=/workspace/ipc/input"))
            .map(it -> Path.of(it.replaceFirst(".*source=", "").replaceFirst(",target=.*", "")))
            .findFirst()
            .orElseThrow();
    Path run = Objects.requireNonNull(input.getParent());
    String folder = Objects.requireNonNull(run.getParent()).getFileName().toString();
    ScriptedAgent agent = start(name, folder, input, cli);
    try {
      agent.live();
    } finally {
      stopped(name);
    }
  }

  private synchronized ScriptedAgent start(String name, String folder, Path input, Actor cli) {
    if (running.values().stream().anyMatch(it -> it.folder().equals(folder))) {
      journal.add(new Violation(Violation.Kind.TWO_CONTAINERS, name + " beside " + running));
    }
    int start = starts.merge(folder, 1, Integer::sum);
    Random random = new Random(seed * 31 + folder.hashCode() * 1009L + start);
    ScriptedAgent agent =
        new ScriptedAgent(folder, input, cli, this, journal, random, () -> stopped(name));
    running.put(name, agent);
    if (running.size() > cap) {
      journal.add(new Violation(Violation.Kind.OVER_CAP, running.keySet().toString()));
    }
    journal.event("started " + name);
    return agent;
  }

  private synchronized void stopped(String name) {
    if (running.remove(name) != null) {
      journal.note("stopped " + name);
    }
  }
}
