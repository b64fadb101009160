package dev.nanoclaw.container;

import dev.nanoclaw.container.ContainerEngine.EngineException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.stream.Stream;

/// What this program makes the agent image of: the recipe and the agent-runner. The skills are not
/// among it, containers see them through a mount.
public final class ImageRecipe {

  private static final int DIGITS = 12;

  private final Path build;

  /// @param build the directory of the launcher's build
  public ImageRecipe(Path build) {
    this.build = build;
  }

  /// Changes whenever a newly built image would be another.
  ///
  /// @throws UncheckedIOException when the build is gone
  public String version() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      add(digest, build.resolve("container"));
      add(digest, build.resolve("runner"));
      return HexFormat.of().formatHex(digest.digest()).substring(0, DIGITS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private void add(MessageDigest digest, Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        Path name = build.relativize(file);
        if (!name.startsWith(Path.of("container", "skills"))) {
          digest.update((name + "\n").getBytes(StandardCharsets.UTF_8));
          digest.update(Files.readAllBytes(file));
        }
      }
    }
  }

  /// One sentence when the engine's image was made of something else; empty when it was not, or
  /// when that cannot be found out.
  public Optional<String> mismatch(ContainerEngine engine, String image) {
    try {
      String ours = version();
      return engine
          .image(image)
          .map(it -> it.version().orElse("unknown"))
          .filter(it -> !it.equals(ours))
          .map(it ->
              "The image %s is of another version than this program (%s, not %s). Run: ./nanoclaw image build"
                  .formatted(image, it, ours));
    } catch (EngineException | UncheckedIOException _) {
      return Optional.empty();
    }
  }
}
