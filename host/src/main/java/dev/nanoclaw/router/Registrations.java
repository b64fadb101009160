package dev.nanoclaw.router;

import dev.nanoclaw.db.ChatStore;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.KnownChat;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// Gives chats an agent, and changes what it answers to. Nothing here replaces a registration that
/// is there.
public final class Registrations {

  private static final int MAX_NAME = 100;
  private static final int MAX_TRIGGER = 40;
  private static final Duration SHORTEST_TIMEOUT = Duration.ofSeconds(1);
  private static final Duration LONGEST_TIMEOUT = Duration.ofDays(7);
  private static final Set<String> RESERVED = Set.of("main", "global", "errors");

  private final ChatStore chats;
  private final GroupStore groups;
  private final Channels channels;
  private final Clock clock;

  /// The name of the channel that a chat is in.
  @FunctionalInterface
  public interface Channels {

    /// @return empty when no channel knows such an address
    Optional<String> of(ChatJid chat);
  }

  public Registrations(ChatStore chats, GroupStore groups, Channels channels, Clock clock) {
    this.chats = chats;
    this.groups = groups;
    this.channels = channels;
    this.clock = clock;
  }

  /// What is wanted, as it was written.
  ///
  /// @param name empty for the chat's own
  /// @param trigger empty for the assistant's name
  /// @param timeoutMs in milliseconds, from a second to a week; empty for `container.timeout_ms`
  public record Wish(
      String jid,
      String folder,
      Optional<String> name,
      Optional<String> trigger,
      boolean requiresTrigger,
      boolean main,
      Optional<Long> timeoutMs) {}

