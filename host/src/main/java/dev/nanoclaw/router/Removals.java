package dev.nanoclaw.router;

import dev.nanoclaw.db.GroupRemoval;
import dev.nanoclaw.db.GroupRemoval.Outcome;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.queue.GroupQueue;
import dev.nanoclaw.router.Registrations.RefusedException;
import java.time.Clock;

/// Takes chats their agent away, as their owner wants it.
public final class Removals {

  private final Registrations registrations;
  private final GroupRemoval removal;
  private final GroupQueue queue;
  private final Troubles troubles;
  private final Clock clock;

  public Removals(
      Registrations registrations,
      GroupRemoval removal,
      GroupQueue queue,
      Troubles troubles,
      Clock clock) {
    this.registrations = registrations;
    this.removal = removal;
    this.queue = queue;
    this.troubles = troubles;
    this.clock = clock;
  }

  /// Removes the registration of a folder and what waits for its agent. A container that runs is
  /// asked to finish, and the owner to try again then.
  ///
  /// @throws RefusedException when nothing was removed; the text says why
  public Outcome.Removed remove(String folder) {
    Group group = registrations.registered(folder);
    if (group.jid().equals(ChatJid.LOCAL)) {
      throw new RefusedException(
          "%s is the local chat, which would be there again after the next start; switch it off with channels.local.enabled in config.yml"
              .formatted(folder));
    }
    return switch (removal.remove(group.folder(), clock.instant())) {
      case Outcome.Removed removed -> {
        troubles.clear(group.folder());
        yield removed;
      }
      case Outcome.InUse() -> {
        queue.finish(Lane.chat(group.folder()));
        queue.finish(Lane.isolated(group.folder()));
        throw new RefusedException(
            "a container of %s runs. It was asked to finish what it is at; nothing is removed yet. Give this command again when it has ended; see: ./nanoclaw groups show %s"
                .formatted(folder, folder));
      }
      case Outcome.Unknown() -> throw Registrations.unknown(folder);
    };
  }
}
