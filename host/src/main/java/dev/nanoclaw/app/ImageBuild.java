package dev.nanoclaw.app;

import dev.nanoclaw.config.Environment;
import dev.nanoclaw.config.Settings;
import dev.nanoclaw.container.AgentUser;
import dev.nanoclaw.container.Engines;
import dev.nanoclaw.container.Engines.Found;
import dev.nanoclaw.container.Trees;
import dev.nanoclaw.process.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// Builds the agent image from the recipe and the agent-runner of this build.
public final class ImageBuild {

  private final Settings.Container settings;
  private final Environment environment;

  public ImageBuild(Settings.Container settings, Environment environment) {
    this.settings = settings;
    this.environment = environment;
  }

  /// Builds with the first engine that answers; the engine's own output goes to the terminal.
  ///
  /// @param arguments for the recipe: `BASE`, `JDK`
  /// @param progress gets one line for each step
  /// @return the engine's exit code
  /// @throws StartException when no engine answers or this is not a built program
  public int run(
      Map<String, String> arguments, Optional<String> network, Consumer<String> progress) {
    Path build =
        environment
            .build()
            .orElseThrow(() -> new StartException("the image is built through ./nanoclaw only"));
    Engines engines = Engines.of(settings.runtime(), AgentUser.ofThisProcess());
    return switch (engines.find()) {
      case Found.None(String reason) ->
          throw new StartException("no container engine answers: " + reason);
      case Found.Engine(var engine, String version) -> {
        progress.accept(
            "building %s with %s %s".formatted(settings.image(), engine.name(), version));
        try {
          Path context = Files.createTempDirectory(build, ".image-");
          try {
            assemble(build, context, progress);
            yield Command.runVisibly(
                engine.buildCommand(context, settings.image(), arguments, network));
          } finally {
            Trees.delete(context);
          }
        } catch (IOException e) {
          throw new StartException("the image could not be built: " + e.getMessage(), e);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new StartException("interrupted", e);
        }
      }
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
