package dev.nanoclaw.cli;

import dev.nanoclaw.app.HomeLock;
import dev.nanoclaw.config.Environment;
import dev.nanoclaw.config.Home;
import dev.nanoclaw.config.Settings;
import dev.nanoclaw.config.SettingsFile;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// `--home`, which every command has.
final class HomeOption {

  @Option(
      names = "--home",
      paramLabel = "DIR",
      description = "Where config.yml, credentials.yml and everything that changes lie.")
  private @Nullable Path directory;

  Home home() {
    return Environment.system().home(Optional.ofNullable(directory));
  }

  /// Whether somebody named it, here or in the environment.
  boolean isNamed() {
    Home home = home();
    return directory != null || !home.dir().equals(home.program());
  }

  Settings settings() {
    return SettingsFile.read(home().configYml(), home().dir());
  }

  /// Where the daemon of this home listens, if there ever was one.
  Optional<Path> socket() {
    return HomeLock.socket(home().dir());
  }
}
