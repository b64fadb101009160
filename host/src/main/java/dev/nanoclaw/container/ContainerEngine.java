package dev.nanoclaw.container;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A program that runs containers. Every call but `runCommand` and `buildCommand` starts its CLI
/// and has a deadline.
public interface ContainerEngine {

  /// The exit code of [#runCommand] that means: the engine did not start the container.
  int REFUSED = 125;

  /// No exit code of any program: the engine lost sight of a container that it had started.
  int LOST = -1;

  /// `docker`, `podman` and so on.
  String name();

  /// Asks whether the engine answers.
  Health health();

  /// Whether the image is on this machine. Nothing is ever pulled.
  ///
  /// @throws EngineException when the engine does not answer
  boolean hasImage(String image);

  /// What is known of the image; empty when it is not on this machine.
  ///
  /// @throws EngineException when the engine does not answer
  Optional<ImageInfo> image(String name);

  /// Removes what earlier builds of our image left without a name.
  ///
  /// @return a line about each
  /// @throws EngineException when the engine does not answer
  List<String> cleanImages();

  /// The command that runs a container to its end, with its output and exit code as its own.
  List<String> runCommand(ContainerSpec spec);

  /// The exit code in the way of docker, where an engine has another; or [#LOST].
  ///
  /// @param code what [#runCommand] ended with
  /// @param errors the beginning of what it wrote on standard error
  int exitCode(int code, String errors);

  /// Whether the container runs.
  ///
  /// @throws EngineException when the engine does not answer, which says nothing about the
  ///   container
  boolean isRunning(String container);

  /// The names of running containers that carry the label.
  ///
  /// @throws EngineException when the engine does not answer
  List<String> running(String label);

  /// Asks the container to end and kills it after the grace.
  void stop(String container, Duration grace);

  /// Kills the container at once.
  void kill(String container);

  /// Removes the container whatever its state.
  void remove(String container);

  /// The command that builds an image.
  List<String> buildCommand(
      Path context, String tag, Map<String, String> arguments, Optional<String> network);

  /// What the engine answers about itself.
  sealed interface Health {

    record Ready(String version) implements Health {}

    /// @param reason one line for the owner
    record Unavailable(String reason) implements Health {}
  }

  /// An engine that did not do what it was asked.
  final class EngineException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    EngineException(String message) {
      super(message);
    }
  }

  /// A container to run.
  ///
  /// @param user `uid:gid`
  /// @param network the engine's name of a network; empty for its default
  record ContainerSpec(
      String name,
      String image,
      Map<String, String> labels,
      List<Mount> mounts,
      AgentUser user,
      String memory,
      int cpus,
      int pids,
      Optional<String> network) {}
}
