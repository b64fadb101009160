package dev.nanoclaw.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Reads a file that a person wrote: regular, of sensible size, UTF-8.
final class ConfigText {

  private static final long MAX_BYTES = 256 * 1024;

  private ConfigText() {}

  static String read(Path file) {
    if (Files.isDirectory(file)) {
      throw new InvalidSettingsException(file + " is a directory; expected a file");
    }
    if (!Files.isRegularFile(file)) {
      throw new InvalidSettingsException(file + " is not a regular file");
    }
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new InvalidSettingsException(file + " is larger than 256 KiB");
      }
      return decode(file, Files.readAllBytes(file));
    } catch (IOException e) {
      throw new InvalidSettingsException(file + " cannot be read: " + e);
    }
  }

  private static String decode(Path file, byte[] bytes) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new InvalidSettingsException(file, List.of(notUtf8(bytes)));
    }
    if (text.startsWith("\uFEFF")) {
      throw new InvalidSettingsException(
          file,
          List.of(
              Problem.wrong(
                  Yaml.Place.TOP,
                  "the file begins with a byte order mark; save it as UTF-8 without one")));
    }
    return text;
  }

  private static Problem notUtf8(byte[] bytes) {
    ByteBuffer rest = ByteBuffer.wrap(bytes);
    StandardCharsets.UTF_8.newDecoder().decode(rest, CharBuffer.allocate(bytes.length), true);
    int line = 1;
    int column = 1;
    for (int i = 0; i < rest.position(); i++) {
      column = bytes[i] == '\n' ? 1 : column + 1;
      line += bytes[i] == '\n' ? 1 : 0;
    }
    return Problem.wrong(
        new Yaml.Place(line, column, 0), "the file is not UTF-8; save it with that encoding");
  }
}
