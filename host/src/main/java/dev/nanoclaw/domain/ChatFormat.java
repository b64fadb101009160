package dev.nanoclaw.domain;

import java.util.List;

/// How a chat wants to be written to.
@FunctionalInterface
public interface ChatFormat {

  /// The messages that say a text in that chat, in order: formatted for its channel, none too long
  /// for it.
  List<String> parts(ChatJid chat, String text);
}
