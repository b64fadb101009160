package dev.nanoclaw.config;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Writes further keys into a YAML text without touching the rest of it.
final class YamlInsertion {

  /// Where a section and the one around it end together, its own keys come first.
  private static final Comparator<String> DEEPEST_FIRST =
      Comparator.comparingLong(it -> -it.chars().filter(c -> c == '.').count());

  private final String text;
  private final KeyTable table;
  private final String lineEnd;

  /// What to write where, by position.
  private final Map<Integer, StringBuilder> insertions = new TreeMap<>();

  private YamlInsertion(String text, KeyTable table) {
    this.text = text;
    this.table = table;
    this.lineEnd = text.contains("\r\n") ? "\r\n" : "\n";
  }

  /// @param paths keys and sections that are missing in sections that are there
  static String insert(String text, KeyTable table, List<String> paths) {
    YamlInsertion insertion = new YamlInsertion(text, table);
    try {
      Yaml.Mapping root = YamlParser.parse(text).orElseThrow();
      paths.stream().sorted(DEEPEST_FIRST).forEach(it -> insertion.add(root, it));
    } catch (YamlParser.YamlProblem e) {
      throw new IllegalStateException("the text was parsed before", e);
    }
    return insertion.result();
  }

  private String result() {
    StringBuilder result = new StringBuilder();
    int from = 0;
    for (Map.Entry<Integer, StringBuilder> insertion : insertions.entrySet()) {
      result.append(text, from, insertion.getKey()).append(insertion.getValue());
      from = insertion.getKey();
    }
    return result.append(text, from, text.length()).toString();
  }

  private void add(Yaml.Mapping root, String path) {
    String section = KeyTable.section(path);
    Optional<Yaml.Entry> header = section.isEmpty() ? Optional.empty() : entry(root, section);
    Yaml value = header.map(Yaml.Entry::value).orElse(root);
    switch (value) {
      case Yaml.Mapping mapping when mapping.flow() -> addBetweenBraces(mapping, path);
      case Yaml.Mapping mapping -> {
        int indent = mapping.entries().getFirst().place().column() - 1;
        addLines(last(mapping), path, indent);
      }
      case Yaml.Scalar scalar ->
          addLines(scalar.end(), path, 1 + header.orElseThrow().place().column());
      case Yaml.Sequence _ -> throw new IllegalStateException(section + " is a list");
    }
  }

  private static Optional<Yaml.Entry> entry(Yaml.Mapping root, String section) {
    Optional<Yaml.Entry> found = Optional.empty();
    Yaml.Mapping in = root;
    for (String name : section.split("\\.", -1)) {
      found = in.entries().stream().filter(it -> it.key().equals(name)).findFirst();
      if (found.isPresent() && found.get().value() instanceof Yaml.Mapping mapping) {
        in = mapping;
      }
    }
    return found;
  }

  private void addBetweenBraces(Yaml.Mapping mapping, String path) {
    boolean empty = mapping.entries().isEmpty();
    Yaml.Place end = empty ? mapping.start() : mapping.entries().getLast().value().end();
    int position = offset(end) + (empty ? 1 : 0);
    StringBuilder insertion = insertions.computeIfAbsent(position, _ -> new StringBuilder());
    insertion.append(empty && insertion.isEmpty() ? "" : ", ").append(Template.flow(table, path));
  }

  private void addLines(Yaml.Place behind, String path, int indent) {
    int feed = text.indexOf('\n', Math.max(0, offset(behind) - (behind.column() == 1 ? 1 : 0)));
    int position = feed < 0 ? text.length() : feed + 1;
    StringBuilder insertion = insertions.computeIfAbsent(position, _ -> new StringBuilder());
    if (feed < 0 && insertion.isEmpty()) {
      insertion.append(lineEnd);
    }
    if (indent == 0) {
      insertion.append(lineEnd);
    }
    Template.block(table, path, indent).forEach(it -> insertion.append(it).append(lineEnd));
  }

  /// Where the last value of a block ends: the end of the block itself is where the next one
  /// begins.
  private static Yaml.Place last(Yaml.Mapping mapping) {
    Yaml value = mapping.entries().getLast().value();
    return value instanceof Yaml.Mapping inner && !inner.flow() ? last(inner) : value.end();
  }

  private int offset(Yaml.Place place) {
    return text.offsetByCodePoints(0, place.index());
  }
}
