package dev.nanoclaw.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The check that no path of the configuration lies in another: containers write below some of
/// them, and the host must not follow them there.
final class PlacesOnDisk {

  private static final List<Key<Path>> PATHS =
      List.of(Keys.STORE_DIR, Keys.GROUPS_DIR, Keys.DATA_DIR, Keys.LOG_FILE);

  private PlacesOnDisk() {}

  static Path resolve(Path home, Path path) {
    return home.toAbsolutePath().resolve(path).normalize();
  }

  static List<Problem> check(Checker.Checked file, Path home) {
    List<Problem> problems = new ArrayList<>();
    for (Key<Path> key : present(file)) {
      Path path = resolve(home, file.get(key));
      if (home.toAbsolutePath().normalize().startsWith(path)) {
        problems.add(problem(file, key, "is the home directory or one above it"));
      }
      for (Key<Path> other : present(file)) {
        if (!other.path().equals(key.path()) && path.startsWith(resolve(home, file.get(other)))) {
          problems.add(problem(file, key, "lies in " + other.path()));
        }
      }
    }
    return problems;
  }

  private static List<Key<Path>> present(Checker.Checked file) {
    return PATHS.stream().filter(it -> file.scalars().containsKey(it.path())).toList();
  }

  private static Problem problem(Checker.Checked file, Key<Path> key, String text) {
    Yaml.Scalar scalar = file.scalars().get(key.path());
    Yaml.Place place = scalar == null ? Yaml.Place.TOP : scalar.start();
    return new Problem(
        Problem.Kind.WRONG, place, key.path(), text + "; expected a place of its own");
  }
}
