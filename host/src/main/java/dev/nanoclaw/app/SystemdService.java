package dev.nanoclaw.app;

import com.sun.security.auth.module.UnixSystem;
import dev.nanoclaw.config.Environment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The host as a unit of systemd: of the user's own manager, or for root of the machine's.
final class SystemdService implements ServiceManager {

  private static final String UNIT = "nanoclaw.service";
  private static final String MISSING =
      "systemctl is missing: on Linux a service needs systemd. Without it, let what starts programs"
          + " on this machine run: ./nanoclaw start";

  /// Whose manager it is.
  sealed interface Owner {

    record Root() implements Owner {}

    /// @param runtime the directory in which their manager listens, `/run/user/` and their number
    /// @param told whether the shell knows that directory, which it does not after `su`
    record User(String name, Path runtime, boolean told) implements Owner {}
  }

  private final Owner owner;
  private final ServiceFile file;
  private final ServiceTool systemctl;
  private final ServiceTool loginctl;

  /// @param units the directory for unit files
  /// @param systemctl how that program is called; the same for `loginctl`
  SystemdService(Owner owner, Path units, String systemctl, String loginctl) {
    this.owner = owner;
    this.file = new ServiceFile(units, UNIT);
    this.systemctl = new ServiceTool("systemctl", ownersCommand(owner, systemctl), MISSING);
    this.loginctl = new ServiceTool("loginctl", List.of(loginctl), MISSING);
  }

  static SystemdService of(Environment environment) {
    long uid = new UnixSystem().getUid();
    if (uid == 0) {
      return service(new Owner.Root(), Path.of("/etc/systemd/system"));
    }
    Path runtime = Path.of("/run/user", Long.toString(uid));
    boolean told = runtime.equals(environment.runtimeDir());
    return service(
        new Owner.User(System.getProperty("user.name"), runtime, told),
        environment.userHome().resolve(".config/systemd/user"));
  }

  private static SystemdService service(Owner owner, Path units) {
    return new SystemdService(owner, units, "systemctl", "loginctl");
  }

  /// After `su` the manager may run, and only the variable that leads to it be missing.
  private static List<String> ownersCommand(Owner owner, String systemctl) {
    List<String> command = new ArrayList<>();
    if (owner instanceof Owner.User user) {
      if (!user.told() && Files.isDirectory(user.runtime())) {
        command.addAll(List.of("env", "XDG_RUNTIME_DIR=" + user.runtime()));
      }
      command.addAll(List.of(systemctl, "--user"));
    } else {
      command.add(systemctl);
    }
    return command;
  }

  @Override
  public void install(ServicePlan plan) {
    String template = ServiceFile.template(plan.program(), "systemd/" + UNIT);
    var _ = show(); // before anything is written: does it answer?
    String target = owner instanceof Owner.Root ? "multi-user.target" : "default.target";
    file.write(SystemdUnit.fill(template, plan, target));
    call("daemon-reload");
    call("enable", UNIT);
    call("restart", UNIT);
  }

  @Override
  public void uninstall() {
    call("disable", "--now", UNIT);
    file.delete();
    call("daemon-reload");
    var _ = systemctl.run("reset-failed", UNIT); // mostly there is nothing to forget
  }

  @Override
  public void start() {
    call("start", UNIT);
  }

  @Override
  public void stop() {
    call("stop", UNIT);
  }

  private void call(String... arguments) {
    var _ = systemctl.ask(this::advice, arguments);
  }

  private String advice(String line) {
    return switch (owner) {
      case Owner.User user when line.contains("connect to bus") ->
          ". The service manager of %s does not run or cannot be reached from here. Log in as %s itself, not by su or sudo; or let root run once: loginctl enable-linger %s"
              .formatted(user.name(), user.name(), user.name());
      case Owner.Root _
          when line.contains("booted with systemd") || line.contains("connect to bus") ->
          ". This machine is not run by systemd; let what starts programs on it run: ./nanoclaw"
              + " start";
      case Owner.Root _, Owner.User _ -> "";
    };
  }

  private Map<String, String> show() {
    String answer =
        systemctl.ask(
            this::advice,
            "show",
            UNIT,
            "--property=ActiveState,SubState,MainPID,ExecMainCode,ExecMainStatus");
    Map<String, String> properties = new HashMap<>();
    answer
        .lines()
        .map(it -> it.split("=", 2))
        .filter(it -> it.length == 2)
        .forEach(it -> properties.put(it[0], it[1]));
    return properties;
  }

  @Override
  public ServiceState state() {
    if (!file.exists()) {
      return new ServiceState.NotInstalled();
    }
    Map<String, String> properties = show();
    long pid = Long.parseLong(properties.getOrDefault("MainPID", "0"));
    if (pid > 0) {
      return new ServiceState.Running(pid);
    }
    return switch (properties.getOrDefault("ActiveState", "")) {
      case "failed" -> new ServiceState.Failed(how(properties), false);
      case "activating" ->
          properties.getOrDefault("SubState", "").startsWith("auto-restart")
              ? new ServiceState.Failed(how(properties), true)
              : new ServiceState.Starting();
      default -> new ServiceState.Stopped();
    };
  }

  /// `ExecMainCode` is 1 after an exit, else a signal ended it.
  private static String how(Map<String, String> properties) {
    return (properties.getOrDefault("ExecMainCode", "").equals("1") ? "exit code " : "signal ")
        + properties.getOrDefault("ExecMainStatus", "?");
  }

  @Override
  public Optional<Path> home() {
    return file.text().flatMap(SystemdUnit::home);
  }

  @Override
  public Path file() {
    return file.path();
  }

  /// Without lingering a user's manager lives from the first login to the last logout.
  @Override
  public Optional<String> hint() {
    if (!(owner instanceof Owner.User user)) {
      return Optional.empty();
    }
    var answer = loginctl.run("show-user", user.name(), "--property=Linger");
    return answer.ok() && answer.out().strip().equals("Linger=yes")
        ? Optional.empty()
        : Optional.of(
            "It ends when you log out, with its containers, and does not start with the machine. To"
                + " change that, once: loginctl enable-linger "
                + user.name());
  }

  @Override
  public String whereToRead() {
    return owner instanceof Owner.Root
        ? "journalctl -n 20 -u nanoclaw"
        : "journalctl -n 20 --user -u nanoclaw";
  }
}
