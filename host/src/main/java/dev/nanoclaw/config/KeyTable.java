package dev.nanoclaw.config;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The keys that a file must have, and the sections that follow from their dotted paths. A section
/// is named by its path, the top by the empty text.
record KeyTable(List<Key<?>> keys) {

  KeyTable {
    keys = List.copyOf(keys);
  }

  Optional<Key<?>> key(String path) {
    return keys.stream().filter(it -> it.path().equals(path)).findFirst();
  }

  boolean isSection(String path) {
    return !below(path).isEmpty() && key(path).isEmpty();
  }

  /// The key itself, or all keys of the section.
  List<Key<?>> below(String path) {
    return keys.stream()
        .filter(it -> path.isEmpty() || (it.path() + ".").startsWith(path + "."))
        .toList();
  }

  /// The paths of the keys and sections that stand directly in a section, in order.
  List<String> children(String section) {
    String prefix = section.isEmpty() ? "" : section + ".";
    return below(section).stream()
        .map(it -> prefix + it.path().substring(prefix.length()).split("\\.", 2)[0])
        .distinct()
        .toList();
  }

  /// All keys and sections.
  List<String> paths() {
    return keys.stream().flatMap(it -> withSections(it.path())).distinct().toList();
  }

  private static Stream<String> withSections(String path) {
    int dot = path.lastIndexOf('.');
    return dot < 0
        ? Stream.of(path)
        : Stream.concat(withSections(path.substring(0, dot)), Stream.of(path));
  }

  static String child(String section, String name) {
    return section.isEmpty() ? name : section + "." + name;
  }

  static String name(String path) {
    return path.substring(path.lastIndexOf('.') + 1);
  }

  String names(String section) {
    return children(section).stream().map(KeyTable::name).collect(Collectors.joining(", "));
  }
}
