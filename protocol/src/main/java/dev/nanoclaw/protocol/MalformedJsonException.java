package dev.nanoclaw.protocol;

/// Text from the other side that is not what the protocol says it should be.
public final class MalformedJsonException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MalformedJsonException(String message) {
    super(message);
  }
}
