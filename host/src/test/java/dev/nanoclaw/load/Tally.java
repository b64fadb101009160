package dev.nanoclaw.load;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.nanoclaw.channel.Channel;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.OutgoingMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// A channel that counts which messages were answered and keeps nothing else. Messages are known by
/// tokens such as `g7x123`, with numbers that grow.
final class Tally implements Channel {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition more = lock.newCondition();

  @GuardedBy("lock") private final BitSet answered = new BitSet();

  @GuardedBy("lock") private final Map<String, Integer> last = new HashMap<>();

  @GuardedBy("lock") private final List<String> wrong = new ArrayList<>();

  @Override
  public String name() {
    return "load";
  }

  @Override
  public boolean owns(ChatJid chat) {
    return true;
  }

  @Override
  public SendResult send(OutgoingMessage message) {
    lock.lock();
    try {
      if (message.text().startsWith("done: ")) {
        for (String token : message.text().substring("done: ".length()).split(" ", -1)) {
          count(message.chat().value(), token);
        }
      } else {
        wrong.add(message.text());
      }
      more.signalAll();
      return new SendResult.Sent();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock") private void count(String chat, String token) {
    String[] parts = token.split("x", -1);
    int number = Integer.parseInt(parts[1]);
    if (answered.get(number) || number < last.getOrDefault(chat, -1)) {
      wrong.add("again, or too late: " + token);
    }
    if (!chat.equals(parts[0] + "@g.us")) {
      wrong.add(token + " in " + chat);
    }
    answered.set(number);
    last.put(chat, number);
  }

  /// Waits until so many messages are answered.
  ///
  /// @return whether they are
  boolean awaitAnswered(int count, Duration atMost) throws InterruptedException {
    long left = atMost.toNanos();
    lock.lock();
    try {
      while (answered.cardinality() < count && left > 0) {
        left = more.awaitNanos(left);
      }
      return answered.cardinality() >= count;
    } finally {
      lock.unlock();
    }
  }

  /// What was sent and should not have been.
  List<String> wrong() {
    lock.lock();
    try {
      return List.copyOf(wrong);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void typing(ChatJid chat, boolean on) {}

  @Override
  public void close() {}
}
