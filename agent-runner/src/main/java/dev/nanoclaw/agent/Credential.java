package dev.nanoclaw.agent;

import java.util.Map;
import java.util.Optional;

/// The owner's key or token: by which variable Claude Code takes it and by which header the API.
record Credential(String variable, String header, String value) {

  static final String API_KEY = "ANTHROPIC_API_KEY";
  static final String OAUTH_TOKEN = "CLAUDE_CODE_OAUTH_TOKEN";

  /// The key wins when both are there.
  ///
  /// @return empty when there is none, or none that fits into a header
  static Optional<Credential> from(Map<String, String> secrets) {
    String key = secrets.getOrDefault(API_KEY, "").strip();
    String token = secrets.getOrDefault(OAUTH_TOKEN, "").strip();
    Credential credential =
        key.isEmpty()
            ? new Credential(OAUTH_TOKEN, "authorization", "Bearer " + token)
            : new Credential(API_KEY, "x-api-key", key);
    boolean usable = !(key + token).isEmpty() && credential.value().matches("[ -~]+");
    return usable ? Optional.of(credential) : Optional.empty();
  }

  /// The same for another secret: what the CLI holds instead and the proxy asks for.
  Credential with(String secret) {
    boolean bearer = header.equals("authorization");
    return new Credential(variable, header, bearer ? "Bearer " + secret : secret);
  }

  /// The value as its variable holds it.
  String secret() {
    return header.equals("authorization") ? value.substring("Bearer ".length()) : value;
  }

  @Override
  public String toString() {
    return "[secret]";
  }
}
