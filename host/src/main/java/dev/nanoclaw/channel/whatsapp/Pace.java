package dev.nanoclaw.channel.whatsapp;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.nanoclaw.domain.ChatJid;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/// When the next message may go out: so many within a minute, and within a chat not on the heels of
/// the one before.
final class Pace {

  private static final Duration WINDOW = Duration.ofMinutes(1);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final int perMinute;

  @GuardedBy("this") private final Deque<Instant> last = new ArrayDeque<>();

  @GuardedBy("this") private final Map<ChatJid, Instant> lastInChat = new HashMap<>();

  Pace(int perMinute) {
    this.perMinute = perMinute;
  }

  /// Takes the next place in the row.
  ///
  /// @return how long to wait for it
  synchronized Duration next(ChatJid chat, Instant now) {
    Instant when = now;
    Instant inChat = lastInChat.get(chat);
    if (inChat != null && inChat.plus(PAUSE).isAfter(when)) {
      when = inChat.plus(PAUSE);
    }
    if (last.size() == perMinute) {
      Instant free = last.removeFirst().plus(WINDOW);
      when = free.isAfter(when) ? free : when;
    }
    last.addLast(when);
    lastInChat.put(chat, when);
    lastInChat.values().removeIf(it -> it.plus(PAUSE).isBefore(now));
    return Duration.between(now, when);
  }
}
