package dev.nanoclaw.agent;

/// The host asked for something that cannot be run; the message holds nothing of its content.
final class InvalidRequestException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  InvalidRequestException(String message) {
    super(message);
  }
}
