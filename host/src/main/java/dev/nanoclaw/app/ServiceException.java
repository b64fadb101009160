package dev.nanoclaw.app;

/// Why the service cannot be installed, started or asked, and what its owner can do.
public final class ServiceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ServiceException(String message) {
    super(message);
  }
}
