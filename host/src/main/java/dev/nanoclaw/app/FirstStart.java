package dev.nanoclaw.app;

import dev.nanoclaw.config.Settings;
import dev.nanoclaw.container.GroupDirectories;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import java.time.Clock;
import java.util.Optional;

/// What a new home directory gets.
final class FirstStart {

  private final GroupStore groups;
  private final GroupDirectories directories;
  private final Clock clock;

  FirstStart(GroupStore groups, GroupDirectories directories, Clock clock) {
    this.groups = groups;
    this.directories = directories;
    this.clock = clock;
  }

  /// The local chat is the first main group.
  void registerLocalChat(Settings settings) {
    if (!settings.channels().local().enabled() || groups.byChat(ChatJid.LOCAL).isPresent()) {
      return;
    }
    groups.add(
        new Group(
            ChatJid.LOCAL,
            "Local chat",
            GroupFolder.MAIN,
            Optional.empty(),
            false,
            true,
            Optional.empty(),
            clock.instant()),
        "local");
    directories.handOver(GroupFolder.MAIN);
  }
}
