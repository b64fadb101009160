package dev.nanoclaw.killmatrix;

import java.security.SecureRandom;

/// The number from which everything follows that these tests leave to chance.
final class Seed {

  private static final String PROPERTY = "nanoclaw.killmatrix.seed";

  private Seed() {}

  static long get() {
    return Long.getLong(PROPERTY, new SecureRandom().nextInt(1_000_000));
  }

  static void print(String what, long seed) {
    System.out.printf("%s: -D%s=%d%n", what, PROPERTY, seed);
  }
}
