package dev.nanoclaw.config;

import dev.nanoclaw.config.Kind.Text;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/// The kinds of text that settings are made of. Many end as an argument of the container engine, so
/// none can begin with a dash or hold a control character.
final class Texts {

  static final Text<String> NAME =
      matching(
          "a name of at most 40 characters in one line, without an @ before it",
          "(?=\\S)(?!@)[^\\p{C}\\p{Zl}\\p{Zp}]{1,40}(?<=\\S)");

  static final Text<String> IMAGE =
      matching(
          "an image name like nanoclaw-agent:latest",
          "[a-z0-9](?=.{0,250}$)[a-z0-9._-]*(:[0-9]+)?(/[a-z0-9][a-z0-9._-]*)*"
              + "(:[A-Za-z0-9_][A-Za-z0-9._-]*)?(@sha256:[0-9a-f]{64})?");

  static final Text<String> MEMORY =
      new Text<>("a size from 200m to 1024g, like 512m or 2g", Texts::memory);

  static final Text<String> MODEL =
      matching("default or the name of a model", "[A-Za-z0-9][A-Za-z0-9._:/@\\[\\]-]{0,127}");

  static final Text<URI> ORIGIN =
      new Text<>(
          "an address like https://api.anthropic.com, without path or user"
              + " (http only for this computer: localhost, 127.0.0.1 or [::1])",
          Texts::origin);

  static final Text<Path> PATH =
      new Text<>(
          "a path, absolute or relative to the home directory, without , = : and not beginning"
              + " with ~",
          Texts::path);

  static final Text<String> AUTO_OR_PATH =
      new Text<>(
          "auto or " + PATH.expected(),
          text -> text.equals("auto") ? Optional.of(text) : path(text).map(_ -> text));

  static final Text<ZoneId> ZONE =
      new Text<>("system or the name of a time zone like Europe/Paris", Texts::zone);

  private Texts() {}

  static Text<String> matching(String expected, String pattern) {
    Function<String, Optional<String>> check =
        text -> text.matches(pattern) ? Optional.of(text) : Optional.empty();
    return new Text<>(expected, check);
  }

  private static Optional<String> memory(String text) {
    if (!text.matches("[1-9][0-9]{0,6}[mg]")) {
      return Optional.empty();
    }
    long number = Long.parseLong(text.substring(0, text.length() - 1));
    long mebibytes = text.endsWith("g") ? number * 1024 : number;
    return mebibytes < 200 || mebibytes > 1024 * 1024 ? Optional.empty() : Optional.of(text);
  }

  private static Optional<URI> origin(String text) {
    try {
      URI uri = new URI(text);
      String host = uri.getHost();
      if (host == null || uri.getScheme() == null || uri.getPort() == 0 || uri.getPort() > 65535) {
        return Optional.empty();
      }
      String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
      boolean safe =
          scheme.equals("https")
              || (scheme.equals("http") && host.matches("(?i)localhost|127(\\.\\d+){3}|\\[::1]"));
      URI origin = new URI(scheme, null, host, uri.getPort(), null, null, null);
      boolean bare = text.equalsIgnoreCase(origin.toString());
      return safe && bare ? Optional.of(origin) : Optional.empty();
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }

  private static Optional<Path> path(String text) {
    return text.isBlank() || text.startsWith("~") || text.matches(".*[,=:\\p{C}].*")
        ? Optional.empty()
        : Optional.of(Path.of(text));
  }

  private static Optional<ZoneId> zone(String text) {
    if (text.equals("system")) {
      return Optional.of(ZoneId.systemDefault());
    }
    return ZoneId.getAvailableZoneIds().contains(text)
        ? Optional.of(ZoneId.of(text))
        : Optional.empty();
  }
}
