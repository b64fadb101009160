package dev.nanoclaw.control;

import dev.nanoclaw.channel.whatsapp.WhatsAppChannel;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.KnownChat;
import dev.nanoclaw.jsonrpc.JsonRpc;
import dev.nanoclaw.jsonrpc.JsonRpc.RpcException;
import dev.nanoclaw.router.Registrations;
import dev.nanoclaw.router.Registrations.RefusedException;
import dev.nanoclaw.router.Registrations.Wish;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// The chats that have an agent, and those that may get one.
public final class GroupService {

  private static final Logger log = LoggerFactory.getLogger(GroupService.class);

  private final GroupStore groups;
  private final Registrations registrations;
  private final Optional<WhatsAppChannel> whatsapp;

  public GroupService(
      GroupStore groups, Registrations registrations, Optional<WhatsAppChannel> whatsapp) {
    this.groups = groups;
    this.registrations = registrations;
    this.whatsapp = whatsapp;
  }

  /// A chat with an agent.
  ///
  /// @param trigger what messages begin with, `-` for every message
  /// @param left the account is not in that group any more
  public record Registered(
      String folder, String name, String jid, String trigger, boolean main, boolean left) {}

  public record RegisteredGroups(List<Registered> groups) {}

  /// A chat without one.
  public record Available(String jid, String name, boolean group, Optional<String> lastMessage) {}

  public record AvailableChats(List<Available> chats) {}

  /// `groups.list`.
  public Object list(JsonNode params, Connection connection) {
    return new RegisteredGroups(groups.all().stream().map(this::registered).toList());
  }

  private Registered registered(Group group) {
    String trigger =
        group.main() || !group.requiresTrigger()
            ? "-"
            : "@" + group.trigger().orElse("(the assistant's name)");
    return new Registered(
        group.folder().value(),
        group.name(),
        group.jid().value(),
        trigger,
        group.main(),
        isLeft(group.jid()));
  }

  private boolean isLeft(ChatJid chat) {
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

  /// `groups.register {jid, folder, name?, trigger?, requires_trigger, main}`.
  public Object register(JsonNode params, Connection connection) {
    try {
      Wish wish = JsonRpc.value(params, Wish.class);
      Group group = registrations.register(wish);
      log.info("Registered {} as {}{}", group.jid(), group.folder(), group.main() ? ", main" : "");
      return registered(group);
    } catch (RefusedException | JacksonException e) {
      throw new RpcException(JsonRpc.INVALID_PARAMS, String.valueOf(e.getMessage()));
    }
  }
}
