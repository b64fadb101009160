package dev.nanoclaw.app;

import dev.nanoclaw.config.Environment;
import java.nio.file.Path;
import java.util.Optional;

/// What runs the host in the background and starts it again. There is one service per user.
///
/// All may throw [ServiceException].
public interface ServiceManager {

  /// The one of this machine and user.
  static ServiceManager ofThisSystem(Environment environment) {
    return System.getProperty("os.name", "").startsWith("Mac")
        ? LaunchdService.of(environment)
        : SystemdService.of(environment);
  }

  /// Writes the service's file, anew when there is one, and starts it; one that runs is started
  /// anew.
  void install(ServicePlan plan);

  /// Stops the service and removes its file.
  void uninstall();

  void start();

  void stop();

  ServiceState state();

  /// The home directory of the service that is installed.
  Optional<Path> home();

  /// The service's file.
  Path file();

  /// What the owner should know about how long it runs.
  Optional<String> hint();

  /// Where there is to read why it did not start.
  String whereToRead();
}
