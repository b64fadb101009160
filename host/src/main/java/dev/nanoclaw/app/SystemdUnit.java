package dev.nanoclaw.app;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The text of systemd's unit file. Each of its settings has quoting rules of its own.
final class SystemdUnit {

  private static final Pattern HOME = Pattern.compile("(?m)^WorkingDirectory=(.*)$");

  private SystemdUnit() {}

  /// @param target what starts the service with the machine
  static String fill(String template, ServicePlan plan, String target) {
    String home = plan.home().toString();
    return template
        .replace("\"/@program@/nanoclaw\"", quoted(plan.program().resolve("nanoclaw").toString()))
        .replace("\"/@home@\"", quoted(home))
        .replace("WorkingDirectory=/@home@", "WorkingDirectory=" + withoutSpecifiers(home))
        .replace("# @environment@", environment(plan.environment()))
        .replace("WantedBy=default.target", "WantedBy=" + target);
  }

  /// The home directory in the text of a unit that [#fill] made.
  static Optional<Path> home(String unit) {
    Matcher line = HOME.matcher(unit);
    return line.find() ? Optional.of(Path.of(line.group(1).replace("%%", "%"))) : Optional.empty();
  }

  private static String environment(Map<String, String> variables) {
    return new TreeMap<>(variables)
        .entrySet().stream()
            .map(it -> "Environment=" + quoted(it.getKey() + "=" + it.getValue()))
            .collect(Collectors.joining("\n"));
  }

  private static String quoted(String text) {
    return '"' + withoutSpecifiers(text).replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static String withoutSpecifiers(String text) {
    return text.replace("%", "%%");
  }
}
