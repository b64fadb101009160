package dev.nanoclaw.router;

import dev.nanoclaw.domain.GroupFolder;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/// What keeps groups from being answered at the moment, for whoever asks.
public final class Troubles {

  private final Map<GroupFolder, String> now = new ConcurrentHashMap<>();

  void set(GroupFolder group, String text) {
    now.put(group, text);
  }

  void clear(GroupFolder group) {
    now.remove(group);
  }

  /// One sentence, while there is trouble.
  public Optional<String> of(GroupFolder group) {
    return Optional.ofNullable(now.get(group));
  }

  /// All groups in trouble, by folder.
  public Map<String, String> all() {
    Map<String, String> all = new TreeMap<>();
    now.forEach((group, text) -> all.put(group.value(), text));
    return all;
  }
}
