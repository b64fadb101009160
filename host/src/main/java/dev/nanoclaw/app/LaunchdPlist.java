package dev.nanoclaw.app;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// The text of launchd's property list.
final class LaunchdPlist {

  private static final Pattern HOME =
      Pattern.compile("<key>WorkingDirectory</key>\\s*<string>([^<]*)</string>");

  private LaunchdPlist() {}

  static String fill(String template, ServicePlan plan) {
    return template
        .replace("/@program@", escaped(plan.program().toString()))
        .replace("/@home@", escaped(plan.home().toString()))
        .replace("<!-- @environment@ -->", environment(plan.environment()));
  }

  /// The home directory in the text of a list that [#fill] made.
  static Optional<Path> home(String plist) {
    Matcher value = HOME.matcher(plist);
    return value.find() ? Optional.of(Path.of(plain(value.group(1)))) : Optional.empty();
  }

  private static String environment(Map<String, String> variables) {
    return new TreeMap<>(variables)
        .entrySet().stream()
            .map(it ->
                "<key>%s</key>\n    <string>%s</string>"
                    .formatted(escaped(it.getKey()), escaped(it.getValue())))
            .collect(Collectors.joining("\n    "));
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  private static String plain(String text) {
    return text.replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&");
  }
}
