package dev.nanoclaw.domain;

import java.util.regex.Pattern;

/// The name of a group's directory, safe as a path and as an argument.
public record GroupFolder(String value) {

  private static final Pattern ALLOWED = Pattern.compile("[a-z0-9][a-z0-9-]{0,63}");

  /// The folder of the first main group.
  public static final GroupFolder MAIN = new GroupFolder("main");

  /// Checks the name.
  ///
  /// @throws IllegalArgumentException with a text for the person who chose it
  public GroupFolder {
    if (!ALLOWED.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "not a folder name: '%s' (a-z, 0-9 and -, beginning with a letter or digit, at most 64)"
              .formatted(value));
    }
  }

  @Override
  public String toString() {
    return value;
  }
}
