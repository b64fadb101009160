package dev.nanoclaw.router;

import dev.nanoclaw.container.AgentFiles;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.Group;

/// Who carries out what agents ask of the host by files.
@FunctionalInterface
public interface FilesFromAgent {

  /// Carries out some of what is there; what cannot be carried out is put aside, and what must wait
  /// for the database stays.
  Taken take(AgentRun run, Group group, AgentFiles files);

  /// What that came to.
  ///
  /// @param said something is to be sent now
  /// @param more there was more than one look takes
  record Taken(boolean said, boolean more) {}
}
