package dev.nanoclaw.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Measures the host as it is installed, with agents that answer nearly at once, and writes a table
/// to `target/figures.txt`. What was measured fails no test.
@Timeout(900)
class FiguresTest {

  private static final int STARTS = 7;
  private static final int MESSAGES = 20;
  private static final int BURST = 100;
  private static final int GROUPS = 20;
  private static final Duration SETTLE = Duration.ofSeconds(15);
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration IDLE = Duration.ofSeconds(10);
  private static final Pattern NUMBERED = Pattern.compile("number (\\d+)\\.");
  private static final Pattern TIMES = Pattern.compile("\\((\\d+) (\\d+) (\\d+)\\)$");

  @TempDir private Path dir;
  private final List<String> table = new ArrayList<>();

  @Test
  void figures() throws Exception {
    Path home = Files.createDirectories(dir.resolve("home"));
    try (var nanoclaw = new ScriptedInstallation(dir, home)) {
      row("exec -> ready, a new home", "%.0f ms".formatted(nanoclaw.start()), "");
      List<Double> starts = new ArrayList<>();
      for (int i = 0; i < STARTS; i++) {
        nanoclaw.stop();
        starts.add(nanoclaw.start());
      }
      row("exec -> ready", milliseconds(starts), "< 500 ms");
      idle(nanoclaw);
      first(nanoclaw, home);
      followUps(nanoclaw, home);
      row("memory after %d messages".formatted(2 * MESSAGES), memory(nanoclaw), "");
      atWork(nanoclaw, home);
    }
    groups();
    Path file = Path.of("target", "figures.txt");
    Files.write(file, table);
    assertThat(file).isNotEmptyFile();
  }

  private void idle(ScriptedInstallation nanoclaw) throws IOException {
    ScriptedInstallation.pause(SETTLE.toMillis());
    String cpu = cpu(nanoclaw);
    row("idle: memory (RSS)", memory(nanoclaw), "< 95 MB");
    row("idle: CPU", cpu, "< 0.2 %");
  }

  /// What looking for an agent's answer costs.
  private void atWork(ScriptedInstallation nanoclaw, Path home) throws IOException {
    Path hold = Files.createFile(nanoclaw.engine().resolve("hold"));
    try (var control = new ControlConnection(home)) {
      var _ = control.call("chat.send", Map.of("id", UUID.randomUUID().toString(), "text", "hi"));
      ScriptedInstallation.pause(1000);
      row("one agent at work: CPU of the host", cpu(nanoclaw), "");
    }
    Files.delete(hold);
  }

  private static String cpu(ScriptedInstallation nanoclaw) throws IOException {
    long begin = System.nanoTime();
    long before = cpuNanos(nanoclaw);
    ScriptedInstallation.pause(IDLE.toMillis());
    double percent = 100.0 * (cpuNanos(nanoclaw) - before) / (System.nanoTime() - begin);
    return String.format(Locale.ROOT, "%.2f %%", percent);
  }

  /// Each message finds no container.
  private void first(ScriptedInstallation nanoclaw, Path home) throws IOException {
    Path once = Files.createFile(nanoclaw.engine().resolve("once"));
    List<Double> toStart = new ArrayList<>();
    try (var control = new ControlConnection(home)) {
      var _ = control.call("chat.attach", Map.of());
      for (int i = 0; i < MESSAGES; i++) {
        Exchange exchange = Exchange.of(control);
        toStart.add(milliseconds(exchange.sent, exchange.started));
        while (control.call("status", Map.of()).path("containers").asInt() > 0) {
          ScriptedInstallation.pause(20);
        }
      }
    }
    Files.delete(once);
    row("first message -> engine CLI started", milliseconds(toStart), "< 50 ms");
    row("  the very first one after a start", "%.1f ms".formatted(toStart.getFirst()), "");
  }

  /// All in one container.
  private void followUps(ScriptedInstallation nanoclaw, Path home) throws IOException {
    List<Double> toInput = new ArrayList<>();
    List<Double> toChannel = new ArrayList<>();
    Path think = Files.createFile(nanoclaw.engine().resolve("think"));
    try (var control = new ControlConnection(home)) {
      var _ = control.call("chat.attach", Map.of());
      var _ = Exchange.of(control);
      for (int i = 0; i < MESSAGES; i++) {
        Exchange exchange = Exchange.of(control);
        toInput.add(milliseconds(exchange.sent, exchange.seen));
        toChannel.add(milliseconds(exchange.said, exchange.heard));
        ScriptedInstallation.pause(40 + i); // not in step with what looks every so often
      }
    }
    Files.delete(think);
    row("follow-up -> in the agent's input", milliseconds(toInput), "< 20 ms");
    row("the agent's answer -> terminal", milliseconds(toChannel), "< 20 ms");
  }

