package dev.nanoclaw.container;

import dev.nanoclaw.process.Command.Outcome;
import dev.nanoclaw.protocol.Json;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// Docker and podman, whose command lines differ in a few words only.
public final class DockerLikeEngine implements ContainerEngine {

  /// Docker's CLI says so when its daemon goes away under a container, with the exit code of one
  /// that never started.
  private static final String WAITED = "error waiting for container";

  private static final Duration IMAGE_REMOVAL = Duration.ofMinutes(2);

  private final Dialect dialect;
  private final EngineCli cli;
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
    this(dialect, command, EngineCli.QUICK);
  }

  /// @param deadline for each question
  DockerLikeEngine(Dialect dialect, List<String> command, Duration deadline) {
    this.dialect = dialect;
    this.cli = new EngineCli(name(), command);
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
      case Outcome.Exited it ->
          new Health.Unavailable(name() + ": " + EngineCli.firstLine(it.err()));
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
  public Optional<ImageInfo> image(String name) {
    if (!hasImage(name)) {
      return Optional.empty();
    }
    String json = ask(deadline, List.of("image", "inspect", name));
    try {
      JsonNode image = Json.tree(json).path(0);
      return Optional.of(
          new ImageInfo(
              image.path("Id").asString(),
              image.path("Size").asLong(),
              AppleJson.time(image.path("Created").asString()),
              AppleJson.texts(image.path("Config").path("Labels"))));
    } catch (JacksonException _) {
      throw new EngineException("%s says nothing readable about %s".formatted(name(), name));
    }
  }

  @Override
  public List<String> cleanImages() {
    List<String> filter =
        List.of("image", "ls", "--quiet", "--no-trunc", "--filter", "dangling=true");
    List<String> question = new ArrayList<>(filter);
    question.addAll(List.of("--filter", "label=" + ImageInfo.PART_LABEL));
    return ask(deadline, question).lines().distinct().map(this::removeImage).toList();
  }

  private String removeImage(String id) {
    return switch (run(IMAGE_REMOVAL, List.of("image", "rm", id))) {
      case Outcome.Exited it when it.ok() -> "removed " + id;
      case Outcome outcome -> "kept " + id + ": " + cli.trouble("image rm", outcome);
    };
  }

  @Override
  public List<String> runCommand(ContainerSpec spec) {
    List<String> argv = new ArrayList<>(cli.command());
    argv.addAll(List.of("run", "--interactive", "--rm", "--pull", "never"));
    // The host keeps the output itself; the engine would write it to the disk once more, without
    // limit.
    argv.addAll(List.of("--log-driver", "none", "--name", spec.name()));
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
    List<String> argv = new ArrayList<>(cli.command());
    argv.addAll(
        List.of("build", "--tag", tag, "--file", context.resolve("Containerfile").toString()));
    arguments.forEach((key, value) -> argv.addAll(List.of("--build-arg", key + "=" + value)));
    network.ifPresent(it -> argv.addAll(List.of("--network", it)));
    argv.add(context.toString());
    return argv;
  }

  @Override
  public int exitCode(int code, String errors) {
    return code == REFUSED && errors.contains(WAITED) ? LOST : code;
  }

  private String ask(Duration atMost, List<String> arguments) {
    return cli.ask(atMost, arguments);
  }

  private Outcome run(Duration atMost, List<String> arguments) {
    return cli.run(atMost, arguments);
  }
}
