package dev.nanoclaw.ipc;

/// A command that its agent may not give, or that is about something that is not there; the text is
/// for the agent.
final class NotAllowedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NotAllowedException(String message) {
    super(message);
  }
}
