package dev.nanoclaw.domain;

/// The address of a chat within its channel, such as `local:main` or `123@g.us`.
public record ChatJid(String value) {

  private static final int MAX_LENGTH = 256;

  /// The chat of terminals and the web console on this machine.
  public static final ChatJid LOCAL = new ChatJid("local:main");

  /// Checks the address.
  ///
  /// @throws IllegalArgumentException when it is empty, too long or holds control characters
  public ChatJid {
    if (value.isBlank()
        || value.length() > MAX_LENGTH
        || value.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException("not a chat address: '%s'".formatted(value.strip()));
    }
  }

  @Override
  public String toString() {
    return value;
  }
}
