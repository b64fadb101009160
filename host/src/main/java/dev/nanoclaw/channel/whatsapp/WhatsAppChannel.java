package dev.nanoclaw.channel.whatsapp;

import dev.nanoclaw.channel.Channel;
import dev.nanoclaw.channel.whatsapp.LinkState.Phase;
import dev.nanoclaw.config.Settings;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.IncomingMessage;
import dev.nanoclaw.domain.OutgoingMessage;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// WhatsApp: what the bridge delivers goes to the host, what the host says to the bridge.
public final class WhatsAppChannel implements Channel {

  public static final String NAME = "whatsapp";

  private static final Logger log = LoggerFactory.getLogger(WhatsAppChannel.class);
  private static final Pattern ADDRESS =
      Pattern.compile("[0-9-]{1,40}@(s\\.whatsapp\\.net|lid|g\\.us)");
  private static final Duration SEND = Duration.ofSeconds(90);
  private static final Duration QUICK = Duration.ofSeconds(20);
  private static final Duration GROUPS = Duration.ofSeconds(60);
  private static final int GROUPS_EVERY_HOURS = 24;
  private static final int MAX_QUOTE = 500;
  private static final String STOPS = "the host stops";

  /// It lapses on the phones of others after some seconds.
  private static final int COMPOSING_EVERY_SECONDS = 10;

