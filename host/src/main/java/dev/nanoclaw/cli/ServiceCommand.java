package dev.nanoclaw.cli;

import dev.nanoclaw.app.ServiceManager;
import dev.nanoclaw.app.ServicePlan;
import dev.nanoclaw.app.ServiceState;
import dev.nanoclaw.config.CredentialsFile;
import dev.nanoclaw.config.Environment;
import dev.nanoclaw.config.Home;
import dev.nanoclaw.config.SettingsFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "service",
    description = "Runs the assistant in the background, and again after a failure or a restart.",
    mixinStandardHelpOptions = true)
final class ServiceCommand implements Runnable {

  private static final int NOT_RUNNING = 3;

  /// Longer than a start takes; a build before it takes longer.
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  @Spec private CommandSpec spec = CommandSpec.create();

  private final Environment environment;
  private final Function<Environment, ServiceManager> managers;
  private final Duration patience;

  ServiceCommand() {
    this(Environment.system(), ServiceManager::ofThisSystem, PATIENCE);
  }

  /// @param patience how long a host that was started may take to answer
  ServiceCommand(
      Environment environment, Function<Environment, ServiceManager> managers, Duration patience) {
    this.patience = patience;
    this.environment = environment;
    this.managers = managers;
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "Which command: install, uninstall, start, stop or status?");
  }

  @Command(
      description = "Makes a service of launchd or systemd, or makes it anew, and starts it.",
      mixinStandardHelpOptions = true)
  int install(@Mixin HomeOption option) {
    ServiceManager manager = managers.apply(environment);
    Path program = option.home().program();
    Path dir = option.isNamed() ? option.home().dir() : manager.home().orElse(program);
    Home home = new Home(dir, program);
    check(home);
    refuseAnother(manager, home.dir());
    manager.install(new ServicePlan(home.program(), home.dir(), environment.forService()));
    out().printf("The service is installed: %s.%n", manager.file());
    return awaitHost(manager, home.dir());
  }

  @Command(
      description = "Stops and removes the service. All files of the assistant stay.",
      mixinStandardHelpOptions = true)
  int uninstall() {
    ServiceManager manager = managers.apply(environment);
    if (manager.state() instanceof ServiceState.NotInstalled) {
      out().println("There is no service.");
      return 0;
    }
    manager.uninstall();
    out().println("The service is gone. Messages, memory and settings are where they were.");
    return 0;
  }

  @Command(description = "Starts the service.", mixinStandardHelpOptions = true)
  int start() {
    ServiceManager manager = managers.apply(environment);
    Path home = homeOf(manager);
    if (!(manager.state() instanceof ServiceState.Running)) {
      check(new Home(home, home));
      refuseAnother(manager, home);
      manager.start();
    }
    return awaitHost(manager, home);
  }

  @Command(
      description = "Stops the service until it is started or the machine is. Containers go on.",
      mixinStandardHelpOptions = true)
  int stop() {
    ServiceManager manager = managers.apply(environment);
    var _ = homeOf(manager);
    boolean idle = manager.state() instanceof ServiceState.Stopped;
    if (!idle) {
      manager.stop();
    }
    out()
        .println(
            idle
                ? "The service does not run."
                : "The service has stopped. Containers that are at work go on; the next start takes"
                    + " them up.");
    return 0;
  }

  @Command(
      description = "Says whether the service runs; exits 3 when it does not.",
      mixinStandardHelpOptions = true)
  int status() {
    ServiceManager manager = managers.apply(environment);
    return switch (manager.state()) {
      case ServiceState.NotInstalled _ -> {
        out().println("There is no service. Make one with: ./nanoclaw service install");
        yield NOT_RUNNING;
      }
      case ServiceState.Stopped _ -> {
        out().println("The service does not run. Start it with: ./nanoclaw service start");
        yield NOT_RUNNING;
      }
      case ServiceState.Starting _ -> {
        out().println("The service is being started.");
        yield NOT_RUNNING;
      }
      case ServiceState.Failed failed -> {
        out().println(failure(failed, manager));
        yield NOT_RUNNING;
      }
      case ServiceState.Running running -> answering(manager, homeOf(manager), running.pid());
    };
  }

  private int answering(ServiceManager manager, Path home, long pid) {
    boolean answers = RunningHost.on(home).equals(OptionalLong.of(pid));
    out()
        .println(
            answers
                ? "NanoClaw runs as a service on %s (process %d).".formatted(home, pid)
                : "The service runs (process %d), and NanoClaw does not answer yet; after an update it is built first, which takes a minute. See: %s"
                    .formatted(pid, manager.whereToRead()));
    manager.hint().ifPresent(out()::println);
    return answers ? 0 : NOT_RUNNING;
  }

  /// What would stop the host is told here and not in a log.
  private static void check(Home home) {
    var _ = SettingsFile.read(home.configYml(), home.dir());
    var _ = CredentialsFile.read(home.credentialsYml());
  }

  /// A host that somebody started by hand would keep the service from its home.
  private static void refuseAnother(ServiceManager manager, Path home) {
    OptionalLong pid = RunningHost.on(home);
    if (pid.isPresent() && !manager.state().equals(new ServiceState.Running(pid.getAsLong()))) {
      throw new CommandException(
          "NanoClaw already runs on %s, not as the service (process %d). Stop it first, for example with Ctrl-C where it runs"
              .formatted(home, pid.getAsLong()));
    }
  }

  private static Path homeOf(ServiceManager manager) {
    return manager
        .home()
        .orElseThrow(() ->
            new CommandException(
                "there is no service yet. Make one with: ./nanoclaw service install"));
  }

  private int awaitHost(ServiceManager manager, Path home) {
    return switch (RunningHost.await(manager, home, patience)) {
      case ServiceState.Failed failed -> throw new CommandException(failure(failed, manager));
      case ServiceState.Running running -> answering(manager, home, running.pid());
      case ServiceState.NotInstalled _, ServiceState.Stopped _, ServiceState.Starting _ ->
          throw new CommandException(
              "the service was started and does not run. See: " + manager.whereToRead());
    };
  }

  private static String failure(ServiceState.Failed failed, ServiceManager manager) {
    return "the service has failed (%s)%s. See: %s"
        .formatted(
            failed.how(),
            failed.again()
                ? " and is started again within a minute"
                : " and is not started again before somebody does",
            manager.whereToRead());
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }
}
