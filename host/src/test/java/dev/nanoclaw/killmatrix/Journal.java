package dev.nanoclaw.killmatrix;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Everything that the world around the host saw. It outlives every host, so that what the host did
/// can be judged by it. Each entry is an event that one can wait for.
final class Journal {

  /// How a message is to be dealt with.
  enum Kind {
    /// It asks for an answer.
    QUESTION,
    /// It asks for an answer, and every agent fails on it.
    POISON,
    /// It is read along with the next question.
    ASIDE,
    /// The host answers it by itself.
    COMMAND
  }

  /// Something said in a chat. Its text names it as `m` and its number.
  record Said(int number, Chat chat, Kind kind) {

    String id() {
      return "3A%08d".formatted(number);
    }

    String text() {
      return switch (kind) {
        case QUESTION -> "@Andy what about m" + number;
        case POISON -> "@Andy poison m" + number;
        case ASIDE -> "by the way m" + number;
        case COMMAND -> number % 2 == 0 ? "/new" : "/status";
      };
    }
  }

  /// A chat and the folder of its group.
  record Chat(String jid, String folder) {}

  /// An input that an agent got.
  record Prompt(String folder, String run, String input, List<Integer> messages) {}

  /// A frame that an agent wrote. Each part of its text is named `f`, its number, `p` and the
  /// part's.
  ///
  /// @param failed inputs that it says the agent failed on, for no reason outside them
  /// @param end position in the output behind it
  record Frame(
      int number,
      String folder,
      String run,
      List<String> acked,
      List<String> failed,
      int parts,
      long end) {}

  /// A copy of a message that the host handed to the bridge.
  ///
  /// @param delivered people saw it
  record Copy(String chat, String text, String messageId, boolean delivered) {}

  @GuardedBy("this") private final List<Said> said = new ArrayList<>();

  @GuardedBy("this") private final Set<Integer> acknowledged = new HashSet<>();

  @GuardedBy("this") private final List<Prompt> prompts = new ArrayList<>();

  @GuardedBy("this") private final List<Frame> frames = new ArrayList<>();

  @GuardedBy("this") private final Set<String> crashed = new HashSet<>();

  @GuardedBy("this") private final List<Copy> copies = new ArrayList<>();

  @GuardedBy("this") private final List<Violation> violations = new ArrayList<>();

  @GuardedBy("this") private final List<String> lines = new ArrayList<>();

  @GuardedBy("this") private int events;

  @GuardedBy("this") private int connections;

  @GuardedBy("this") private int frameNumbers;

  synchronized Said say(Chat chat, Kind kind) {
    Said it = new Said(said.size(), chat, kind);
    said.add(it);
    note("said " + it);
    return it;
  }

  synchronized void acknowledged(Said it) {
    acknowledged.add(it.number());
    event("acknowledged m" + it.number());
  }

  synchronized void add(Prompt it) {
    prompts.add(it);
    event(it.toString());
  }

  synchronized int nextFrame() {
    return frameNumbers++;
  }

  synchronized void add(Frame it) {
    frames.add(it);
    event(it.toString());
  }

  /// An agent crashed without anybody's doing.
  synchronized void crashed(String run) {
    crashed.add(run);
    event("crashed " + run);
  }

  synchronized void add(Copy it) {
    copies.add(it);
    event(it.toString().substring(0, Math.min(it.toString().length(), 200)));
  }

  synchronized void add(Violation it) {
    violations.add(it);
    note(it.toString());
  }

  /// Something that is worth waiting for.
  synchronized void event(String what) {
    note(what);
    events++;
    notifyAll();
  }

  synchronized void note(String what) {
    lines.add(what);
  }

  synchronized int events() {
    return events;
  }

  synchronized void connected() {
    connections++;
    event("connected");
  }

  /// Waits until the host's bridge has connected so often, or that long.
  synchronized boolean awaitConnections(int count, Duration atMost) throws InterruptedException {
    long end = System.nanoTime() + atMost.toNanos();
    for (long left = atMost.toMillis(); connections < count && left > 0; ) {
      wait(left);
      left = (end - System.nanoTime()) / 1_000_000;
    }
    return connections >= count;
  }

  synchronized int connections() {
    return connections;
  }

  /// Waits for one more event, or that long.
  synchronized void awaitEvent(int before, Duration atMost) throws InterruptedException {
    long end = System.nanoTime() + atMost.toNanos();
    for (long left = atMost.toMillis(); events == before && left > 0; ) {
      wait(left);
      left = (end - System.nanoTime()) / 1_000_000;
    }
  }

  synchronized List<Said> said() {
    return List.copyOf(said);
  }

  synchronized Set<Integer> acknowledged() {
    return Set.copyOf(acknowledged);
  }

  synchronized List<Prompt> prompts() {
    return List.copyOf(prompts);
  }

  synchronized List<Frame> frames() {
    return List.copyOf(frames);
  }

  /// The runs whose agents crashed.
  synchronized Set<String> crashed() {
    return Set.copyOf(crashed);
  }

  synchronized List<Copy> copies() {
    return List.copyOf(copies);
  }

  synchronized List<Violation> violations() {
    return List.copyOf(violations);
  }

  synchronized List<String> lines() {
    return List.copyOf(lines);
  }
}
