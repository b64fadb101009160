package dev.nanoclaw.config;

/// One setting.
///
/// @param path dotted, as in messages
/// @param preset the default, as it is written in YAML
/// @param comment what the owner should know, one or more lines
record Key<T>(String path, Kind<T> kind, String preset, String comment) {

  String name() {
    return KeyTable.name(path);
  }

  /// The dotted path of the section that the key stands in, empty at the top.
  String section() {
    return KeyTable.section(path);
  }
}
