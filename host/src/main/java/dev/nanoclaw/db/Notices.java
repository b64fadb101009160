package dev.nanoclaw.db;

import dev.nanoclaw.db.OutboxStore.Source;
import dev.nanoclaw.domain.ChatFormat;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.GroupFolder;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jooq.DSLContext;

/// Sentences of the host itself in the chats of groups.
///
/// @param format how they become messages
record Notices(ChatFormat format) {

  /// They quote what agents wrote, and a terminal obeys these.
  private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}&&[^\n\t]]");

  /// Puts one into the outbox, unless the group's chat was told under the same id before.
  void tell(DSLContext sql, GroupFolder group, ChatJid chat, String id, String text, Instant now) {
    List<String> parts = format.parts(chat, CONTROL.matcher(text).replaceAll(" "));
    OutboxStore.insert(sql, Source.host(group, id), chat, parts, Optional.empty(), now);
  }
}
