package dev.nanoclaw.channel.whatsapp;

import java.time.Duration;

/// What happens on the link, for somebody who pairs a phone.
public sealed interface LinkEvent {

  /// A code to scan.
  ///
  /// @param expiresIn how long it can be scanned; then the next one comes
  record Qr(String code, Duration expiresIn) implements LinkEvent {}

  /// The phone has accepted; the connection follows.
  record Paired(String jid) implements LinkEvent {}

  record Connected(String jid, String name) implements LinkEvent {}

  /// @param problem in words; it is tried again by itself
  record Disconnected(String problem) implements LinkEvent {}

  /// @param problem in words; nothing more happens by itself
  record Stopped(String problem) implements LinkEvent {}
}
