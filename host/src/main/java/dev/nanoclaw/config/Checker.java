package dev.nanoclaw.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Compares a YAML file with a table of keys and collects everything that does not fit.
final class Checker {

  /// @param problems in the order of the file
  record Checked(Map<String, Yaml.Scalar> scalars, List<Problem> problems) {

    /// The value of a key, once there are no problems.
    <T> T get(Key<T> key) {
      Yaml.Scalar scalar = scalars.get(key.path());
      return Optional.ofNullable(scalar).flatMap(key.kind()::read).orElseThrow();
    }
  }

  private final KeyTable table;
  private final boolean secret;
  private final Map<String, Yaml.Scalar> scalars = new HashMap<>();
  private final List<Problem> problems = new ArrayList<>();

  private final Map<String, Yaml.Place> places = new HashMap<>();

  /// What an unknown key probably meant, and what stands in a broken section: not missing as well.
  private final Set<String> excused = new HashSet<>();

  private Checker(KeyTable table, boolean secret) {
    this.table = table;
    this.secret = secret;
  }

  /// @param secret whether nothing of the file may be repeated in a message
  static Checked check(KeyTable table, String text, boolean secret) {
    Checker checker = new Checker(table, secret);
    try {
      Optional<Yaml.Mapping> root = YamlParser.parse(text);
      if (root.isPresent()) {
        checker.section(root.get(), "");
        checker.missing("", Yaml.Place.TOP);
      } else {
        checker.problems.add(Problem.wrong(Yaml.Place.TOP, "the file is empty"));
      }
    } catch (YamlParser.YamlProblem e) {
      checker.problems.add(e.problem());
    }
    checker.problems.sort(Problem::byLine);
    return new Checked(Map.copyOf(checker.scalars), List.copyOf(checker.problems));
  }

  private void section(Yaml.Mapping mapping, String section) {
    for (Yaml.Entry entry : mapping.entries()) {
      String path = KeyTable.child(section, entry.key());
      if (!table.children(section).contains(path)) {
        unknown(section, path, entry.place());
        continue;
      }
      Yaml.Place earlier = places.putIfAbsent(path, entry.place());
      if (earlier != null) {
        wrong(path, entry.place(), "set a second time; it is already in line " + earlier.line());
      } else if (table.isSection(path)) {
        sectionValue(path, entry);
      } else {
        table.key(path).ifPresent(key -> value(key, entry));
      }
    }
  }

  /// By `instanceof`: a switch over types is linked at run time, and every start passes here.
  private void sectionValue(String path, Yaml.Entry entry) {
    if (entry.value() instanceof Yaml.Mapping mapping) {
      section(mapping, path);
    } else if (!entry.value().isNothing()) {
      excused.add(path);
      String expected = "expected a section with the keys " + table.names(path);
      wrong(path, entry.place(), expected + ", but found " + found(entry.value()));
    }
  }

  private void value(Key<?> key, Yaml.Entry entry) {
    if (entry.value() instanceof Yaml.Scalar scalar) {
      if (key.kind().read(scalar).isPresent()) {
        scalars.put(key.path(), scalar);
        return;
      }
    }
    String expected = "expected " + key.kind().expected() + ", but found " + found(entry.value());
    wrong(key.path(), entry.place(), expected + hint(key, entry.value()));
  }

  /// The value may be right but for its quotes.
  private static String hint(Key<?> key, Yaml value) {
    if (value instanceof Yaml.Scalar(String text, Yaml.Type type, var start, var end)) {
      for (Yaml.Type other : Yaml.Type.values()) {
        if (key.kind().read(new Yaml.Scalar(text, other, start, end)).isPresent()) {
          return type == Yaml.Type.TEXT ? " (leave the quotes out)" : " (put it in quotes)";
        }
      }
    }
    return "";
  }

  private String found(Yaml value) {
    return switch (value) {
      case Yaml.Mapping _ -> "a section";
      case Yaml.Sequence _ -> "a list";
      case Yaml.Scalar(String text, Yaml.Type type, _, _) ->
          switch (type) {
            case TEXT -> secret ? "something else" : "\"" + printable(text) + "\"";
            case NUMBER -> secret ? "a number" : "the number " + printable(text);
            case FLAG -> secret ? "a truth value" : printable(text);
            case NOTHING -> "nothing";
          };
    };
  }

  private void unknown(String section, String path, Yaml.Place place) {
    Optional<String> nearest = Nearest.to(path, table.paths());
    nearest.ifPresent(excused::add);
    String advice =
        nearest
            .map(it -> "did you mean " + it + "?")
            .orElse("the keys here are " + table.names(section));
    String shown = secret && nearest.isEmpty() ? "(key)" : printable(path);
    String text = "unknown key; " + advice;
    problems.add(new Problem(Problem.Kind.UNKNOWN, place, shown, text));
  }

  /// Every child of a section that was neither found nor meant. Runs after the whole file was seen.
  private void missing(String section, Yaml.Place place) {
    for (String path : table.children(section)) {
      Yaml.Place found = places.get(path);
      if (found == null && !excused.contains(path)) {
        problems.add(new Problem(Problem.Kind.MISSING, place, path, "missing; " + expected(path)));
      } else if (found != null && table.isSection(path) && !excused.contains(path)) {
        missing(path, found);
      }
    }
  }

  private String expected(String path) {
    return table
        .key(path)
        .map(it -> "expected %s (default: %s)".formatted(it.kind().expected(), it.preset()))
        .orElseGet(() -> "expected a section with the keys " + table.names(path));
  }

  private void wrong(String key, Yaml.Place place, String text) {
    problems.add(new Problem(Problem.Kind.WRONG, place, key, text));
  }

  private static String printable(String text) {
    String plain = text.replaceAll("\\p{C}", "?");
    return plain.length() <= 60 ? plain : plain.substring(0, 60) + "…";
  }
}
