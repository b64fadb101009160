package dev.nanoclaw.router;

import dev.nanoclaw.domain.ChatJid;

/// What a run tells the people outside while it goes on.
public interface Conversation {

  /// The assistant works for that chat, or stopped.
  void typing(ChatJid chat, boolean on);

  /// Something new is to be sent.
  void outboxChanged();

  /// Runs of tasks ended, and tasks may be due earlier than before.
  void tasksChanged();
}
