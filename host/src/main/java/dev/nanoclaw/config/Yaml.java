package dev.nanoclaw.config;

import java.util.List;
import java.util.Optional;

/// A part of a YAML file that knows where it stands.
sealed interface Yaml {

  Place start();

  Place end();

  default boolean isNothing() {
    return this instanceof Scalar scalar && scalar.type() == Type.NOTHING;
  }

  /// @param line and
  /// @param column as a person counts them, from 1
  /// @param index position in the text, in code points
  record Place(int line, int column, int index) {
    static final Place TOP = new Place(1, 1, 0);
  }

  /// How YAML understands a value that stands there without quotes; in quotes everything is text.
  enum Type {
    TEXT,
    NUMBER,
    FLAG,
    NOTHING
  }

  record Scalar(String text, Type type, Place start, Place end) implements Yaml {}

  record Mapping(List<Entry> entries, boolean flow, Place start, Place end) implements Yaml {

    Optional<Yaml> get(String key) {
      return entries.stream().filter(it -> it.key().equals(key)).map(Entry::value).findFirst();
    }
  }

  /// Its items do not matter: no setting is a list.
  record Sequence(Place start, Place end) implements Yaml {}

  record Entry(String key, Place place, Yaml value) {}
}
