package dev.nanoclaw.app;

import com.sun.security.auth.module.UnixSystem;
import dev.nanoclaw.config.Environment;
import dev.nanoclaw.process.Command.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The host as an agent of launchd, in the session of the user who is logged in at the Mac.
final class LaunchdService implements ServiceManager {

  private static final String LABEL = "com.nanoclaw";
  private static final String MISSING = "launchctl is missing";

  /// `print` answers so about a service that is not loaded.
  private static final int NOT_LOADED = 113;

  private static final Pattern PID = Pattern.compile("(?m)^\\s*pid = ([0-9]+)$");
  private static final Pattern LAST_EXIT =
      Pattern.compile("(?m)^\\s*last exit code = (-?[0-9]+)\\b.*$");

  private static final long LARGE_LOG = 1024 * 1024;
  private static final int LOOKS = 300;
  private static final long LOOK_MS = 100;

  private final String domain;
  private final ServiceFile file;
  private final ServiceTool launchctl;

  /// @param agents the directory for property lists
  /// @param launchctl how that program is called
  LaunchdService(long uid, Path agents, String launchctl) {
    this.launchctl = new ServiceTool("launchctl", List.of(launchctl), MISSING);
    this.domain = "gui/" + uid;
    this.file = new ServiceFile(agents, LABEL + ".plist");
  }

  static LaunchdService of(Environment environment) {
    long uid = new UnixSystem().getUid();
    if (uid == 0) {
      throw new ServiceException(
          "on a Mac the service belongs to a user: run this as yourself, not as root");
    }
    return new LaunchdService(
        uid, environment.userHome().resolve("Library/LaunchAgents"), "launchctl");
  }

  @Override
  public void install(ServicePlan plan) {
    String template = ServiceFile.template(plan.program(), "launchd/" + LABEL + ".plist");
    unload();
    prepareLog(plan.home());
    file.write(LaunchdPlist.fill(template, plan));
    load();
  }

  @Override
  public void uninstall() {
    unload();
    file.delete();
  }

  @Override
  public void start() {
    home().ifPresent(LaunchdService::prepareLog);
    if (print().isEmpty()) {
      load();
    } else {
      call("kickstart", service());
    }
  }

  /// Only what is not loaded stays stopped. The next login loads it again.
  @Override
  public void stop() {
    unload();
  }

  private String service() {
    return domain + "/" + LABEL;
  }

  private void load() {
    call("enable", service());
    call("bootstrap", domain, file.path().toString());
  }

  /// `bootout` may return before it is done, and meanwhile the service cannot be loaded.
  private void unload() {
    if (print().isEmpty()) {
      return;
    }
    var _ = launchctl.run("bootout", service());
    CountDownLatch never = new CountDownLatch(1);
    try {
      for (int looks = 0; print().isPresent(); looks++) {
        if (looks == LOOKS) {
          throw new ServiceException("launchd does not end the service; try again in a minute");
        }
        var _ = never.await(LOOK_MS, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new ServiceException("interrupted");
    }
  }

  private void call(String... arguments) {
    var _ =
        launchctl.ask(
            _ -> ". Is this user logged in at the Mac's screen? Agents run only in such a session",
            arguments);
  }

  /// What launchd says about the service when it is loaded.
  private Optional<String> print() {
    Outcome.Exited it = launchctl.run("print", service());
    if (it.ok()) {
      return Optional.of(it.out());
    }
    if (it.code() == NOT_LOADED || it.err().contains("Could not find service")) {
      return Optional.empty();
    }
    throw new ServiceException(
        "launchctl cannot ask about %s (%d): %s. Is this user logged in at the Mac's screen? Agents run only in such a session"
            .formatted(service(), it.code(), ServiceTool.firstLine(it.err())));
  }

  /// launchd only ever appends to it, and makes no directory for it.
  private static void prepareLog(Path home) {
    Path logs = home.resolve("logs");
    Path log = logs.resolve("service.log");
    try {
      Files.createDirectories(logs);
      if (Files.exists(log) && Files.size(log) > LARGE_LOG) {
        Files.move(log, logs.resolve("service.log.1"), StandardCopyOption.REPLACE_EXISTING);
      }
    } catch (IOException e) {
      throw new ServiceException("cannot write %s: %s".formatted(log, e.getMessage()));
    }
  }

  @Override
  public ServiceState state() {
    if (!file.exists()) {
      return new ServiceState.NotInstalled();
    }
    return print().map(LaunchdService::loaded).orElseGet(ServiceState.Stopped::new);
  }

  private static ServiceState loaded(String print) {
    Matcher pid = PID.matcher(print);
    if (pid.find()) {
      return new ServiceState.Running(Long.parseLong(pid.group(1)));
    }
    Matcher code = LAST_EXIT.matcher(print);
    return code.find()
        ? new ServiceState.Failed("exit code " + code.group(1), true)
        : new ServiceState.Starting();
  }

  @Override
  public Optional<Path> home() {
    return file.text().flatMap(LaunchdPlist::home);
  }

  @Override
  public Path file() {
    return file.path();
  }

  @Override
  public Optional<String> hint() {
    return Optional.empty();
  }

  @Override
  public String whereToRead() {
    return "tail "
        + home().map(it -> it.resolve("logs/service.log").toString()).orElse("logs/service.log");
  }
}
