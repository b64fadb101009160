package dev.nanoclaw.container;

import dev.nanoclaw.config.Settings;
import dev.nanoclaw.container.ContainerEngine.ContainerSpec;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.protocol.AgentRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Starts containers for runs and finds those of an earlier host again.
public final class AgentContainers {

  /// The label that says which installation a container belongs to, and the one that says which
  /// run.
  public static final String INSTALL_LABEL = "nanoclaw.install";

  private static final String RUN_LABEL = "nanoclaw.run";

  private final Settings.Container settings;
  private final Path dataDir;
  private final GroupDirectories directories;
  private final AgentUser user;
  private final Engines engines;
  private final String install;
  private final Optional<String> network;

  public AgentContainers(
      Settings.Container settings,
      Path dataDir,
      GroupDirectories directories,
      AgentUser user,
      Engines engines,
      Placement placement) {
    this.settings = settings;
    this.dataDir = dataDir;
    this.directories = directories;
    this.user = user;
    this.engines = engines;
    this.install = placement.install();
    this.network = placement.network();
  }

  /// Where containers belong.
  ///
  /// @param install tells this installation's containers from another's
  /// @param network replaces the engine's default network, for tests
  public record Placement(String install, Optional<String> network) {}

  /// Starts the container of a run whose row is committed.
  ///
  /// @throws IOException when the run's directories cannot be made or the wrapper not started
  /// @throws GroupDirectories.DirectoryException when a directory of the group is not what it must
  ///   be
  public AgentContainer start(AgentRun run, Group group, AgentRequest request) throws IOException {
    directories.prepare(group);
    RunFiles files = new RunFiles(dataDir, run);
    files.create(user);
    List<Mount> mounts = new ArrayList<>(directories.mounts(group));
    mounts.addAll(files.mounts());
    ContainerEngine engine = engines.byName(run.engine());
    ContainerSpec spec =
        new ContainerSpec(
            run.container(),
            settings.image(),
            Map.of(INSTALL_LABEL, install, RUN_LABEL, run.runId()),
            mounts,
            user,
            settings.memory(),
            settings.cpus(),
            settings.pids(),
            network);
    return AgentContainer.start(
        run,
        engine,
        files,
        engine.runCommand(spec),
        request,
        directories.logDirectory(group.folder()),
        settings.maxOutputSizeBytes());
  }

  /// Takes up the container of a run that an earlier host started.
  ///
  /// @throws IOException when its files are gone
  public AgentContainer adopt(AgentRun run) throws IOException {
    return AgentContainer.adopt(
        run,
        engines.byName(run.engine()),
        new RunFiles(dataDir, run),
        directories.logDirectory(run.group()),
        settings.maxOutputSizeBytes());
  }
}
