package dev.nanoclaw.container;

/// What an agent left for the host is not a file that can be read; the text says why.
public final class UnusableFileException extends Exception {
  private static final long serialVersionUID = 1L;

  private final byte[] content;

  UnusableFileException(String message, byte[] content) {
    super(message);
    this.content = content;
  }

  /// What was read of it all the same.
  public byte[] content() {
    return content.clone();
  }
}
