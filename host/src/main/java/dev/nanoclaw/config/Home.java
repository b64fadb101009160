package dev.nanoclaw.config;

import java.nio.file.Path;

/// Where things are.
///
/// @param dir holds `config.yml`, `credentials.yml` and everything that changes
/// @param program the checkout or installation: `container/`, templates for `groups/`
public record Home(Path dir, Path program) {

  public Path configYml() {
    return dir.resolve("config.yml");
  }

  public Path credentialsYml() {
    return dir.resolve("credentials.yml");
  }
}
