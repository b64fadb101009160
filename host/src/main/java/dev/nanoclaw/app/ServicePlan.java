package dev.nanoclaw.app;

import java.nio.file.Path;
import java.util.Map;

/// What a service runs: `nanoclaw start` of a checkout, on a home directory.
///
/// @param program the checkout; templates lie in its `deploy`
/// @param environment the variables it gets, beside what the service manager sets
public record ServicePlan(Path program, Path home, Map<String, String> environment) {

  /// Neither kind of service file can hold every name of a directory.
  ///
  /// @throws ServiceException when it cannot hold one of these
  public ServicePlan {
    environment = Map.copyOf(environment);
    check(program);
    check(home);
  }

  private static void check(Path path) {
    String text = path.toString();
    if (text.chars().anyMatch(Character::isISOControl)
        || text.endsWith("\\")
        || text.endsWith(" ")) {
      throw new ServiceException(
          "a service cannot run in a directory with such a name: '%s'. Use one without control characters, and without a blank or backslash at the end"
              .formatted(text));
    }
  }
}