  private final boolean hasOwnNumber;
  private final Host host;
  private final Clock clock;
  private final Inbound inbound;
  private final Pace pace;
  private final WhatsAppLink link;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Map<ChatJid, Future<?>> composing = new ConcurrentHashMap<>();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("whatsapp-timer").factory());
  private volatile Optional<Set<ChatJid>> groups = Optional.empty();

  /// What the channel needs of the host.
  public interface Host {

    /// Takes a message of a person. When this returns it is on the disk; throws when it is not.
    void received(IncomingMessage message);

    /// Takes what the assistant has said.
    void said(ChatJid chat, String messageId, String text, Instant when);

    /// Whether the outbox has sent a message with that id, or is about to.
    boolean isOurs(String messageId);

    /// What a message said, if it is known.
    Optional<String> textOf(ChatJid chat, String messageId);

    /// What was stored under the first address is the chat of the second.
    void merged(ChatJid from, ChatJid to);

    /// The names of all groups.
    void named(Map<ChatJid, String> groups);

    /// Messages can be sent again.
    void connected();

    /// The owner has to act.
    void stopped(String problem);
  }

  /// @param program the bridge
  /// @param store the file with the session
  public WhatsAppChannel(Settings settings, Path program, Path store, Host host, Clock clock) {
    this.hasOwnNumber = settings.assistant().hasOwnNumber();
    this.host = host;
    this.clock = clock;
    this.inbound = new Inbound(NAME, settings.assistant().name(), host::textOf);
    this.pace = new Pace(settings.channels().whatsapp().messagesPerMinute());
    this.link = new WhatsAppLink(program, store, new FromBridge(), clock);
  }

  /// Whether that is the address of a chat on WhatsApp.
  public static boolean isAddress(String text) {
    return ADDRESS.matcher(text).matches();
  }

  public void start() {
    link.start();
    var _ =
        timer.scheduleAtFixedRate(
            this::refreshInBackground, GROUPS_EVERY_HOURS, GROUPS_EVERY_HOURS, TimeUnit.HOURS);
  }

  /// To pair, to unpair, and to see how things stand.
  public WhatsAppLink link() {
    return link;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean owns(ChatJid chat) {
    return isAddress(chat.value());
  }

  @Override
  public SendResult send(OutgoingMessage message) {
    LinkState state = link.state();
    if (state.phase() != Phase.CONNECTED) {
      return new SendResult.TryAgain(state.inWords());
    }
    try {
      Duration pause = pace.next(message.chat(), steadyTime());
      if (closed.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
        return new SendResult.TryAgain(STOPS);
      }
      var _ = link.call("send", wire(message), Object.class, SEND);
    } catch (LinkException e) {
      String why = String.valueOf(e.getMessage());
      return switch (e.code()) {
        case Wire.NOT_CONNECTED, Wire.UNKNOWN_OUTCOME -> new SendResult.TryAgain(why);
        case Wire.TOO_FAST -> new SendResult.TryAgain(why, e.retryIn());
        default -> new SendResult.Refused(why);
      };
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return new SendResult.TryAgain(STOPS);
    }
    try {
      host.said(message.chat(), message.messageId(), message.text(), clock.instant());
    } catch (RuntimeException e) {
      log.error("Message {} was sent and is missing in the history", message.messageId(), e);
    }
    return new SendResult.Sent();
  }

  /// Goes on evenly, whatever happens to the clock on the wall.
  private static Instant steadyTime() {
    return Instant.EPOCH.plusNanos(System.nanoTime());
  }

  /// Replies are shown in groups only; with one other person it is clear what is meant.
  private static Wire.Send wire(OutgoingMessage message) {
    return new Wire.Send(
        message.chat().value(),
        message.text(),
        message.messageId(),
        message
            .replyTo()
            .filter(_ -> message.chat().value().endsWith("@g.us"))
            .map(it ->
                new Wire.Quoted(it.id(), it.sender(), Inbound.shortened(it.text(), MAX_QUOTE))),
        List.of());
  }

  @Override
  public void typing(ChatJid chat, boolean on) {
    if (!on) {
      Future<?> repeating = composing.remove(chat);
      if (repeating != null) {
        repeating.cancel(false);
        sayTyping(chat, "paused");
      }
    } else if (closed.getCount() > 0) {
      composing.computeIfAbsent(
          chat,
          it ->
              timer.scheduleAtFixedRate(
                  () -> sayTyping(it, "composing"), 0, COMPOSING_EVERY_SECONDS, TimeUnit.SECONDS));
    }
  }

  private void sayTyping(ChatJid chat, String state) {
    if (link.state().phase() == Phase.CONNECTED) {
      inBackground(
          "typing",
          () -> {
            var _ = link.call("typing", new Wire.Typing(chat.value(), state), Object.class, QUICK);
          });
    }
  }

  /// The groups that the account is in, as WhatsApp said last; empty when it was not asked yet.
  public Optional<Set<ChatJid>> groups() {
    return groups;
  }

  /// Asks WhatsApp for the groups and their names.
  ///
  /// @throws RuntimeException when it is not connected
  public void refreshGroups() throws InterruptedException {
    Map<ChatJid, String> names = new HashMap<>();
    for (Wire.GroupInfo group :
        link.call("groups", new Wire.Nothing(), Wire.Groups.class, GROUPS).groups()) {
      names.put(new ChatJid(group.jid()), Inbound.name(group.name()));
    }
    groups = Optional.of(Set.copyOf(names.keySet()));
    host.named(names);
  }

  private void refreshInBackground() {
    inBackground("groups", this::refreshGroups);
  }

  @FunctionalInterface
  private interface Task {
    void run() throws InterruptedException;
  }

  private static void inBackground(String what, Task task) {
    Thread.ofVirtual()
        .name("whatsapp-" + what)
        .start(() -> {
          try {
            task.run();
          } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
          } catch (RuntimeException e) {
            log.warn("WhatsApp, {}: {}", what, e.toString());
          }
        });
  }

  @Override
  public void close() {
    closed.countDown();
    timer.shutdownNow();
    link.close();
  }

  /// What comes from WhatsApp.
  private final class FromBridge implements WhatsAppLink.Handler {

    @Override
    public void message(Wire.Message message) {
      if (message.fromMe() && host.isOurs(message.id())) {
        return;
      }
      LinkState state = link.state();
      List<String> us = Stream.of(state.jid(), state.lid()).flatMap(Optional::stream).toList();
      inbound
          .message(message, us)
          .ifPresent(it -> {
            if (it.fromMe() && hasOwnNumber) {
              host.said(it.chat(), it.id(), it.text(), it.timestamp());
            } else {
              host.received(it);
            }
          });
    }

    @Override
    public void merged(Wire.ChatMerged merged) {
      host.merged(new ChatJid(merged.from()), new ChatJid(merged.to()));
    }

    @Override
    public void connected() {
      refreshInBackground();
      host.connected();
    }

    @Override
    public void stopped(String problem) {
      host.stopped(problem);
    }
  }
}
