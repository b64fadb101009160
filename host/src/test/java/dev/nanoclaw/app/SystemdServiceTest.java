package dev.nanoclaw.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nanoclaw.app.SystemdService.Owner;
import dev.nanoclaw.process.Command;
import dev.nanoclaw.process.Command.Outcome;
import dev.nanoclaw.testing.ServiceTools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SystemdServiceTest {

  private static final Path CHECKOUT = Path.of("").toAbsolutePath().resolve("..").normalize();
  private static final String SHOW =
      "systemctl --user show nanoclaw.service"
          + " --property=ActiveState,SubState,MainPID,ExecMainCode,ExecMainStatus";

  @TempDir private Path dir;
  private ServiceTools tools;
  private Path program;

  @BeforeEach
  void aCheckout() throws IOException {
    tools = new ServiceTools(dir.resolve("tools"));
    tools.set("user", "");
    tools.set("linger", "Linger=yes\n");
    tools.program("exec sleep 60");
    program = checkout("check out");
  }

  private Path checkout(String name) throws IOException {
    Path checkout = Files.createDirectories(dir.resolve(name));
    Files.createDirectories(checkout.resolve("deploy/systemd"));
    Files.copy(
        CHECKOUT.resolve("deploy/systemd/nanoclaw.service"),
        checkout.resolve("deploy/systemd/nanoclaw.service"));
    Files.writeString(checkout.resolve("nanoclaw"), "#!/bin/sh\n");
    assertThat(checkout.resolve("nanoclaw").toFile().setExecutable(true)).isTrue();
    return checkout;
  }

  @AfterEach
  void endWhatRuns() throws IOException {
    tools.unset("down");
    Command.run(
        List.of(tools.tool("systemctl").toString(), "--user", "stop", "nanoclaw.service"),
        Duration.ofSeconds(20));
  }

  private SystemdService service(boolean told) {
    return service(new Owner.User("somebody", dir.resolve("runtime"), told));
  }

  private SystemdService service(Owner owner) {
    return new SystemdService(
        owner,
        tools.units(),
        tools.tool("systemctl").toString(),
        tools.tool("loginctl").toString());
  }

  private ServicePlan plan(Path home) {
    return new ServicePlan(program, home, Map.of("PATH", "/a b:/100%", "LANG", "C.UTF-8"));
  }

  private String unit() throws IOException {
    return Files.readString(tools.units().resolve("nanoclaw.service"));
  }

  @Test
  void installingWritesTheUnitMakesItKnownAndStartsIt() throws IOException {
    SystemdService service = service(true);
    assertThat(service.state()).isEqualTo(new ServiceState.NotInstalled());
    assertThat(service.home()).isEmpty();
    assertThat(tools.calls()).as("nothing is asked about a service that is not there").isEmpty();

    Path home = dir.resolve("the home");
    service.install(plan(home));

    assertThat(unit().lines())
        .contains(
            "WorkingDirectory=" + home,
            "Environment=NANOCLAW_SERVICE=systemd",
            "Environment=\"LANG=C.UTF-8\"",
            "Environment=\"PATH=/a b:/100%%\"",
            "ExecStart=:/bin/sh \"%s/nanoclaw\" start --home \"%s\"".formatted(program, home),
            "KillMode=process",
            "StartLimitIntervalSec=0",
            "RestartPreventExitStatus=78",
            "WantedBy=default.target");
    assertThat(unit()).doesNotContain("@program@", "@home@", "@environment@");
    assertThat(tools.calls())
        .containsExactly(
            SHOW,
            "systemctl --user daemon-reload",
            "systemctl --user enable nanoclaw.service",
            "systemctl --user restart nanoclaw.service");
    assertThat(tools.has("enabled")).isTrue();
    assertThat(service.state()).isInstanceOf(ServiceState.Running.class);
    assertThat(service.home()).contains(home);
    assertThat(service.file()).isEqualTo(tools.units().resolve("nanoclaw.service"));
    assertThat(service.whereToRead()).isEqualTo("journalctl -n 20 --user -u nanoclaw");
  }

  @Test
  void installingAgainReplacesTheUnitAndTheProcess() throws IOException {
    SystemdService service = service(true);
    service.install(plan(dir.resolve("one")));
    ServiceState first = service.state();
    service.install(plan(dir.resolve("two")));
    assertThat(service.home()).contains(dir.resolve("two"));
    assertThat(service.state()).isInstanceOf(ServiceState.Running.class).isNotEqualTo(first);
    try (var files = Files.list(tools.units())) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void stoppingKeepsTheUnitAndUninstallingRemovesIt() throws IOException {
    SystemdService service = service(true);
    service.install(plan(dir));
    service.stop();
    assertThat(service.state()).isEqualTo(new ServiceState.Stopped());
    assertThat(tools.has("enabled")).as("it starts with the machine").isTrue();
    service.start();
    assertThat(service.state()).isInstanceOf(ServiceState.Running.class);
    service.uninstall();
    assertThat(service.state()).isEqualTo(new ServiceState.NotInstalled());
    assertThat(tools.has("enabled")).isFalse();
    assertThat(tools.has("loaded")).isFalse();
    assertThat(tools.has("pid")).isFalse();
  }

  @Test
  void anEndIsToldWithItsCodeAndWhetherItIsTriedAgain() throws IOException {
    SystemdService service = service(true);
    service.install(plan(dir));
    service.stop();
    String show = "ActiveState=%s\nSubState=%s\nMainPID=0\nExecMainCode=%s\nExecMainStatus=%s\n";
    tools.set("ended", show.formatted("failed", "failed", "1", "78"));
    assertThat(service.state()).isEqualTo(new ServiceState.Failed("exit code 78", false));
    tools.set("ended", show.formatted("activating", "auto-restart", "2", "9"));
    assertThat(service.state()).isEqualTo(new ServiceState.Failed("signal 9", true));
    tools.set("ended", show.formatted("activating", "auto-restart-queued", "1", "1"));
    assertThat(service.state()).isEqualTo(new ServiceState.Failed("exit code 1", true));
    tools.set("ended", show.formatted("activating", "start", "0", "0"));
    assertThat(service.state()).isEqualTo(new ServiceState.Starting());
  }

  @Test
  void withoutAManagerNothingIsWrittenAndThePersonIsToldWhatToDo() throws IOException {
    tools.set("down", "Failed to connect to bus: No medium found\n");
    assertThatThrownBy(() -> service(true).install(plan(dir)))
        .isInstanceOf(ServiceException.class)
        .hasMessageStartingWith(
            "systemctl show failed (1): Failed to connect to bus: No medium found. ")
        .hasMessageContaining(
            "not by su or sudo; or let root run once: loginctl enable-linger somebody");
    tools.set("down", "System has not been booted with systemd as init system (PID 1).\n");
    assertThatThrownBy(() -> service(new Owner.Root()).install(plan(dir)))
        .isInstanceOf(ServiceException.class)
        .hasMessageEndingWith("let what starts programs on it run: ./nanoclaw start");
    var missing = new SystemdService(new Owner.Root(), tools.units(), dir + "/none", "loginctl");
    assertThatThrownBy(() -> missing.install(plan(dir)))
        .isInstanceOf(ServiceException.class)
        .hasMessageStartingWith("systemctl is missing");
    assertThat(tools.units()).doesNotExist();
  }

  @Test
  void afterSuTheManagerIsFoundByItsDirectory() throws IOException {
    Path runtime = Files.createDirectories(dir.resolve("runtime"));
    Files.writeString(
        tools.tool("systemctl"),
        Files.readString(tools.tool("systemctl"))
            .replace("fail() {", "echo \"in $XDG_RUNTIME_DIR\" >>\"$dir/calls\"\nfail() {"));
    service(false).install(plan(dir));
    assertThat(tools.calls()).startsWith(SHOW, "in " + runtime);
  }

  @Test
  void withoutLingeringTheOwnerIsToldHowToGetIt() throws IOException {
    SystemdService service = service(true);
    assertThat(service.hint()).isEmpty();
    tools.set("linger", "Linger=no\n");
    assertThat(service.hint().orElseThrow()).endsWith("once: loginctl enable-linger somebody");
    tools.unset("linger");
    assertThat(service.hint()).as("it does not know").isPresent();
    assertThat(service(new Owner.Root()).hint()).isEmpty();
  }

  @Test
  void rootsServiceBelongsToTheMachine() throws IOException {
    tools.unset("user");
    service(new Owner.Root()).install(plan(dir));
    assertThat(unit()).contains("\nWantedBy=multi-user.target\n");
    assertThat(tools.calls()).contains("systemctl restart nanoclaw.service");
    tools.set("user", "");
  }

  @Test
  void namesThatMeanSomethingToSystemdAreQuoted() throws IOException {
    program = checkout("p%h $HOME \"q\" 'a' b\\c é");
    Path home = Files.createDirectories(dir.resolve("h%n $$ \"q\" \\x"));
    service(true).install(plan(home));
    assertThat(unit().lines())
        .contains(
            "WorkingDirectory=" + dir + "/h%%n $$ \"q\" \\x",
            ("ExecStart=:/bin/sh \"%s/p%%%%h $HOME \\\"q\\\" 'a' b\\\\c é/nanoclaw\" start --home"
                    + " \"%s/h%%%%n $$ \\\"q\\\" \\\\x\"")
                .formatted(dir, dir));
    assertThat(service(true).home()).contains(home);
    assertThatThrownBy(() -> plan(dir.resolve("two\nlines"))).isInstanceOf(ServiceException.class);
    assertThatThrownBy(() -> plan(dir.resolve("a\\"))).isInstanceOf(ServiceException.class);
    assertThatThrownBy(() -> plan(dir.resolve("a "))).isInstanceOf(ServiceException.class);
    systemdHasNothingAgainst(tools.units().resolve("nanoclaw.service"));
  }

  @Test
  void theTemplateIsAUnitByItself() {
    assertThat(SystemdUnit.home(ServiceFile.template(CHECKOUT, "systemd/nanoclaw.service")))
        .contains(Path.of("/@home@"));
  }

  /// Where systemd is installed. Before version 254 it does not know two settings and says so.
  private static void systemdHasNothingAgainst(Path unit) {
    Outcome verified =
        Command.run(
            List.of("systemd-analyze", "verify", "--man=no", unit.toString()),
            Duration.ofSeconds(30));
    if (verified instanceof Outcome.Exited(int code, String out, String err)) {
      assertThat((out + err).lines().filter(it -> it.contains("nanoclaw")))
          .allMatch(it -> it.contains("Unknown key") && it.contains("'Restart"));
      assertThat(code).as(err).isZero();
    }
  }
}
