package dev.nanoclaw.testing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/// The scripts that play `systemctl`, `loginctl` and `launchctl`, in a directory of their own that
/// also holds their state.
public final class ServiceTools {

  private final Path dir;

  public ServiceTools(Path dir) throws IOException {
    this.dir = Files.createDirectories(dir);
    for (String name : List.of("systemctl", "loginctl", "launchctl")) {
      try (InputStream script =
          Objects.requireNonNull(ServiceTools.class.getResourceAsStream("/scripted-" + name))) {
        Files.copy(script, tool(name));
      }
      if (!tool(name).toFile().setExecutable(true)) {
        throw new IOException("cannot make it executable: " + name);
      }
    }
  }

  public Path tool(String name) {
    return dir.resolve(name);
  }

  /// The directory for unit files that `systemctl` looks into.
  public Path units() {
    return dir.resolve("units");
  }

  public boolean has(String file) {
    return Files.exists(dir.resolve(file));
  }

  public void set(String file, String content) throws IOException {
    Files.writeString(dir.resolve(file), content);
  }

  public String get(String file) throws IOException {
    return Files.readString(dir.resolve(file));
  }

  public void unset(String file) throws IOException {
    Files.deleteIfExists(dir.resolve(file));
  }

  /// What `systemctl start` runs.
  public void program(String script) throws IOException {
    set("program", "#!/bin/sh\n" + script + "\n");
    if (!dir.resolve("program").toFile().setExecutable(true)) {
      throw new IOException("cannot make it executable");
    }
  }

  /// How the scripts were called since this was asked last.
  public List<String> calls() throws IOException {
    Path calls = dir.resolve("calls");
    if (!Files.exists(calls)) {
      return List.of();
    }
    List<String> lines = Files.readAllLines(calls);
    Files.delete(calls);
    return lines;
  }
}
