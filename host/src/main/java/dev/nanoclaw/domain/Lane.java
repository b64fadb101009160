package dev.nanoclaw.domain;

/// What has at most one container at a time: a group's chat, or its isolated tasks.
public record Lane(GroupFolder group, Context context) {

  /// Whose session a container has.
  public enum Context {
    /// The chat's, which goes on from container to container.
    CHAT,
    /// A fresh one for each run of a task.
    ISOLATED
  }

  public static Lane chat(GroupFolder group) {
    return new Lane(group, Context.CHAT);
  }

  public static Lane isolated(GroupFolder group) {
    return new Lane(group, Context.ISOLATED);
  }

  public boolean isIsolated() {
    return context == Context.ISOLATED;
  }

  /// As logs name it.
  @Override
  public String toString() {
    return isIsolated() ? group + " (isolated)" : group.value();
  }
}
