package dev.nanoclaw.app;

import dev.nanoclaw.config.Secret;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/// The last line of defence of the log: takes out what looks like a credential, and the secrets
/// that it was told. That no secret is logged in the first place is the business of everybody else.
final class Redaction {

  private static final String HIDDEN = "[secret]";
  private static final Pattern CREDENTIAL =
      Pattern.compile(
          "sk-ant-[A-Za-z0-9_-]{4,}|(?i:(?<=\\b(?:bearer|x-api-key:?) ))[A-Za-z0-9._~+/=-]{8,}");

  /// Shorter values would also be parts of ordinary words.
  private static final int SHORTEST = 8;

  private final Set<String> secrets = ConcurrentHashMap.newKeySet();

  void hide(Secret secret) {
    if (secret.reveal().length() >= SHORTEST) {
      secrets.add(secret.reveal());
    }
  }

  String clean(String text) {
    String clean = text;
    for (String secret : secrets) {
      clean = clean.replace(secret, HIDDEN);
    }
    return CREDENTIAL.matcher(clean).replaceAll(HIDDEN);
  }
}
