package dev.nanoclaw.container;

import dev.nanoclaw.process.Command;
import dev.nanoclaw.process.Command.Outcome;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Docker and podman, whose command lines differ in a few words only.
public final class DockerLikeEngine implements ContainerEngine {

  private final Dialect dialect;
  private final List<String> command;
  private final Duration deadline;

  /// Where the two differ.
  public enum Dialect {
    DOCKER("{{.Server.Version}}"),
    PODMAN("{{.Client.Version}}"),
    /// Podman as an ordinary user: the agent keeps the host's user id only with a mapping.
    PODMAN_ROOTLESS("{{.Client.Version}}");

    private final String version;

    Dialect(String version) {
      this.version = version;
    }
  }

  /// @param command how the CLI is called, such as `docker`
  public DockerLikeEngine(Dialect dialect, List<String> command) {
    this(dialect, command, Duration.ofSeconds(10));
  }

  /// @param deadline for each question
  DockerLikeEngine(Dialect dialect, List<String> command, Duration deadline) {
    this.dialect = dialect;
    this.command = List.copyOf(command);
    this.deadline = deadline;
  }

  @Override
  public String name() {
    return switch (dialect) {
      case DOCKER -> "docker";
      case PODMAN, PODMAN_ROOTLESS -> "podman";
    };
  }

  @Override
  public Health health() {
    return switch (run(deadline, List.of("version", "--format", dialect.version))) {
      case Outcome.Exited it when it.ok() -> new Health.Ready(it.out().strip());
      case Outcome.Exited it -> new Health.Unavailable(name() + ": " + firstLine(it.err()));
      case Outcome.NotStarted _ -> new Health.Unavailable(name() + " is not installed");
      case Outcome.TimedOut it ->
          new Health.Unavailable(name() + " gave no answer for " + it.after().toSeconds() + " s");
    };
  }

  @Override
  public boolean hasImage(String image) {
    return switch (dialect) {
      case DOCKER -> ask(deadline, List.of("image", "ls", "--quiet", image)).strip().length() > 0;
      case PODMAN, PODMAN_ROOTLESS ->
          run(deadline, List.of("image", "exists", image)) instanceof Outcome.Exited it && it.ok();
    };
  }

  @Override
  public List<String> runCommand(ContainerSpec spec) {
    List<String> argv = new ArrayList<>(command);
    argv.addAll(List.of("run", "--interactive", "--rm", "--pull", "never", "--name", spec.name()));
    spec.labels().forEach((key, value) -> argv.addAll(List.of("--label", key + "=" + value)));
    argv.addAll(List.of("--user", spec.user().argument()));
    if (dialect == Dialect.PODMAN_ROOTLESS) {
      argv.add("--userns=keep-id");
    }
    argv.addAll(List.of("--cap-drop", "ALL", "--security-opt", "no-new-privileges"));
    argv.addAll(List.of("--memory", spec.memory(), "--cpus", Integer.toString(spec.cpus())));
    argv.addAll(List.of("--pids-limit", Integer.toString(spec.pids())));
    spec.network().ifPresent(it -> argv.addAll(List.of("--network", it)));
    spec.mounts().forEach(it -> argv.addAll(List.of("--mount", it.argument())));
    argv.add(spec.image());
    return argv;
  }

  @Override
  public boolean isRunning(String container) {
    return ask(
            deadline,
            List.of("ps", "--filter", "name=^" + container + "$", "--format", "{{.Names}}"))
        .lines()
        .anyMatch(container::equals);
  }

  @Override
  public List<String> running(String label) {
    return ask(deadline, List.of("ps", "--filter", "label=" + label, "--format", "{{.Names}}"))
        .lines()
        .filter(it -> !it.isBlank())
        .toList();
  }

  @Override
  public void stop(String container, Duration grace) {
    ask(grace.plus(deadline), List.of("stop", "-t", Long.toString(grace.toSeconds()), container));
  }

  @Override
  public void kill(String container) {
    ask(deadline, List.of("kill", container));
  }

  @Override
  public void remove(String container) {
    switch (dialect) {
      case DOCKER -> ask(deadline, List.of("rm", "--force", container));
      case PODMAN, PODMAN_ROOTLESS ->
          ask(deadline, List.of("rm", "--force", "--time", "0", container));
    }
  }

  @Override
  public List<String> buildCommand(
      Path context, String tag, Map<String, String> arguments, Optional<String> network) {
    List<String> argv = new ArrayList<>(command);
    argv.addAll(
        List.of("build", "--tag", tag, "--file", context.resolve("Containerfile").toString()));
    arguments.forEach((key, value) -> argv.addAll(List.of("--build-arg", key + "=" + value)));
    network.ifPresent(it -> argv.addAll(List.of("--network", it)));
    argv.add(context.toString());
    return argv;
  }

  private String ask(Duration atMost, List<String> arguments) {
    return switch (run(atMost, arguments)) {
      case Outcome.Exited it when it.ok() -> it.out();
      case Outcome.Exited it ->
          throw new EngineException(
              "%s %s failed (%d): %s"
                  .formatted(name(), arguments.getFirst(), it.code(), firstLine(it.err())));
      case Outcome.NotStarted _ -> throw new EngineException(name() + " is not installed");
      case Outcome.TimedOut it ->
          throw new EngineException(
              "%s %s gave no answer for %d s"
                  .formatted(name(), arguments.getFirst(), it.after().toSeconds()));
    };
  }

  private Outcome run(Duration atMost, List<String> arguments) {
    List<String> argv = new ArrayList<>(command);
    argv.addAll(arguments);
    return Command.run(argv, atMost);
  }

  private static String firstLine(String text) {
    return text.lines().filter(it -> !it.isBlank()).findFirst().orElse("no word why").strip();
  }
}
