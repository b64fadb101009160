package dev.nanoclaw.container;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/// An image on this machine.
///
/// @param bytes its size as the engine counts it
public record ImageInfo(
    String id, long bytes, Optional<Instant> created, Map<String, String> labels) {

  /// The label that says what the image was made of, see [ImageRecipe].
  public static final String VERSION_LABEL = "nanoclaw.version";

  /// The label that marks images of ours, those of the build's stages too.
  static final String PART_LABEL = "nanoclaw.part";

  public ImageInfo {
    labels = Map.copyOf(labels);
  }

  /// The version that it was built as; empty for an image that is not ours.
  public Optional<String> version() {
    return Optional.ofNullable(labels.get(VERSION_LABEL));
  }
}
