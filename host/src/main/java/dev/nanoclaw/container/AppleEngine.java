package dev.nanoclaw.container;

import dev.nanoclaw.process.Command.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Apple's `container`, which runs each container in a small virtual machine of its own.
///
/// It has neither `--pids-limit` nor `no-new-privileges` nor filters, mounts directories only, and
/// its service is not running after a login until somebody starts it: here that is the host.
public final class AppleEngine implements ContainerEngine {

  private static final Pattern VERSION = Pattern.compile("\\b(\\d{1,6})\\.(\\d{1,6})(\\.\\d+)?");
  private static final Duration IMAGE_REMOVAL = Duration.ofMinutes(2);
  private static final int USAGE = 64;
  private static final int FAILED = 1;

  private final EngineCli cli;
  private final AppleService service;
  private volatile Optional<Version> known = Optional.empty();

  private record Version(int major, int minor, String text) {

    /// The first with `--cap-drop`.
    boolean isTooOld() {
      return major == 0 && minor < 12;
    }

    boolean hasUlimits() {
      return major >= 1;
    }
  }

  /// @param command how the CLI is called, such as `container`
  public AppleEngine(List<String> command) {
    this.cli = new EngineCli("container", command);
    this.service = new AppleService(cli);
  }

  @Override
  public String name() {
    return "apple";
  }

  @Override
  public Health health() {
    Outcome outcome = cli.run(EngineCli.QUICK, List.of("--version"));
    if (!(outcome instanceof Outcome.Exited it && it.ok())) {
      return new Health.Unavailable(cli.trouble("--version", outcome));
    }
    known = version(it.out());
    if (known.isEmpty()) {
      return new Health.Unavailable(
          "container is not Apple's, or does not say its version: "
              + EngineCli.firstLine(it.out()));
    }
    Version version = known.get();
    if (version.isTooOld()) {
      return new Health.Unavailable(
          "container %s is too old: version 0.12 or later is needed, best 1.0 or later"
              .formatted(version.text()));
    }
    return service
        .ensureRunning()
        .<Health>map(Health.Unavailable::new)
        .orElseGet(() -> new Health.Ready(version.text()));
  }

  private static Optional<Version> version(String text) {
    Matcher matcher = VERSION.matcher(text);
    return matcher.find()
        ? Optional.of(
            new Version(
                Integer.parseInt(matcher.group(1)),
                Integer.parseInt(matcher.group(2)),
                matcher.group()))
        : Optional.empty();
  }

  private Version version() {
    if (known.isEmpty()) {
      known = version(cli.ask(EngineCli.QUICK, List.of("--version")));
    }
    return known.orElseThrow(() -> new EngineException("container does not say its version"));
  }

  @Override
  public boolean hasImage(String image) {
    return image(image).isPresent();
  }

  @Override
  public Optional<ImageInfo> image(String name) {
    List<String> question = List.of("image", "inspect", name);
    return switch (cli.run(EngineCli.QUICK, question)) {
      case Outcome.Exited it when it.ok() -> AppleJson.image(it.out());
      // it says by exit code 1 that there is no such image, and everything else
      case Outcome.Exited it when service.isRunning() && it.code() == FAILED -> Optional.empty();
      case Outcome outcome -> throw new EngineException(cli.trouble("image inspect", outcome));
    };
  }

  /// A rebuilt image takes the name of the old one, of which only unnamed content stays.
  @Override
  public List<String> cleanImages() {
    return cli.ask(IMAGE_REMOVAL, List.of("image", "prune")).lines().toList();
  }

  @Override
  public List<String> runCommand(ContainerSpec spec) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("run", "--progress", "none", "--interactive", "--rm"));
    arguments.addAll(List.of("--name", spec.name()));
    spec.labels().forEach((key, value) -> arguments.addAll(List.of("--label", key + "=" + value)));
    arguments.addAll(List.of("--user", spec.user().argument(), "--cap-drop", "ALL"));
    arguments.addAll(List.of("--memory", spec.memory(), "--cpus", Integer.toString(spec.cpus())));
    if (version().hasUlimits()) {
      arguments.addAll(List.of("--ulimit", "nproc=%1$d:%1$d".formatted(spec.pids())));
    }
    spec.network().ifPresent(it -> arguments.addAll(List.of("--network", it)));
    for (Mount mount : spec.mounts()) {
      if (Files.isRegularFile(mount.source())) {
        throw new IllegalArgumentException(
            "%s is a file, and Apple's container mounts directories only"
                .formatted(mount.source()));
      }
      arguments.addAll(List.of("--mount", mount.argument()));
    }
    arguments.add(spec.image());
    return cli.argv(arguments);
  }

  /// Its own failures are 1, as any program's may be, and 64.
  @Override
  public int exitCode(int code, String errors) {
    boolean own =
        code == USAGE
            || (code == FAILED && errors.lines().anyMatch(it -> it.startsWith("Error: ")));
    return own ? REFUSED : code;
  }

  /// What is about to start is listed as stopped, and so is what a crash of the service left
  /// running.
  @Override
  public boolean isRunning(String container) {
    return AppleJson.containers(list()).stream()
        .anyMatch(it -> it.name().equals(container) && !it.state().equals("stopped"));
  }

  @Override
  public List<String> running(String label) {
    return AppleJson.containers(list()).stream()
        .filter(it -> it.state().equals("running") && it.labels().contains(label))
        .map(AppleJson.Listed::name)
        .toList();
  }

  private String list() {
    return cli.ask(EngineCli.QUICK, List.of("ls", "--all", "--format", "json"));
  }

  @Override
  public void stop(String container, Duration grace) {
    String seconds = Long.toString(grace.toSeconds());
    cli.ask(grace.plus(EngineCli.QUICK), List.of("stop", "--time", seconds, container));
  }

  @Override
  public void kill(String container) {
    cli.ask(EngineCli.QUICK, List.of("kill", container));
  }

  @Override
  public void remove(String container) {
    cli.ask(EngineCli.QUICK, List.of("rm", "--force", container));
  }

  @Override
  public List<String> buildCommand(
      Path context, String tag, Map<String, String> arguments, Optional<String> network) {
    if (network.isPresent()) {
      throw new IllegalArgumentException(
          "Apple's container cannot choose a network for a build; leave --network out");
    }
    List<String> argv = new ArrayList<>(List.of("build", "--progress", "plain", "--tag", tag));
    argv.addAll(List.of("--file", context.resolve("Containerfile").toString()));
    arguments.forEach((key, value) -> argv.addAll(List.of("--build-arg", key + "=" + value)));
    argv.add(context.toString());
    return cli.argv(argv);
  }
}
