package dev.nanoclaw.container;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/// The user as whom everything in a container runs: the host's own; where the host is root, 1000,
/// to whom the host gives the directories that an agent writes.
///
/// @param hostIsRoot whether the host may and must give directories away
public record AgentUser(long uid, long gid, boolean hostIsRoot) {

  private static final long UNPRIVILEGED = 1000;

  /// The user for containers of this process.
  public static AgentUser ofThisProcess() {
    var self = new UnixSystem();
    return self.getUid() == 0
        ? new AgentUser(UNPRIVILEGED, UNPRIVILEGED, true)
        : new AgentUser(self.getUid(), self.getGid(), false);
  }

  /// Makes a directory or file that the host has just made the agent's. No link is followed.
  void own(Path path) throws IOException {
    if (hostIsRoot) {
      Files.setAttribute(path, "unix:uid", (int) uid, LinkOption.NOFOLLOW_LINKS);
      Files.setAttribute(path, "unix:gid", (int) gid, LinkOption.NOFOLLOW_LINKS);
    }
  }

  /// `uid:gid`, as engines take it.
  String argument() {
    return uid + ":" + gid;
  }
}
