package dev.nanoclaw.channel.whatsapp;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;

/// What passes between host and bridge, as records; `whatsapp-bridge/contract` has an example of
/// each. Points in time are Unix milliseconds, spans milliseconds.
final class Wire {

  static final int PROTOCOL = 1;

  /// Error codes of the bridge.
  static final int NOT_CONNECTED = 1;

  static final int UNKNOWN_OUTCOME = 2;
  static final int REFUSED = 3;
  static final int TOO_FAST = 4;

  private Wire() {}

  record Hello(int protocol, String bridge, String whatsmeow, String state) {}

  record Message(
      String id,
      String chat,
      String sender,
      String senderName,
      String text,
      long timestamp,
      boolean fromMe,
      boolean isGroup,
      List<String> mentions,
      boolean mentionsMe,
      Optional<Quoted> quoted,
      Optional<String> editOf,
      Optional<Media> media) {

    /// @throws NullPointerException when something is missing that every message has
    Message {
      requireNonNull(id, "id is missing");
      requireNonNull(chat, "chat is missing");
      requireNonNull(sender, "sender is missing");
      requireNonNull(senderName, "sender_name is missing");
      requireNonNull(text, "text is missing");
    }
  }

  record Quoted(String id, String sender, String text) {}

  /// @param seconds how long it plays
  record Media(
      String type, String mime, long size, Optional<String> fileName, Optional<Integer> seconds) {}

  record ChatMerged(String from, String to) {

    /// @throws NullPointerException when one is missing
    ChatMerged {
      requireNonNull(from, "from is missing");
      requireNonNull(to, "to is missing");
    }
  }

  record Qr(String code, long expiresIn) {}

  record Paired(String jid, String lid) {}

  record Connected(String jid, String lid, String name) {}

  record Disconnected(String reason, long retryIn) {}

  record Stopped(String reason, String text, Optional<Long> until) {}

  record Send(
      String chat,
      String text,
      String messageId,
      Optional<Quoted> replyTo,
      List<String> mentions) {}

  record Typing(String chat, String state) {}

  record PairPhone(String phone) {}

  record PairCode(String code) {}

  record Groups(List<GroupInfo> groups) {}

  record GroupInfo(String jid, String name, int participants) {}

  record Nothing() {}
}
