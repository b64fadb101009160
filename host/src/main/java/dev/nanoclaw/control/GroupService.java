package dev.nanoclaw.control;

import dev.nanoclaw.channel.whatsapp.WhatsAppChannel;
import dev.nanoclaw.db.GroupRemoval.Outcome;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.KnownChat;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.jsonrpc.JsonRpc;
import dev.nanoclaw.jsonrpc.JsonRpc.RpcException;
import dev.nanoclaw.queue.GroupQueue;
import dev.nanoclaw.router.Registrations;
import dev.nanoclaw.router.Registrations.Change;
import dev.nanoclaw.router.Registrations.RefusedException;
import dev.nanoclaw.router.Registrations.Wish;
import dev.nanoclaw.router.Removals;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// The chats that have an agent, and those that may get one.
public final class GroupService {

  private static final Logger log = LoggerFactory.getLogger(GroupService.class);

  private final GroupStore groups;
  private final Registrations registrations;
  private final Removals removals;
  private final GroupQueue queue;
  private final Optional<WhatsAppChannel> whatsapp;
  private final String assistant;

  /// @param assistant its name
  public GroupService(
      GroupStore groups,
      Registrations registrations,
      Removals removals,
      GroupQueue queue,
      Optional<WhatsAppChannel> whatsapp,
      String assistant) {
    this.groups = groups;
    this.registrations = registrations;
    this.removals = removals;
    this.queue = queue;
    this.whatsapp = whatsapp;
    this.assistant = assistant;
  }

  /// A chat with an agent.
  ///
  /// @param trigger what messages begin with, `-` for every message
  /// @param left the account is not in that group any more
  public record Registered(
      String folder, String name, String jid, String trigger, boolean main, boolean left) {}

  public record RegisteredGroups(List<Registered> groups) {}

  /// What is gone with a registration.
  ///
  /// @param unanswered messages that waited for an answer
  public record Removed(Registered group, int tasks, int unanswered, int deadLetters) {}

  /// A chat without one.
  public record Available(String jid, String name, boolean group, Optional<String> lastMessage) {}

  public record AvailableChats(List<Available> chats) {}

  /// `groups.list`.
  public Object list(JsonNode params, Connection connection) {
    return new RegisteredGroups(groups.all().stream().map(this::registered).toList());
  }

  private Registered registered(Group group) {
    return new Registered(
        group.folder().value(),
        group.name(),
        group.jid().value(),
        trigger(group),
        group.main(),
        isLeft(group.jid()));
  }

  String trigger(Group group) {
    return group.main() || !group.requiresTrigger() ? "-" : "@" + group.trigger().orElse(assistant);
  }

  boolean isLeft(ChatJid chat) {
    Optional<Set<ChatJid>> there = whatsapp.flatMap(WhatsAppChannel::groups);
    return chat.value().endsWith("@g.us") && there.isPresent() && !there.get().contains(chat);
  }

  /// `groups.available`: groups and people of WhatsApp that were heard of. The list of groups is
  /// asked for anew where that is possible.
  public Object available(JsonNode params, Connection connection) {
    refresh();
    return new AvailableChats(
        registrations.available(WhatsAppChannel.NAME).stream()
            .filter(it -> !isLeft(it.jid()))
            .map(GroupService::available)
            .toList());
  }

  private static Available available(KnownChat chat) {
    return new Available(
        chat.jid().value(), chat.name(), chat.group(), chat.lastMessage().map(Instant::toString));
  }

  private void refresh() {
    if (whatsapp.isEmpty()) {
      return;
    }
    try {
      whatsapp.get().refreshGroups();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      log.info("The groups of WhatsApp cannot be asked for now: {}", e.getMessage());
    }
  }

  /// `groups.register {jid, folder, name?, trigger?, requires_trigger, main, timeout_ms?}`.
  public Object register(JsonNode params, Connection connection) {
    return orRefuse(() -> {
      Group group = registrations.register(JsonRpc.value(params, Wish.class));
      log.info("Registered {} as {}{}", group.jid(), group.folder(), group.main() ? ", main" : "");
      return registered(group);
    });
  }

  /// `groups.set {folder, name?, trigger?, requires_trigger?, timeout_ms?}`.
  public Object set(JsonNode params, Connection connection) {
    return orRefuse(() -> {
      Change change = JsonRpc.value(params, Change.class);
      Group group = registrations.change(change);
      if (change.timeoutMs().isPresent()) {
        queue.finish(Lane.chat(group.folder())); // a container keeps the limit it began with
      }
      log.info("Changed group {} as its owner wants it", group.folder());
      return registered(group);
    });
  }

  /// `groups.remove {folder}`.
  public Object remove(JsonNode params, Connection connection) {
    return orRefuse(() -> {
      Outcome.Removed removed = removals.remove(params.path("folder").asString(""));
      log.info("Removed the registration of {}", removed.group().folder());
      return new Removed(
          registered(removed.group()),
          removed.tasks(),
          removed.unanswered(),
          removed.deadLetters());
    });
  }

  private static Object orRefuse(Supplier<Object> what) {
    try {
      return what.get();
    } catch (RefusedException | JacksonException e) {
      throw new RpcException(JsonRpc.INVALID_PARAMS, String.valueOf(e.getMessage()));
    }
  }
}
