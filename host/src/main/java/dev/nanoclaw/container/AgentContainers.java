package dev.nanoclaw.container;

import dev.nanoclaw.config.Settings;
import dev.nanoclaw.container.ContainerEngine.ContainerSpec;
import dev.nanoclaw.container.ContainerEngine.EngineException;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.process.DetachedProcess;
import dev.nanoclaw.protocol.AgentRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Starts containers for runs and finds those of an earlier host again.
public final class AgentContainers {

  private static final Logger log = LoggerFactory.getLogger(AgentContainers.class);

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
    List<Mount> mounts =
        new ArrayList<>(
            directories.mounts(group, files.session(directories.sessionDirectory(group.folder()))));
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

  /// Ends containers of this installation that no run accounts for, as after its database was
  /// replaced. An engine that does not answer is passed over.
  ///
  /// @param accounted the containers of runs that have not ended; asked for after the engines,
  ///   since a run is there before its container
  public void endLeftovers(Supplier<Set<String>> accounted) {
    for (ContainerEngine engine : engines.all()) {
      try {
        List<String> running = engine.running(INSTALL_LABEL + "=" + install);
        Set<String> known = running.isEmpty() ? Set.of() : accounted.get();
        for (String container : running) {
          if (!known.contains(container)) {
            log.warn("Container {} belongs to no run; removing it", container);
            engine.remove(container);
          }
        }
      } catch (EngineException e) {
        log.debug("No look for leftovers: {}", e.getMessage());
      }
    }
  }

  /// Takes up the container of a run that an earlier host started.
  ///
  /// @throws IOException when there is nothing to take up; no files are left then
  public AgentContainer adopt(AgentRun run) throws IOException {
    ContainerEngine engine = engines.byName(run.engine());
    RunFiles files = new RunFiles(dataDir, run);
    try {
      if (!DetachedProcess.wasBegun(files.directory()) && isSurelyGone(engine, run)) {
        throw new IOException("its container was never started");
      }
      return AgentContainer.adopt(
          run, engine, files, directories.logDirectory(run.group()), settings.maxOutputSizeBytes());
    } catch (IOException e) {
      files.delete();
      throw e;
    }
  }

  private static boolean isSurelyGone(ContainerEngine engine, AgentRun run) {
    try {
      return !engine.isRunning(run.container());
    } catch (EngineException _) {
      return false;
    }
  }
}
