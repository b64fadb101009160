package dev.nanoclaw.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// The keys that a file must have, and the sections that follow from their dotted paths. A section
/// is named by its path, the top by the empty text.
final class KeyTable {

  private final Map<String, Key<?>> keys = new LinkedHashMap<>();
  private final Map<String, Set<String>> children = new LinkedHashMap<>();

  KeyTable(List<Key<?>> keys) {
    for (Key<?> key : keys) {
      this.keys.put(key.path(), key);
      for (String path = key.path(); !path.isEmpty(); path = section(path)) {
        children.computeIfAbsent(section(path), _ -> new LinkedHashSet<>()).add(path);
      }
    }
  }

  List<Key<?>> keys() {
    return List.copyOf(keys.values());
  }

  Optional<Key<?>> key(String path) {
    return Optional.ofNullable(keys.get(path));
  }

  boolean isSection(String path) {
    return children.containsKey(path);
  }

  /// The paths of the keys and sections that stand directly in a section, in order.
  Set<String> children(String section) {
    return children.getOrDefault(section, Set.of());
  }

  /// The names of these.
  String names(String section) {
    return children(section).stream().map(KeyTable::name).collect(Collectors.joining(", "));
  }

  /// The key itself, or all keys of the section.
  List<Key<?>> below(String path) {
    return key(path)
        .<List<Key<?>>>map(List::of)
        .orElseGet(() -> children(path).stream().flatMap(it -> below(it).stream()).toList());
  }

  /// All keys and sections.
  List<String> paths() {
    List<String> paths = new ArrayList<>();
    children.values().forEach(paths::addAll);
    return paths;
  }

  static String child(String section, String name) {
    return section.isEmpty() ? name : section + "." + name;
  }

  /// The last part of a dotted path.
  static String name(String path) {
    return path.substring(path.lastIndexOf('.') + 1);
  }

  /// A dotted path without its last part.
  static String section(String path) {
    return path.substring(0, Math.max(0, path.lastIndexOf('.')));
  }
}
