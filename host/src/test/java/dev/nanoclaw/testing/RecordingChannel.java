package dev.nanoclaw.testing;

import dev.nanoclaw.channel.Channel;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.OutgoingMessage;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/// Remembers what it was asked to send and answers as the test says.
public final class RecordingChannel implements Channel {

  private final List<OutgoingMessage> tries = new CopyOnWriteArrayList<>();
  private final List<OutgoingMessage> sent = new CopyOnWriteArrayList<>();
  private volatile boolean leavesDoubt = true;
  private volatile Function<OutgoingMessage, SendResult> answer = _ -> new SendResult.Sent();

  public void leavesNoDoubt() {
    leavesDoubt = false;
  }

  public void answer(Function<OutgoingMessage, SendResult> with) {
    answer = with;
  }

  public List<OutgoingMessage> tries() {
    return tries;
  }

  public List<String> sent() {
    return sent.stream().map(OutgoingMessage::text).toList();
  }

  @Override
  public String name() {
    return "recording";
  }

  @Override
  public boolean owns(ChatJid chat) {
    return !chat.value().startsWith("nobody");
  }

  @Override
  public SendResult send(OutgoingMessage message) {
    tries.add(message);
    SendResult result = answer.apply(message);
    if (result instanceof SendResult.Sent) {
      sent.add(message);
    }
    return result;
  }

  @Override
  public boolean leavesDoubt() {
    return leavesDoubt;
  }

  @Override
  public void typing(ChatJid chat, boolean on) {}

  @Override
  public void close() {}
}
