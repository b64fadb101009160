package dev.nanoclaw.app;

import dev.nanoclaw.config.Environment;
import dev.nanoclaw.config.Settings;
import dev.nanoclaw.container.AgentUser;
import dev.nanoclaw.container.ContainerEngine;
import dev.nanoclaw.container.ContainerEngine.EngineException;
import dev.nanoclaw.container.Engines;
import dev.nanoclaw.container.Engines.Found;
import dev.nanoclaw.container.ImageInfo;
import dev.nanoclaw.container.ImageRecipe;
import dev.nanoclaw.container.Trees;
import dev.nanoclaw.process.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// Builds the agent image from the recipe and the agent-runner of this build, describes it, and
/// removes what earlier builds left.
public final class ImageBuild {

  private final Settings.Container settings;
  private final Environment environment;
  private final AgentUser user = AgentUser.ofThisProcess();

  public ImageBuild(Settings.Container settings, Environment environment) {
    this.settings = settings;
    this.environment = environment;
  }

  /// The image that agents run in.
  ///
  /// @param image empty when there is none
  /// @param ours the version that a build would make now; empty in a program that cannot build
  public record Shown(
      String engine, String name, Optional<ImageInfo> image, Optional<String> ours) {}

  /// Builds with the first engine that answers; the engine's own output goes to the terminal.
  ///
  /// @param arguments for the recipe: `BASE`, `JDK`, `BROWSER`
  /// @param progress gets one line for each step
  /// @return the engine's exit code
  /// @throws StartException when no engine answers or this is not a built program
  public int run(
      Map<String, String> arguments, Optional<String> network, Consumer<String> progress) {
    Path build =
        environment
            .build()
            .orElseThrow(() -> new StartException("the image is built through ./nanoclaw only"));
    Map<String, String> all = new LinkedHashMap<>(arguments);
    all.put("VERSION", new ImageRecipe(build).version());
    all.put("AGENT_UID", Long.toString(user.uid()));
    all.put("AGENT_GID", Long.toString(user.gid()));
    Found.Engine found = find();
    progress.accept(
        "building %s with %s %s"
            .formatted(settings.image(), found.engine().name(), found.version()));
    try {
      Path context = Files.createTempDirectory(build, ".image-");
      try {
        assemble(build, context, progress);
        return Command.runVisibly(
            found.engine().buildCommand(context, settings.image(), all, network));
      } finally {
        Trees.delete(context);
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new StartException("the image could not be built: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartException("interrupted", e);
    }
  }

  /// @throws StartException when no engine answers
  public Shown show() {
    ContainerEngine engine = find().engine();
    Optional<String> ours = environment.build().map(it -> new ImageRecipe(it).version());
    try {
      return new Shown(engine.name(), settings.image(), engine.image(settings.image()), ours);
    } catch (EngineException e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
  }

  /// Removes images of earlier builds that have no name any more.
  ///
  /// @return a line about each
  /// @throws StartException when no engine answers
  public List<String> clean() {
    try {
      return find().engine().cleanImages();
    } catch (EngineException e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
  }

  private Found.Engine find() {
    return switch (Engines.of(settings.runtime(), user).find()) {
      case Found.None(String reason) ->
          throw new StartException("no container engine answers: " + reason);
      case Found.Engine found -> found;
    };
  }

  /// The build context: the recipe, the agent-runner, and Claude Code. The last is fetched here, so
  /// that it is fetched once for all builds; where npm is missing the recipe fetches it inside.
  private static void assemble(Path build, Path context, Consumer<String> progress)
      throws IOException, InterruptedException {
    Trees.copy(build.resolve("container"), context);
    Trees.copy(build.resolve("runner"), context.resolve("runner"));
    Path script = context.resolve("fetch-claude");
    Path target = context.resolve("claude");
    int code = Command.runVisibly(List.of("sh", script.toString(), target.toString()));
    if (code != 0) {
      progress.accept("Claude Code was not fetched here; the build fetches it itself");
    }
  }
}
