package dev.nanoclaw.container;

import java.nio.file.Path;

/// A directory of the host that a container sees.
public record Mount(Path source, String target, boolean readOnly) {

  /// Checks that every engine understands the paths.
  ///
  /// @throws IllegalArgumentException when a path holds `,`, `=` or `:`, at which engines split
  public Mount {
    String both = source + target;
    if (both.chars().anyMatch(it -> it == ',' || it == '=' || it == ':')) {
      throw new IllegalArgumentException(
          "the path %s holds one of , = : and cannot be mounted; move it to another place"
              .formatted(source));
    }
  }

  static Mount readOnly(Path source, String target) {
    return new Mount(source, target, true);
  }

  static Mount writable(Path source, String target) {
    return new Mount(source, target, false);
  }

  /// The value of `--mount`.
  String argument() {
    return "type=bind,source=" + source + ",target=" + target + (readOnly ? ",readonly" : "");
  }
}
