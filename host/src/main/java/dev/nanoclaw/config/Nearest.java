package dev.nanoclaw.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/// Finds what somebody who mistyped a key probably meant.
final class Nearest {

  private Nearest() {}

  /// The known path that is most like the unknown one, or empty when none is. A key with the right
  /// name in the wrong section is like it too.
  static Optional<String> to(String unknown, Collection<String> known) {
    return known.stream()
        .filter(it -> distance(unknown, it) <= Math.max(2, KeyTable.name(unknown).length() / 3))
        .min(Comparator.comparingInt(it -> distance(unknown, it)));
  }

  private static int distance(String unknown, String known) {
    String name = KeyTable.name(known);
    int names = edits(KeyTable.name(unknown).replace('-', '_'), name);
    boolean sameSection = known.equals(KeyTable.child(KeyTable.section(unknown), name));
    return names + (sameSection ? 0 : 1);
  }

  /// Insertions, deletions and replacements between the two, without regard to case.
  static int edits(String from, String to) {
    int[] row = new int[to.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int replaced = diagonal + (same(from.charAt(i - 1), to.charAt(j - 1)) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[to.length()];
  }

  private static boolean same(char a, char b) {
    return Character.toLowerCase(a) == Character.toLowerCase(b);
  }
}
