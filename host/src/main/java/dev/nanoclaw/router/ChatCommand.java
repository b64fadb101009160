package dev.nanoclaw.router;

import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.IncomingMessage;
import java.util.Locale;
import java.util.Optional;

/// What an owner can ask of the host itself by a message in a chat.
enum ChatCommand {
  /// The next message begins a new session.
  NEW,
  /// The turn that runs is broken off.
  STOP,
  /// What is going on, without asking the agent.
  STATUS;

  /// The command of a message, when it is one and its sender an owner of the chat: anybody in a
  /// main group, elsewhere whoever writes from the owner's own account.
  static Optional<ChatCommand> of(Group group, IncomingMessage message) {
    if (!group.main() && !message.fromMe()) {
      return Optional.empty();
    }
    return switch (message.text().strip().toLowerCase(Locale.ROOT)) {
      case "/new" -> Optional.of(NEW);
      case "/stop" -> Optional.of(STOP);
      case "/status" -> Optional.of(STATUS);
      default -> Optional.empty();
    };
  }
}
