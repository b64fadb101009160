package dev.nanoclaw.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.nanoclaw.app.SystemdForTests;
import dev.nanoclaw.config.Environment;
import dev.nanoclaw.testing.ServiceTools;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// The commands with the real host, which a scripted `systemctl` starts and stops.
@Timeout(300)
class ServiceCommandTest {

  private static final Path CHECKOUT = Path.of("").toAbsolutePath().resolve("..").normalize();

  private static final Duration LONG = Duration.ofSeconds(90);

  @TempDir private Path dir;
  private ServiceTools tools;
  private Path home;

  private record Ended(int code, String out) {}

  @BeforeEach
  void aHome() throws IOException {
    tools = new ServiceTools(dir.resolve("tools"));
    tools.set("user", "");
    tools.set("linger", "Linger=yes\n");
    home = Files.createDirectories(dir.resolve("home"));
    Files.copy(CHECKOUT.resolve("config.yml"), home.resolve("config.yml"));
    tools.program(
        "XDG_RUNTIME_DIR='%s' exec '%s/bin/java' --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '%s' dev.nanoclaw.cli.Main start --quiet --home '%s'"
            .formatted(
                dir, System.getProperty("java.home"), System.getProperty("java.class.path"), home));
  }

  @AfterEach
  void endWhatRuns() {
    service("stop");
  }

  private Ended service(String... arguments) {
    StringWriter out = new StringWriter();
    var command =
        new ServiceCommand(
            Environment.of(Map.of("PATH", "/usr/bin")), _ -> SystemdForTests.service(tools), LONG);
    int code =
        new CommandLine(command)
            .setOut(new PrintWriter(out, true))
            .setExecutionExceptionHandler((e, _, _) -> {
              out.write(e.getMessage() + "\n");
              return 1;
            })
            .execute(arguments);
    return new Ended(code, out.toString());
  }

  private Ended install() {
    return install("--home", home.toString());
  }

  private Ended install(String... options) {
    System.setProperty("nanoclaw.program", CHECKOUT.toString());
    try {
      return service(
          Stream.concat(Stream.of("install"), Stream.of(options)).toArray(String[]::new));
    } finally {
      System.clearProperty("nanoclaw.program");
    }
  }

  @Test
  void aServiceIsInstalledStoppedStartedAndRemoved() throws IOException {
    assertThat(service("status"))
        .isEqualTo(
            new Ended(3, "There is no service. Make one with: ./nanoclaw service install\n"));
    assertThat(service("start").code()).isEqualTo(1);
    assertThat(service("stop").code()).isEqualTo(1);
    assertThat(service("uninstall")).isEqualTo(new Ended(0, "There is no service.\n"));

    Ended installed = install();
    String running = "NanoClaw runs as a service on %s \\(process [0-9]+\\)\\.\n".formatted(home);
    assertThat(installed.out())
        .matches(
            "The service is installed: %s/nanoclaw.service\\.\n".formatted(tools.units())
                + running);
    assertThat(installed.code()).isZero();
    Path log = home.resolve("logs/nanoclaw.log");
    await().atMost(LONG).until(() -> Files.readString(log).contains("NanoClaw is ready"));
    assertThat(tools.get("output")).as("it is quiet").doesNotContain("NanoClaw is ready");
    assertThat(service("status").out()).matches(running);
    assertThat(service("status").code()).isZero();
    assertThat(service("start").out()).as("it runs already").isEqualTo(service("status").out());

    assertThat(service("stop").out()).startsWith("The service has stopped. Containers");
    assertThat(service("stop")).isEqualTo(new Ended(0, "The service does not run.\n"));
    assertThat(service("status"))
        .isEqualTo(
            new Ended(3, "The service does not run. Start it with: ./nanoclaw service start\n"));
    Ended started = service("start");
    assertThat(started.out()).matches(running).isNotEqualTo(installed.out());

    tools.set("linger", "Linger=no\n");
    assertThat(service("status").out()).matches("(?s).*\nIt ends when you log out.*\n");
    assertThat(service("uninstall").code()).isZero();
    assertThat(service("status").code()).isEqualTo(3);
    assertThat(home.resolve("store/messages.db")).exists();
  }

  @Test
  void installingAgainStartsTheHostAnewOnTheSameHome() {
    String first = install().out();
    Ended second = install(new String[0]);
    assertThat(second.code()).as(second.out()).isZero();
    assertThat(second.out()).contains(home + " (process ").isNotEqualTo(first);
  }

  @Test
  void aHostThatWasStartedByHandIsNotPushedAside() throws IOException {
    Process byHand = new ProcessBuilder(tools.tool("program").toString()).start();
    try {
      await().atMost(LONG).until(() -> RunningHost.on(home).isPresent());
      Ended refused = install();
      assertThat(refused.code()).isEqualTo(1);
      assertThat(refused.out())
          .contains(
              "already runs on %s, not as the service (process %d)".formatted(home, byHand.pid()));
      assertThat(tools.units()).doesNotExist();
    } finally {
      byHand.destroy();
    }
  }

  @Test
  void aWrongConfigurationIsToldBeforeAnythingIsWritten() throws IOException {
    Files.writeString(home.resolve("config.yml"), "assistant: 1\n");
    Ended refused = install();
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.out()).contains("config.yml");
    assertThat(tools.units()).doesNotExist();
  }

  /// What `systemctl show` says of a process that has ended.
  private static String ended(String active, String sub, int code) {
    return """
    ActiveState=%s
    SubState=%s
    MainPID=0
    ExecMainCode=1
    ExecMainStatus=%d
    """
        .formatted(active, sub, code);
  }

  @Test
  void aHostThatEndsAtOnceIsAFailureWithTheWayToItsReason() throws IOException {
    tools.program("exit 1");
    tools.set("ended", ended("activating", "auto-restart", 1));
    Ended failed = install();
    String why =
        "the service has failed (exit code 1) and is started again within a minute. See: journalctl"
            + " -n 20 --user -u nanoclaw\n";
    assertThat(failed.code()).isEqualTo(1);
    assertThat(failed.out()).endsWith(why);
    assertThat(service("status")).isEqualTo(new Ended(3, why));
    tools.set("ended", ended("failed", "failed", 78));
    assertThat(service("status").out())
        .contains("(exit code 78) and is not started again before somebody does");
  }

  @Test
  void aProcessThatDoesNotAnswerYetIsNoRunningHost() throws IOException {
    tools.program("exec sleep 60");
    Files.createDirectories(tools.units());
    Files.writeString(
        tools.units().resolve("nanoclaw.service"), "WorkingDirectory=%s%n".formatted(home));
    for (List<String> call :
        List.of(List.of("daemon-reload"), List.of("start", "nanoclaw.service"))) {
      SystemdForTests.systemctl(tools, call);
    }
    Ended status = service("status");
    assertThat(status.code()).isEqualTo(3);
    assertThat(status.out()).contains("NanoClaw does not answer yet");
  }
}
