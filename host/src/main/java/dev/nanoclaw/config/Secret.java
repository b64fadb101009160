package dev.nanoclaw.config;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/// A text that must not be seen. Shows itself to nobody who does not ask for it by name.
public final class Secret {

  private final String value;

  public Secret(String value) {
    this.value = value;
  }

  /// The text itself, for the one place that needs it.
  public String reveal() {
    return value;
  }

  /// Takes the same time wherever the two differ.
  @Override
  public boolean equals(Object other) {
    return other instanceof Secret secret
        && MessageDigest.isEqual(
            value.getBytes(StandardCharsets.UTF_8), secret.value.getBytes(StandardCharsets.UTF_8));
  }

  /// The same for all: a hash would say something about the text.
  @Override
  public int hashCode() {
    return 1;
  }

  @Override
  public String toString() {
    return "[secret]";
  }
}
