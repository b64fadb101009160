package dev.nanoclaw.config;

import java.util.List;
import java.util.stream.Stream;

/// Writes keys with their defaults and comments as YAML.
final class Template {

  private Template() {}

  /// A key or a whole section as lines of block style.
  static List<String> block(KeyTable table, String path, int indent) {
    String margin = " ".repeat(indent);
    return table
        .key(path)
        .map(key -> keyLines(key).map(margin::concat))
        .orElseGet(() ->
            Stream.concat(
                Stream.of(margin + KeyTable.name(path) + ":"),
                table.children(path).stream().flatMap(it -> block(table, it, indent + 2).stream())))
        .toList();
  }

  private static Stream<String> keyLines(Key<?> key) {
    return Stream.concat(
        key.comment().lines().map("# "::concat), Stream.of(key.name() + ": " + key.preset()));
  }

  /// A key or a whole section on one line, as it stands between braces.
  static String flow(KeyTable table, String path) {
    String value =
        table
            .key(path)
            .<String>map(Key::preset)
            .orElseGet(() ->
                "{"
                    + String.join(
                        ", ", table.children(path).stream().map(it -> flow(table, it)).toList())
                    + "}");
    return KeyTable.name(path) + ": " + value;
  }

  /// A whole file.
  static String file(KeyTable table, String head) {
    StringBuilder text = new StringBuilder();
    head.lines().forEach(it -> text.append(("# " + it).strip()).append('\n'));
    for (String path : table.children("")) {
      text.append('\n');
      block(table, path, 0).forEach(it -> text.append(it).append('\n'));
    }
    return text.toString();
  }
}
