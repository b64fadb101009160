package dev.nanoclaw.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/// A file that a service manager reads.
///
/// @param directory made when it is missing
record ServiceFile(Path directory, String name) {

  Path path() {
    return directory.resolve(name);
  }

  static String template(Path program, String name) {
    Path template = program.resolve("deploy").resolve(name);
    try {
      return Files.readString(template);
    } catch (IOException e) {
      throw new ServiceException("cannot read %s: %s".formatted(template, e.getMessage()));
    }
  }

  boolean exists() {
    return Files.isRegularFile(path());
  }

  Optional<String> text() {
    try {
      return Optional.of(Files.readString(path()));
    } catch (NoSuchFileException _) {
      return Optional.empty();
    } catch (IOException e) {
      throw new ServiceException("cannot read %s: %s".formatted(path(), e.getMessage()));
    }
  }

  void write(String text) {
    Path aside = directory.resolve(".new-" + name);
    try {
      Files.createDirectories(directory);
      Files.writeString(aside, text);
      Files.move(
          aside, path(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new ServiceException("cannot write %s: %s".formatted(path(), e.getMessage()));
    }
  }

  void delete() {
    try {
      Files.deleteIfExists(path());
    } catch (IOException e) {
      throw new ServiceException("cannot delete %s: %s".formatted(path(), e.getMessage()));
    }
  }
}
