package dev.nanoclaw.container;

import dev.nanoclaw.config.Settings;
import dev.nanoclaw.container.ContainerEngine.Health;
import dev.nanoclaw.container.DockerLikeEngine.Dialect;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// The engines that may run on this machine, and the first of them that answers.
public final class Engines {

  private final List<ContainerEngine> candidates;

  /// Several candidates are asked in their order.
  public Engines(List<ContainerEngine> candidates) {
    this.candidates = List.copyOf(candidates);
  }

  /// The engines that the setting `container.runtime` allows.
  public static Engines of(Settings.Runtime runtime, AgentUser user) {
    return of(runtime, user, System.getProperty("os.name", "").startsWith("Mac"));
  }

  static Engines of(Settings.Runtime runtime, AgentUser user, boolean mac) {
    ContainerEngine apple = new AppleEngine(List.of("container"));
    ContainerEngine docker = new DockerLikeEngine(Dialect.DOCKER, List.of("docker"));
    ContainerEngine podman =
        new DockerLikeEngine(
            user.hostIsRoot() ? Dialect.PODMAN : Dialect.PODMAN_ROOTLESS, List.of("podman"));
    return new Engines(
        switch (runtime) {
          case AUTO -> mac ? List.of(apple, docker, podman) : List.of(docker, podman);
          case APPLE -> List.of(apple);
          case DOCKER -> List.of(docker);
          case PODMAN -> List.of(podman);
        });
  }

  /// What the engines answered.
  public sealed interface Found {

    record Engine(ContainerEngine engine, String version) implements Found {}

    /// @param reason one line for the owner, naming each engine that was asked
    record None(String reason) implements Found {}
  }

  /// Asks the engines in turn.
  public Found find() {
    List<String> reasons = new ArrayList<>();
    for (ContainerEngine engine : candidates) {
      switch (engine.health()) {
        case Health.Ready(String version) -> {
          return new Found.Engine(engine, version);
        }
        case Health.Unavailable(String reason) -> reasons.add(reason);
      }
    }
    return new Found.None(reasons.stream().collect(Collectors.joining("; ")));
  }

  /// Those that may run on this machine, installed or not.
  List<ContainerEngine> all() {
    return candidates;
  }

  /// The engine of that name, for a container that it runs.
  public ContainerEngine byName(String name) {
    return candidates.stream()
        .filter(it -> it.name().equals(name))
        .findFirst()
        .orElse(candidates.getFirst());
  }
}
