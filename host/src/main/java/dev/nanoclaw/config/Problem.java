package dev.nanoclaw.config;

/// One thing that is wrong in a configuration file.
///
/// @param key the dotted path of the key; empty when the file as a whole is meant
record Problem(Kind kind, Yaml.Place place, String key, String text) {

  enum Kind {
    MISSING,
    UNKNOWN,
    WRONG
  }

  static Problem wrong(Yaml.Place place, String text) {
    return new Problem(Kind.WRONG, place, "", text);
  }

  /// Not by `Comparator.comparingInt`: its serializable lambda is in no AOT cache.
  static int byLine(Problem a, Problem b) {
    return Integer.compare(a.place().line(), b.place().line());
  }

  /// A place without a key needs its column too.
  @Override
  public String toString() {
    return key.isEmpty()
        ? "line %d, column %d: %s".formatted(place.line(), place.column(), text)
        : "line %d, %s: %s".formatted(place.line(), key, text);
  }
}
