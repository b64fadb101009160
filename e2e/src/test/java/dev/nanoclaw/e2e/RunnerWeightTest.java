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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What the runner itself costs in its image, with a CLI that answers at once. The figures are
/// printed for people; only that it works is asserted.
@Timeout(600)
final class RunnerWeightTest {

  private static final String INSTANT_CLI =
      """
      #!/bin/sh
      date +%s%3N >"$HOME/claude-started"
      while IFS= read -r line; do
        case $line in
          *'"initialize"'*) id=${line#*request_id\\":\\"}
            printf '{"type":"control_response","response":{"subtype":"success","request_id":"%s"}}\\n' "${id%%\\"*}" ;;
          *'"type":"user"'*) id=${line#*uuid\\":\\"}
            printf '{"type":"result","subtype":"success","session_id":"s","result":"-","user_message_uuids":["%s"]}\\n' "${id%%\\"*}" ;;
        esac
      done
      """;

  private static final int RUNS = 5;

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
    System.out.printf(
        "runner in its container, %d runs, median: podman run -> CLI started %d ms, -> first frame"
            + " %d ms; RSS %d MB, of which its own %d MB; idle CPU %.1f %%%n",
        RUNS,
        median(runs.stream().map(Run::claudeMs).toList()),
        median(runs.stream().map(Run::markerMs).toList()),
        median(runs.stream().map(Run::rssKb).toList()) / 1024,
        median(runs.stream().map(Run::ownKb).toList()) / 1024,
        median(runs.stream().map(Run::idlePermille).toList()) / 10.0);
  }

  private Run run(int number) throws Exception {
    String name = "nanoclaw-weight-" + ProcessHandle.current().pid() + "-" + number;
    long begin = System.currentTimeMillis();
    Process podman = start(name);
    try (BufferedReader out = podman.inputReader(StandardCharsets.UTF_8)) {
      podman.getOutputStream().write((request() + "\n").getBytes(StandardCharsets.UTF_8));
      podman.getOutputStream().flush();
      String line = out.readLine();
      while (line != null && !line.equals(Frames.END)) {
        line = out.readLine();
      }
      long marker = System.currentTimeMillis() - begin;
      assertThat(line).isEqualTo(Frames.END);
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
      return run;
    } finally {
      podman.destroyForcibly();
    }
  }

  private Process start(String name) throws IOException {
    List<String> command =
        List.of(
            "podman",
            "run",
            "--rm",
            "-i",
            "--network",
            "none",
            "--name",
            name,
            "--mount",
            "type=bind,src=" + home + ",dst=/workspace",
            "--env",
            "HOME=/workspace",
            "--env",
            "NANOCLAW_CLAUDE=/workspace/cli",
            "nanoclaw-agent:latest");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("CONTAINERS_CONF", Machine.required("CONTAINERS_CONF"));
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
                Map.of("CONTAINERS_CONF", Machine.required("CONTAINERS_CONF")),
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