  /// Groups exist only in WhatsApp.
  private void groups() throws Exception {
    Path place = Files.createDirectories(dir.resolve("groups"));
    Path home = Files.createDirectories(place.resolve("home"));
    try (var bridge = new ScriptedBridge(place);
        var nanoclaw = new ScriptedInstallation(place, home)) {
      nanoclaw.configure("enabled: false", "enabled: true");
      nanoclaw.configure("bridge: auto", "bridge: " + bridge.program());
      nanoclaw.configure("messages_per_minute: 20", "messages_per_minute: 600");
      var _ = nanoclaw.start();
      try (var control = new ControlConnection(home)) {
        for (int i = 0; i < GROUPS; i++) {
          register(control, i);
        }
      }
      manyGroups(bridge);
      burst(nanoclaw, bridge);
    }
  }

  private static void register(ControlConnection control, int number) throws IOException {
    var wish =
        Map.of(
            "jid",
            jid(number),
            "folder",
            "group-" + number,
            "requires_trigger",
            false,
            "main",
            false);
    assertThat(control.ask("groups.register", wish).path("error").isMissingNode()).isTrue();
  }

  private static String jid(int number) {
    return "120363%012d@g.us".formatted(number);
  }

  /// A container that has answered waits for more, and there are more groups than containers.
  private void manyGroups(ScriptedBridge bridge) throws Exception {
    for (int i = 0; i < GROUPS; i++) {
      bridge.say(jid(i), "hello, group %d".formatted(i));
    }
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (bridge.answered().size() < GROUPS && System.nanoTime() < end) {
      ScriptedInstallation.pause(100);
    }
    String what = "%d groups at cap 5, after %d s".formatted(GROUPS, PATIENCE.toSeconds());
    row(what, GROUPS - bridge.answered().size() + " unanswered", "0");
  }

  /// A message is lost when no agent was ever given it.
  private void burst(ScriptedInstallation nanoclaw, ScriptedBridge bridge) throws Exception {
    Path prompts = Files.createFile(nanoclaw.engine().resolve("prompts"));
    for (int i = 0; i < BURST; i++) {
      bridge.say(jid(0), "number %d.".formatted(i));
      ScriptedInstallation.pause(150);
    }
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (numbers(prompts).size() < BURST && System.nanoTime() < end) {
      ScriptedInstallation.pause(100);
    }
    int lost = BURST - numbers(prompts).size();
    row("%d messages, 150 ms apart, to one group".formatted(BURST), lost + " lost", "0");
  }

  private static Set<String> numbers(Path prompts) throws IOException {
    Set<String> numbers = new HashSet<>();
    Matcher matcher = NUMBERED.matcher(Files.readString(prompts));
    while (matcher.find()) {
      numbers.add(matcher.group(1));
    }
    return numbers;
  }

  /// A message and its answer; see `scripted-docker` for the times in it.
  private record Exchange(
      Instant sent, Instant started, Instant seen, Instant said, Instant heard) {

    static Exchange of(ControlConnection control) throws IOException {
      Instant sent = Instant.now();
      var _ = control.call("chat.send", Map.of("id", UUID.randomUUID().toString(), "text", "hi"));
      String answer = control.answer();
      Instant heard = Instant.now();
      Matcher times = TIMES.matcher(answer);
      assertThat(times.find()).as(answer).isTrue();
      return new Exchange(sent, time(times, 1), time(times, 2), time(times, 3), heard);
    }

    private static Instant time(Matcher times, int group) {
      return Instant.EPOCH.plus(Long.parseLong(times.group(group)), ChronoUnit.MICROS);
    }
  }

  private static String memory(ScriptedInstallation nanoclaw) throws IOException {
    try (Stream<String> lines = Files.lines(nanoclaw.proc().resolve("status"))) {
      String rss = lines.filter(it -> it.startsWith("VmRSS:")).findFirst().orElseThrow();
      return "%d MB".formatted(Long.parseLong(rss.replaceAll("\\D", "")) / 1024);
    }
  }

  private static long cpuNanos(ScriptedInstallation nanoclaw) throws IOException {
    long sum = 0;
    try (Stream<Path> tasks = Files.list(nanoclaw.proc().resolve("task"))) {
      for (Path task : tasks.toList()) {
        sum += Long.parseLong(Files.readString(task.resolve("schedstat")).split(" ", -1)[0]);
      }
    }
    return sum;
  }

  private static double milliseconds(Instant from, Instant to) {
    return Duration.between(from, to).toNanos() / 1e6;
  }

  /// The median, and the best.
  private static String milliseconds(List<Double> times) {
    List<Double> sorted = times.stream().sorted().toList();
    return String.format(
        Locale.ROOT, "%.1f ms (best %.1f)", sorted.get(sorted.size() / 2), sorted.getFirst());
  }

  private void row(String what, String measured, String target) {
    table.add(line(what, measured, target));
  }

  /// A line of a table of figures.
  static String line(String what, String measured, String target) {
    return String.format(Locale.ROOT, "%-42s %-26s %s", what, measured, target).stripTrailing();
  }
}
