package dev.nanoclaw.channel.local;

import dev.nanoclaw.channel.Channel;
import dev.nanoclaw.channel.InboundListener;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.ChatMessage;
import dev.nanoclaw.domain.IncomingMessage;
import dev.nanoclaw.domain.OutgoingMessage;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/// The local chat `local:main`. A message counts as sent when it is in the chat's history, where a
/// terminal that comes later finds it; terminals that are there hear of it at once.
public final class LocalChannel implements Channel {

  private static final int MAX_CHARACTERS = 65_536;

  private final InboundListener listener;
  private final History history;
  private final Clock clock;
  private final List<Consumer<Event>> subscribers = new CopyOnWriteArrayList<>();
  private volatile boolean typing;

  /// Where the assistant's words are kept.
  @FunctionalInterface
  public interface History {

    /// @return the stored message; empty when that id is there already
    Optional<ChatMessage> add(OutgoingMessage message);
  }

  /// What terminals hear.
  public sealed interface Event {

    /// Somebody said something: a person at another terminal, or the assistant.
    record Said(ChatMessage message) implements Event {}

    /// The assistant began to work, or stopped.
    record Typing(boolean on) implements Event {}
  }

  /// A message that cannot be taken; its text is for the person who wrote it.
  public static final class BadMessageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BadMessageException(String message) {
      super(message);
    }
  }

  public LocalChannel(InboundListener listener, History history, Clock clock) {
    this.listener = listener;
    this.history = history;
    this.clock = clock;
  }

  @Override
  public String name() {
    return "local";
  }

  @Override
  public boolean owns(ChatJid chat) {
    return chat.equals(ChatJid.LOCAL);
  }

  /// Takes a message of the person at a terminal. The same id again changes nothing.
  ///
  /// @param id chosen by the terminal, so that it can repeat what it does not know to be stored
  /// @throws BadMessageException when the text is empty or too long
  public void post(String id, String text) {
    String clean = clean(text);
    if (clean.isBlank()) {
      throw new BadMessageException("the message is empty");
    }
    if (clean.length() > MAX_CHARACTERS) {
      throw new BadMessageException(
          "the message has %,d characters, %,d are the most: put long text into a file of the group's folder"
              .formatted(clean.length(), MAX_CHARACTERS));
    }
    listener
        .received(
            new IncomingMessage(
                id,
                ChatJid.LOCAL,
                name(),
                false,
                "local:owner",
                "Owner",
                clean,
                clock.instant(),
                true,
                false,
                Optional.empty()))
        .ifPresent(it -> publish(new Event.Said(it)));
  }

  /// Hears everything from now on, on the thread that causes it: the subscriber must not block.
  ///
  /// @return ends the subscription
  public Runnable subscribe(Consumer<Event> subscriber) {
    subscribers.add(subscriber);
    return () -> subscribers.remove(subscriber);
  }

  /// Whether the assistant is at work.
  public boolean isTyping() {
    return typing;
  }

  @Override
  public SendResult send(OutgoingMessage message) {
    history.add(message).ifPresent(it -> publish(new Event.Said(it)));
    return new SendResult.Sent();
  }

  /// The history is in the database, like the outbox: a message is there or is not.
  @Override
  public boolean leavesDoubt() {
    return false;
  }

  @Override
  public void typing(ChatJid chat, boolean on) {
    typing = on;
    publish(new Event.Typing(on));
  }

  @Override
  public void close() {
    subscribers.clear();
  }

  private void publish(Event event) {
    subscribers.forEach(it -> it.accept(event));
  }

  /// Without control characters (but line feeds and tabs) and halves of surrogate pairs.
  private static String clean(String text) {
    var clean = new StringBuilder(text.length());
    text.replace("\r\n", "\n")
        .codePoints()
        .filter(it -> !Character.isISOControl(it) || it == '\n' || it == '\t')
        .forEach(it -> clean.appendCodePoint(isHalf(it) ? 0xFFFD : it));
    return clean.toString();
  }

  private static boolean isHalf(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }
}
