package dev.nanoclaw.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.protocol.Frames;
import dev.nanoclaw.protocol.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What an agent's container costs: the image, the runner with a CLI that answers at once, and the
/// way to the real one's first request. Writes a table to `target/figures-agent.txt`; only that it
/// works is asserted.
@Timeout(600)
final class RunnerWeightTest {

  private static final String INSTANT_CLI =
      """
      #!/bin/sh
      date +%s%3N >"$HOME/claude-started"
      while IFS= read -r line; do
        case $line in
          *'"initialize"'*) id=${line#*request_id\\":\\"}
            printf '{"type":"control_response","response":{"subtype":"success","request_id":"%s"}}\\n' "${id%%\\"*}"
            printf '{"type":"control_request","request_id":"t","request":{"subtype":"mcp_message","server_name":"nanoclaw","message":{"jsonrpc":"2.0","id":1,"method":"tools/list"}}}\\n' ;;
          *'"request_id":"t"'*) : >"$HOME/tools-listed" ;;
          *'"type":"user"'*) id=${line#*uuid\\":\\"}
            printf '{"type":"result","subtype":"success","session_id":"s","result":"-","user_message_uuids":["%s"]}\\n' "${id%%\\"*}" ;;
        esac
      done
      """;

  private static final int RUNS = 5;
  private static final Map<String, String> ENVIRONMENT =
      Map.of("CONTAINERS_CONF", Machine.required("CONTAINERS_CONF"));

  private record Run(long claudeMs, long markerMs, long rssKb, long ownKb, long idlePermille) {}

  @TempDir Path home;

  @Test
  void theRunnerWeighs() throws Exception {
    var setting = new Installation.Setting("podman", Optional.empty());
    try (var installation = new Installation(setting, "http://127.0.0.1:9", "none")) {
      installation.buildImage();
    }
    RunnerProcess.workspace(home);
    Path cli = Files.writeString(home.resolve("cli"), INSTANT_CLI);
    assertThat(cli.toFile().setExecutable(true)).isTrue();
    List<Run> runs = new ArrayList<>();
    for (int i = 0; i < RUNS; i++) {
      runs.add(run(i));
    }
    List<Long> firstRequests = new ArrayList<>();
    for (int i = 0; i < RUNS; i++) {
      firstRequests.add(firstRequestMs(i));
    }
    Files.write(
        Path.of("target", "figures-agent.txt"),
        List.of(
            row("agent image", megabytes(imageBytes()), ""),
            row("podman run -> runner's CLI started", ms(runs, Run::claudeMs), ""),
            row("podman run -> first frame", ms(runs, Run::markerMs), "< 150 ms"),
            row("podman run -> Claude Code's first request", median(firstRequests) + " ms", ""),
            row("runner: memory (RSS)", mb(runs, Run::rssKb), "< 40 MB"),
            row("  of which not shared with others", mb(runs, Run::ownKb), ""),
            row(
                "runner: idle CPU",
                "%.1f %%".formatted(median(runs.stream().map(Run::idlePermille).toList()) / 10.0),
                "")));
  }

  private static String ms(List<Run> runs, Function<Run, Long> figure) {
    return median(runs.stream().map(figure).toList()) + " ms";
  }

  private static String mb(List<Run> runs, Function<Run, Long> kb) {
    return median(runs.stream().map(kb).toList()) / 1024 + " MB";
  }

  private static String megabytes(long bytes) {
    return bytes / 1_000_000 + " MB";
  }

  private static String row(String what, String measured, String target) {
    return FiguresTest.line(what, measured, target);
  }

  private static long imageBytes() {
    List<String> inspect =
        List.of("podman", "image", "inspect", "--format", "{{.Size}}", "nanoclaw-agent:latest");
    return Long.parseLong(
        Machine.run(Path.of("/"), ENVIRONMENT, inspect).orFail().output().strip());
  }

