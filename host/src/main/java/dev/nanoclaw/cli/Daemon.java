package dev.nanoclaw.cli;

import dev.nanoclaw.app.Logging;
import dev.nanoclaw.app.NanoClaw;
import dev.nanoclaw.config.Credential;
import dev.nanoclaw.config.CredentialsFile;
import dev.nanoclaw.config.Environment;
import dev.nanoclaw.config.Home;
import dev.nanoclaw.config.Settings;
import dev.nanoclaw.config.SettingsFile;
import dev.nanoclaw.container.AgentUser;
import dev.nanoclaw.container.Engines;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/// Runs the host in the foreground until it is told to stop.
final class Daemon {

  private Daemon() {}

  /// @param quiet whether standard error gets warnings only; the log file has everything
  /// @return the exit code, after SIGTERM or SIGINT
  static int run(Optional<Path> homeOption, boolean quiet) {
    Environment environment = Environment.system();
    Home home = environment.home(homeOption);
    Settings settings = SettingsFile.read(home.configYml(), home.dir());
    var _ = CredentialsFile.read(home.credentialsYml()); // a broken file stops the start
    try (Logging logging =
        quiet ? Logging.startQuietly(settings.logging()) : Logging.start(settings.logging())) {
      Engines engines = Engines.of(settings.container().runtime(), AgentUser.ofThisProcess());
      var agents = new NanoClaw.Agents(engines, () -> credential(home, logging));
      NanoClaw host = NanoClaw.start(home, settings, environment, agents, Clock.systemUTC());
      CountDownLatch stopped = new CountDownLatch(1);
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    host.close();
                    stopped.countDown();
                  },
                  "stop"));
      stopped.await();
      return 0;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return 1;
    }
  }

  /// Read anew each time; from then on its value cannot appear in the log.
  private static Optional<Credential> credential(Home home, Logging logging) {
    Optional<Credential> credential = CredentialsFile.read(home.credentialsYml());
    credential.ifPresent(it -> logging.hide(it.value()));
    return credential;
  }
}
