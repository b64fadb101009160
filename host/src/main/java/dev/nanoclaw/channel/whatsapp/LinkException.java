package dev.nanoclaw.channel.whatsapp;

import java.time.Duration;
import java.util.Optional;

/// A question that WhatsApp or its bridge did not answer; the text is for people.
public final class LinkException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final int code;
  private final Optional<Duration> retryIn;

  LinkException(int code, String message, Optional<Duration> retryIn) {
    super(message);
    this.code = code;
    this.retryIn = retryIn;
  }

  /// One of [Wire]'s, or of JSON-RPC.
  int code() {
    return code;
  }

  /// How long WhatsApp wants to be left alone.
  Optional<Duration> retryIn() {
    return retryIn;
  }
}
