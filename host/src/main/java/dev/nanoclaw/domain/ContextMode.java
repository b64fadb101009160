package dev.nanoclaw.domain;

/// Where a task runs.
public enum ContextMode {
  /// In the chat's conversation, like a message.
  GROUP,
  /// In a container of its own, in a fresh session.
  ISOLATED;

  public Lane lane(GroupFolder group) {
    return this == GROUP ? Lane.chat(group) : Lane.isolated(group);
  }
}