  /// A wish that cannot be fulfilled; the text says what to change.
  public static final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RefusedException(String message) {
      super(message);
    }
  }

  /// Registers a chat; it takes effect with its next message.
  ///
  /// @throws RefusedException when something about it is not as it must be
  public Group register(Wish wish) {
    return register(wish, _ -> {});
  }

  /// Registers a chat; it takes effect with its next message.
  ///
  /// @param before is done when nothing speaks against it and before anybody can know of it; its
  ///   exception is passed on, and nothing is registered
  /// @throws RefusedException when something about it is not as it must be
  public Group register(Wish wish, Consumer<Group> before) {
    ChatJid jid;
    GroupFolder folder;
    try {
      jid = new ChatJid(wish.jid());
      folder = new GroupFolder(wish.folder());
    } catch (IllegalArgumentException e) {
      throw new RefusedException(String.valueOf(e.getMessage()));
    }
    String channel =
        channels
            .of(jid)
            .orElseThrow(() ->
                new RefusedException(
                    "no channel knows the address '%s'; a group of WhatsApp is like 120363000000000001@g.us, a person like 4915100000001@s.whatsapp.net"
                        .formatted(jid)));
    if (RESERVED.contains(folder.value())) {
      throw new RefusedException(
          "the folder '%s' is NanoClaw's own; choose another".formatted(folder));
    }
    groups
        .byChat(jid)
        .ifPresent(it -> {
          throw new RefusedException(
              "%s is registered already, with the folder %s".formatted(jid, it.folder()));
        });
    groups
        .byFolder(folder)
        .ifPresent(it -> {
          throw new RefusedException("the folder %s belongs to %s".formatted(folder, it.jid()));
        });
    String name = wish.name().or(() -> knownName(channel, jid)).orElse(folder.value());
    Group group =
        new Group(
            jid,
            text("name", name, MAX_NAME),
            folder,
            wish.trigger().map(Registrations::trigger),
            wish.requiresTrigger() && !wish.main(),
            wish.main(),
            wish.timeoutMs().map(Registrations::timeout),
            clock.instant());
    before.accept(group);
    groups.add(group, channel);
    return group;
  }

  /// What is to be different about a group, as it was written; what is empty stays as it is.
  ///
  /// @param requiresTrigger false when every message is to ask for an answer
  /// @param timeoutMs 0 for `container.timeout_ms`
  public record Change(
      String folder,
      Optional<String> name,
      Optional<String> trigger,
      Optional<Boolean> requiresTrigger,
      Optional<Long> timeoutMs) {}

  /// Changes a group; it takes effect with its next message.
  ///
  /// @return the group as it is then
  /// @throws RefusedException when something about it is not as it must be
  public Group change(Change change) {
    Optional<String> name = change.name().map(it -> text("name", it, MAX_NAME));
    Optional<String> trigger = change.trigger().map(Registrations::trigger);
    Optional<Long> timeoutMs = change.timeoutMs();
    Optional<Duration> timeout = timeoutMs.filter(it -> it != 0).map(Registrations::timeout);
    if (name.isEmpty()
        && trigger.isEmpty()
        && change.requiresTrigger().isEmpty()
        && timeoutMs.isEmpty()) {
      throw new RefusedException("nothing to change: the name, the trigger or the timeout?");
    }
    Group group = registered(change.folder());
    if (group.main() && (trigger.isPresent() || change.requiresTrigger().isPresent())) {
      throw new RefusedException(
          "%s is a main group: it answers every message, without a trigger"
              .formatted(group.folder()));
    }
    return groups
        .change(
            group.folder(),
            it ->
                new Group(
                    it.jid(),
                    name.orElse(it.name()),
                    it.folder(),
                    trigger.or(it::trigger),
                    change.requiresTrigger().orElse(trigger.isPresent() || it.requiresTrigger()),
                    it.main(),
                    timeoutMs.isPresent() ? timeout : it.timeout(),
                    it.addedAt()))
        .orElseThrow(() -> unknown(change.folder()));
  }

  /// The group of a folder, as somebody wrote its name.
  ///
  /// @throws RefusedException when there is none
  public Group registered(String folder) {
    try {
      return groups.byFolder(new GroupFolder(folder)).orElseThrow(() -> unknown(folder));
    } catch (IllegalArgumentException _) {
      throw unknown(folder);
    }
  }

  static RefusedException unknown(String folder) {
    return new RefusedException(
        "there is no group with the folder '%s'. See: ./nanoclaw groups list".formatted(folder));
  }

  private Optional<String> knownName(String channel, ChatJid jid) {
    return chats.of(channel).stream()
        .filter(it -> it.jid().equals(jid))
        .map(KnownChat::name)
        .filter(it -> !it.isBlank())
        .findFirst();
  }

  private static String trigger(String written) {
    String bare = written.strip();
    return text("trigger", bare.startsWith("@") ? bare.substring(1) : bare, MAX_TRIGGER);
  }

  private static Duration timeout(long milliseconds) {
    Duration timeout = Duration.ofMillis(milliseconds);
    if (timeout.compareTo(SHORTEST_TIMEOUT) < 0 || timeout.compareTo(LONGEST_TIMEOUT) > 0) {
      throw new RefusedException(
          "a timeout is from %d to %d milliseconds, not %d"
              .formatted(SHORTEST_TIMEOUT.toMillis(), LONGEST_TIMEOUT.toMillis(), milliseconds));
    }
    return timeout;
  }

  private static String text(String what, String written, int most) {
    String text = written.strip();
    if (text.isEmpty() || text.length() > most || text.chars().anyMatch(Character::isISOControl)) {
      throw new RefusedException(
          "a %s is one line of 1 to %d characters, not '%s'".formatted(what, most, text));
    }
    return text;
  }

  /// The chats of a channel without an agent, those with the newest messages first.
  public List<KnownChat> available(String channel) {
    return withoutAgent(chats.of(channel));
  }

  /// The chats of all channels without an agent, those with the newest messages first.
  public List<KnownChat> available() {
    return withoutAgent(chats.all());
  }

  private List<KnownChat> withoutAgent(List<KnownChat> all) {
    Set<ChatJid> registered = Set.copyOf(groups.all().stream().map(Group::jid).toList());
    return all.stream().filter(it -> !registered.contains(it.jid())).toList();
  }
}
