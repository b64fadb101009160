package dev.nanoclaw.cli;

/// Why a command cannot be carried out, for the person who gave it.
final class CommandException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CommandException(String message) {
    super(message);
  }
}