  private long firstRequestMs(int number) throws Exception {
    String name = "nanoclaw-request-" + ProcessHandle.current().pid() + "-" + number;
    CountDownLatch requested = new CountDownLatch(1);
    try (ApiStandIn api = new ApiStandIn()) {
      api.onRequest(requested::countDown);
      long begin = System.nanoTime();
      Process podman = start(name, List.of("--network", "host"));
      try {
        var request = RunnerProcess.request("hello", Optional.empty(), api.baseUrl());
        podman
            .getOutputStream()
            .write((Json.line(request) + "\n").getBytes(StandardCharsets.UTF_8));
        podman.getOutputStream().flush();
        assertThat(requested.await(60, TimeUnit.SECONDS)).isTrue();
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
      } finally {
        Machine.run(Path.of("/"), ENVIRONMENT, List.of("podman", "rm", "--force", "-t", "0", name))
            .orFail();
        assertThat(podman.waitFor(30, TimeUnit.SECONDS)).isTrue();
      }
    }
  }

  private Run run(int number) throws Exception {
    String name = "nanoclaw-weight-" + ProcessHandle.current().pid() + "-" + number;
    long begin = System.currentTimeMillis();
    Process podman =
        start(name, List.of("--network", "none", "--env", "NANOCLAW_CLAUDE=/workspace/cli"));
    try (BufferedReader out = podman.inputReader(StandardCharsets.UTF_8)) {
      podman.getOutputStream().write((request() + "\n").getBytes(StandardCharsets.UTF_8));
      podman.getOutputStream().flush();
      String line = out.readLine();
      while (line != null && !line.equals(Frames.END)) {
        line = out.readLine();
      }
      long marker = System.currentTimeMillis() - begin;
      assertThat(line).isEqualTo(Frames.END);
      RealCli.await(home.resolve("tools-listed"));
      long claude = Long.parseLong(Files.readString(home.resolve("claude-started")).strip());
      pause(2);
      Path runner = runner(name);
      long cpu = cpuMs(runner);
      pause(5);
      Run run =
          new Run(
              claude - begin,
              marker,
              kb(runner, "VmRSS"),
              kb(runner, "RssAnon"),
              (cpuMs(runner) - cpu) / 5);
      Files.writeString(home.resolve("ipc/input/_close"), "");
      assertThat(podman.waitFor(30, TimeUnit.SECONDS)).isTrue();
      Files.delete(home.resolve("ipc/input/_close"));
      Files.delete(home.resolve("tools-listed"));
      return run;
    } finally {
      podman.destroyForcibly();
    }
  }

  private Process start(String name, List<String> more) throws IOException {
    List<String> command = new ArrayList<>(List.of("podman", "run", "--rm", "-i", "--name", name));
    command.addAll(List.of("--mount", "type=bind,src=" + home + ",dst=/workspace"));
    command.addAll(List.of("--env", "HOME=/workspace"));
    command.addAll(more);
    command.add("nanoclaw-agent:latest");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().putAll(ENVIRONMENT);
    return builder.start();
  }

  private static String request() {
    return Json.line(RunnerProcess.request("-", Optional.empty(), "http://127.0.0.1:9"));
  }

  /// The process below the container's init, as the host sees it.
  private static Path runner(String name) throws IOException {
    String init =
        Machine.run(
                Path.of("/"),
                ENVIRONMENT,
                List.of("podman", "inspect", "--format", "{{.State.Pid}}", name))
            .orFail()
            .output()
            .strip();
    Path children = Path.of("/proc", init, "task", init, "children");
    return Path.of("/proc", Files.readString(children).strip().split(" ", -1)[0]);
  }

  private static long kb(Path process, String field) throws IOException {
    Matcher found =
        Pattern.compile(field + ":\\s+(\\d+) kB")
            .matcher(Files.readString(process.resolve("status")));
    assertThat(found.find()).as(field).isTrue();
    return Long.parseLong(found.group(1));
  }

  /// The kernel counts hundredths of a second.
  private static long cpuMs(Path process) throws IOException {
    String[] fields = Files.readString(process.resolve("stat")).split(" ", -1);
    return (Long.parseLong(fields[13]) + Long.parseLong(fields[14])) * 10;
  }

  private static long median(List<Long> values) {
    List<Long> sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    return sorted.get(sorted.size() / 2);
  }

  private static void pause(int seconds) throws InterruptedException {
    assertThat(new CountDownLatch(1).await(seconds, TimeUnit.SECONDS)).isFalse();
  }
}
