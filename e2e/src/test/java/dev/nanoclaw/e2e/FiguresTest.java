package dev.nanoclaw.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Measures the host as it is installed, with an engine that answers at once, and writes a table to
/// `target/figures.txt`. How long something took fails no test.
@Timeout(300)
class FiguresTest {

  private static final int STARTS = 7;
  private static final int MESSAGES = 20;
  private static final Duration SETTLE = Duration.ofSeconds(10);
  private static final Duration IDLE = Duration.ofSeconds(10);
  private static final Pattern TIMES = Pattern.compile("\\((\\d+) (\\d+) (\\d+)\\)$");

  @TempDir private Path dir;
  private final List<String> table = new ArrayList<>();

  @Test
  void figures() throws Exception {
    Path home = home();
    Machine.run(
            dir, Map.of(), List.of(Machine.checkout().resolve("nanoclaw").toString(), "--version"))
        .orFail(); // builds when that is still to be done
    row("exec -> ready, a new home", "%.0f ms".formatted(startAndStop(home)), "");
    List<Double> starts = new ArrayList<>();
    for (int i = 0; i < STARTS; i++) {
      starts.add(startAndStop(home));
    }
    row("exec -> ready", milliseconds(starts), "< 500 ms");

    Daemon daemon = new Daemon(home);
    try {
      idle(daemon);
      first(home);
      followUps(home);
      row("memory after %d messages".formatted(2 * MESSAGES), daemon.memory(), "");
    } finally {
      daemon.stop();
    }
    Path file = Path.of("target", "figures.txt");
    Files.write(file, table);
    assertThat(file).isNotEmptyFile();
  }

  private Path home() throws IOException {
    Path bin = Files.createDirectories(dir.resolve("bin"));
    Path script = Machine.checkout().resolve("host/src/test/resources/scripted-docker");
    assertThat(Files.copy(script, bin.resolve("docker")).toFile().setExecutable(true)).isTrue();
    Path home = Files.createDirectories(dir.resolve("home"));
    Files.copy(Machine.checkout().resolve("config.yml"), home.resolve("config.yml"));
    Path credentials = home.resolve("credentials.yml");
    Files.writeString(
        credentials, "anthropic_api_key: \"sk-ant-none\"\nclaude_code_oauth_token: \"\"\n");
    Machine.run(dir, Map.of(), List.of("chmod", "600", credentials.toString())).orFail();
    return home;
  }

  private double startAndStop(Path home) throws Exception {
    Daemon daemon = new Daemon(home);
    daemon.stop();
    return daemon.readyAfter;
  }

  private void idle(Daemon daemon) throws IOException, InterruptedException {
    pause(SETTLE);
    long before = daemon.cpuNanos();
    pause(IDLE);
    double percent = 100.0 * (daemon.cpuNanos() - before) / IDLE.toNanos();
    row("idle: memory (RSS)", daemon.memory(), "< 95 MB");
    row("idle: CPU", "%.2f %%".formatted(percent), "< 0.2 %");
  }

  /// Each message finds no container.
  private void first(Path home) throws Exception {
    Path once = Files.createFile(engine().resolve("once"));
    List<Double> toStart = new ArrayList<>();
    try (var control = new ControlConnection(home)) {
      var _ = control.call("chat.attach", Map.of());
      for (int i = 0; i < MESSAGES; i++) {
        Exchange exchange = Exchange.of(control);
        toStart.add(milliseconds(exchange.sent, exchange.started));
        while (control.call("status", Map.of()).path("containers").asInt() > 0) {
          pause(Duration.ofMillis(20));
        }
      }
    }
    Files.delete(once);
    row("first message -> engine CLI started", milliseconds(toStart), "< 50 ms");
  }

  /// All in one container.
  private void followUps(Path home) throws Exception {
    List<Double> toInput = new ArrayList<>();
    List<Double> toChannel = new ArrayList<>();
    try (var control = new ControlConnection(home)) {
      var _ = control.call("chat.attach", Map.of());
      var _ = Exchange.of(control);
      for (int i = 0; i < MESSAGES; i++) {
        Exchange exchange = Exchange.of(control);
        toInput.add(milliseconds(exchange.sent, exchange.seen));
        toChannel.add(milliseconds(exchange.said, exchange.heard));
        pause(Duration.ofMillis(40 + i)); // not in step with what looks every so often
      }
    }
    row("follow-up -> in the agent's input", milliseconds(toInput), "< 20 ms");
    row("the agent's answer -> terminal", milliseconds(toChannel), "< 20 ms");
  }

  private Path engine() throws IOException {
    return Files.createDirectories(dir.resolve("engine"));
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

  /// The daemon, started by its launcher, which becomes the daemon.
  private final class Daemon {

    private final Process process;
    private final double readyAfter;

    Daemon(Path home) throws Exception {
      Path output = dir.resolve("daemon.out");
      String launcher = Machine.checkout().resolve("nanoclaw").toString();
      Map<String, String> environment =
          Map.of(
              "JAVA_HOME",
              System.getProperty("java.home"),
              "PATH",
              dir.resolve("bin") + ":" + System.getenv("PATH"));
      List<String> command = List.of(launcher, "start", "--home", home.toString());
      long begin = System.nanoTime();
      this.process = Machine.start(dir, environment, command, output.toFile());
      while (process.isAlive() && !Files.readString(output).contains("NanoClaw is ready")) {
        pause(Duration.ofMillis(1));
      }
      this.readyAfter = (System.nanoTime() - begin) / 1e6;
      assertThat(output).content().contains("NanoClaw is ready");
    }

    String memory() throws IOException {
      try (Stream<String> lines = Files.lines(proc().resolve("status"))) {
        String rss = lines.filter(it -> it.startsWith("VmRSS:")).findFirst().orElseThrow();
        return "%d MB".formatted(Long.parseLong(rss.replaceAll("\\D", "")) / 1024);
      }
    }

    long cpuNanos() throws IOException {
      long sum = 0;
      try (Stream<Path> tasks = Files.list(proc().resolve("task"))) {
        for (Path task : tasks.toList()) {
          sum += Long.parseLong(Files.readString(task.resolve("schedstat")).split(" ", -1)[0]);
        }
      }
      return sum;
    }

    private Path proc() {
      return Path.of("/proc", Long.toString(process.pid()));
    }

    void stop() throws InterruptedException {
      process.destroy();
      assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static void pause(Duration time) throws InterruptedException {
    var _ = new CountDownLatch(1).await(time.toMillis(), TimeUnit.MILLISECONDS);
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
    table.add(String.format(Locale.ROOT, "%-40s %-26s %s", what, measured, target).stripTrailing());
  }
}
