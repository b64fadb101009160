package dev.nanoclaw.domain;

import java.security.SecureRandom;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.regex.Pattern;

/// Makes the ids that must not repeat or must not be guessed.
public final class Ids {

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final DateTimeFormatter SECONDS =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

  private static final Pattern RUN = Pattern.compile("[0-9]{8}-[0-9]{6}-[0-9a-f]{8}");

  private Ids() {}

  /// The id of a message that we send, in the form that WhatsApp's own clients use.
  public static String message() {
    return "3EB0" + HexFormat.of().withUpperCase().formatHex(random(9));
  }

  /// The id of a run: sorts by its start, safe as a file and container name.
  public static String run(Instant start) {
    return SECONDS.format(start) + "-" + HexFormat.of().formatHex(random(4));
  }

  /// The id of a task: short, because people and models write it.
  public static String task() {
    return "task-" + HexFormat.of().formatHex(random(4));
  }

  /// Whether a file or directory has the name of a run.
  public static boolean isRun(String name) {
    return RUN.matcher(name).matches();
  }

  /// 128 bits that nobody can guess, as hex digits.
  public static String nonce() {
    return HexFormat.of().formatHex(random(16));
  }

  private static byte[] random(int count) {
    byte[] bytes = new byte[count];
    RANDOM.nextBytes(bytes);
    return bytes;
  }
}
