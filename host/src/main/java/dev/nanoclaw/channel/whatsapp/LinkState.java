package dev.nanoclaw.channel.whatsapp;

import java.util.Optional;

/// How the link to WhatsApp stands.
///
/// @param phase `unpaired`, `connecting`, `connected`, `disconnected`, `stopped`, or `down` while
///   no bridge runs
/// @param jid the account, once it is paired
/// @param lid its other address
/// @param name of the account
/// @param problem why it is not connected, in words
public record LinkState(
    Phase phase,
    Optional<String> jid,
    Optional<String> lid,
    Optional<String> name,
    Optional<String> problem) {

  /// The states of DESIGN.md §7, and one more.
  public enum Phase {
    /// No bridge runs.
    DOWN,
    UNPAIRED,
    CONNECTING,
    CONNECTED,
    DISCONNECTED,
    /// For a reason that only the owner can remove.
    STOPPED
  }

  static final LinkState START =
      new LinkState(
          Phase.DOWN, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

  LinkState in(Phase next) {
    return new LinkState(next, jid, lid, name, Optional.empty());
  }

  LinkState in(Phase next, String why) {
    return new LinkState(next, jid, lid, name, Optional.of(why));
  }

  /// One sentence for people.
  public String inWords() {
    String account = name.or(() -> jid).map(it -> " as " + it).orElse("");
    String why = problem.map(it -> ": " + it).orElse("");
    return switch (phase) {
      case DOWN -> "WhatsApp is not there" + why;
      case UNPAIRED -> "WhatsApp is not paired with a phone. Run: ./nanoclaw whatsapp pair";
      case CONNECTING -> "WhatsApp is connecting" + account;
      case CONNECTED -> "WhatsApp is connected" + account;
      case DISCONNECTED -> "WhatsApp is not connected" + why;
      case STOPPED -> "WhatsApp has stopped" + why;
    };
  }
}
