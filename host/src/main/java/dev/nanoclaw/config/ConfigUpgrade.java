package dev.nanoclaw.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Adds the settings of a new version to an existing `config.yml`, with their defaults and
/// comments. What the owner wrote stays as it is, to the letter.
public final class ConfigUpgrade {

  private static final DateTimeFormatter TIMESTAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

  private final Clock clock;

  public ConfigUpgrade(Clock clock) {
    this.clock = clock;
  }

  /// @param added the dotted keys that were added
  /// @param unknown one line for each key that this version does not know; it stays in the file
  /// @param copy the file as it was; empty when nothing was missing and nothing was written
  public record Upgraded(List<String> added, List<String> unknown, Optional<Path> copy) {}

  /// @throws InvalidSettingsException when the file has another fault than missing or unknown keys;
  ///   then nothing is written
  public Upgraded upgrade(Path configYml, Path home) {
    Checker.Checked before = SettingsFile.check(configYml, home);
    refuse(configYml, of(before, Problem.Kind.WRONG));
    List<String> unknown =
        of(before, Problem.Kind.UNKNOWN).stream().map(Problem::toString).toList();
    List<String> missing = keys(before, Problem.Kind.MISSING);
    if (missing.isEmpty()) {
      return new Upgraded(List.of(), unknown, Optional.empty());
    }
    String text = YamlInsertion.insert(ConfigText.read(configYml), Keys.TABLE, missing);
    refuseUnlessComplete(configYml, home, before, text);
    Path copy = replace(configYml, text);
    return new Upgraded(keys(missing), unknown, Optional.of(copy));
  }

  private static List<String> keys(List<String> paths) {
    return paths.stream().flatMap(it -> Keys.TABLE.below(it).stream()).map(Key::path).toList();
  }

  private static List<Problem> of(Checker.Checked file, Problem.Kind kind) {
    return file.problems().stream().filter(it -> it.kind() == kind).toList();
  }

  private static List<String> keys(Checker.Checked file, Problem.Kind kind) {
    return of(file, kind).stream().map(Problem::key).toList();
  }

  private static void refuse(Path file, List<Problem> problems) {
    if (!problems.isEmpty()) {
      throw new InvalidSettingsException(file, problems);
    }
  }

  /// However the file was written: the result has every key, and the old values.
  private static void refuseUnlessComplete(
      Path file, Path home, Checker.Checked before, String text) {
    Checker.Checked after = SettingsFile.check(text, home);
    Map<String, String> values = texts(after);
    values.keySet().retainAll(before.scalars().keySet());
    boolean complete =
        keys(after, Problem.Kind.WRONG).isEmpty()
            && keys(after, Problem.Kind.MISSING).isEmpty()
            && keys(after, Problem.Kind.UNKNOWN).equals(keys(before, Problem.Kind.UNKNOWN));
    if (!complete || !values.equals(texts(before))) {
      throw new InvalidSettingsException(file, of(before, Problem.Kind.MISSING));
    }
  }

  private static Map<String, String> texts(Checker.Checked file) {
    Map<String, String> texts = new HashMap<>();
    file.scalars().forEach((path, scalar) -> texts.put(path, scalar.text()));
    return texts;
  }

  /// A link stays a link, and the new file has the old one's owner and permissions.
  private Path replace(Path configYml, String text) {
    String name = configYml.getFileName() + "." + TIMESTAMP.format(clock.instant()) + ".bak";
    Path copy = configYml.resolveSibling(name);
    try {
      Path real = configYml.toRealPath();
      Path fresh = real.resolveSibling(real.getFileName() + ".tmp");
      Files.copy(real, copy, StandardCopyOption.COPY_ATTRIBUTES);
      Files.copy(
          real, fresh, StandardCopyOption.COPY_ATTRIBUTES, StandardCopyOption.REPLACE_EXISTING);
      write(fresh, text);
      Files.move(fresh, real, StandardCopyOption.ATOMIC_MOVE);
      return copy;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot upgrade " + configYml, e);
    }
  }

  private static void write(Path file, String text) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
  }
}
