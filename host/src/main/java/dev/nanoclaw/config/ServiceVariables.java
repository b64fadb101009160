package dev.nanoclaw.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Which variables of a shell a service of launchd or systemd must be given, since it inherits
/// none.
final class ServiceVariables {

  /// Where engines, Go and Maven lie when the shell's `PATH` does not say so.
  private static final List<String> USUAL_PATH =
      List.of(
          "/opt/homebrew/bin",
          "/usr/local/go/bin",
          "/usr/local/bin",
          "/usr/local/sbin",
          "/usr/bin",
          "/usr/sbin",
          "/bin",
          "/sbin");

  /// The locale decides how the JVM reads file names, the others which engine answers and where
  /// podman has its images. Nothing that may hold a password: others can read a service's settings.
  private static final List<String> TAKEN_OVER =
      List.of(
          "HOME",
          "LANG",
          "LC_ALL",
          "LC_CTYPE",
          "TZ",
          "XDG_CONFIG_HOME",
          "XDG_DATA_HOME",
          "DOCKER_HOST",
          "DOCKER_CONTEXT",
          "DOCKER_CONFIG",
          "CONTAINER_HOST",
          "CONTAINERS_CONF",
          "CONTAINERS_STORAGE_CONF");

  private ServiceVariables() {}

  /// @param jdk the JDK that runs this program
  static Map<String, String> of(Map<String, String> variables, Path jdk) {
    Map<String, String> taken = new LinkedHashMap<>();
    taken.put("PATH", path(variables.getOrDefault("PATH", "")));
    for (String name : TAKEN_OVER) {
      String value = variables.getOrDefault(name, "");
      if (!value.isBlank() && isOneLine(value)) {
        taken.put(name, value);
      }
    }
    String javaHome = variables.getOrDefault("JAVA_HOME", "");
    if (isOneLine(javaHome) && isSame(javaHome, jdk)) {
      taken.put("JAVA_HOME", javaHome); // another one did not help the launcher
    }
    return taken;
  }

  private static String path(String given) {
    Set<String> directories = new LinkedHashSet<>();
    for (String it : given.split(":", -1)) {
      if (it.startsWith("/") && isOneLine(it)) {
        directories.add(it);
      }
    }
    directories.addAll(USUAL_PATH);
    return String.join(":", directories);
  }

  private static boolean isOneLine(String text) {
    return text.chars().noneMatch(Character::isISOControl);
  }

  private static boolean isSame(String directory, Path jdk) {
    try {
      return !directory.isBlank() && Path.of(directory).toRealPath().equals(jdk.toRealPath());
    } catch (IOException _) {
      return false;
    }
  }
}
