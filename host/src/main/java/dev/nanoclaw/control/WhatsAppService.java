package dev.nanoclaw.control;

import dev.nanoclaw.channel.whatsapp.LinkEvent;
import dev.nanoclaw.channel.whatsapp.LinkException;
import dev.nanoclaw.channel.whatsapp.WhatsAppChannel;
import dev.nanoclaw.channel.whatsapp.WhatsAppLink;
import dev.nanoclaw.jsonrpc.JsonRpc;
import dev.nanoclaw.jsonrpc.JsonRpc.RpcException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// Pairing, unpairing, and how the link to WhatsApp stands.
public final class WhatsAppService {

  private final Optional<WhatsAppLink> link;

  /// @param channel empty while WhatsApp is not switched on
  public WhatsAppService(Optional<WhatsAppChannel> channel) {
    this.link = channel.map(WhatsAppChannel::link);
  }

  /// The answer to `whatsapp.status`.
  ///
  /// @param phase as in `LinkState`, or `off`
  /// @param words one sentence
  public record WhatsAppStatus(String phase, String words, Optional<String> jid) {}

  /// `whatsapp.status`.
  public Object status(JsonNode params, Connection connection) {
    return link.map(WhatsAppLink::state)
        .map(it ->
            new WhatsAppStatus(it.phase().name().toLowerCase(Locale.ROOT), it.inWords(), it.jid()))
        .orElseGet(() ->
            new WhatsAppStatus(
                "off",
                "WhatsApp is switched off (channels.whatsapp.enabled in config.yml)",
                Optional.empty()));
  }

  /// `whatsapp.pair`: from now on the connection hears `whatsapp.qr`, `whatsapp.paired`,
  /// `whatsapp.connected`, `whatsapp.disconnected` and `whatsapp.stopped`.
  public Object pair(JsonNode params, Connection connection) {
    WhatsAppLink there = link();
    connection.onClose(there.watch(it -> tell(connection, it)));
    return ask(() -> {
      there.connect();
      return status(params, connection);
    });
  }

  /// `whatsapp.pair_phone {phone}`: the code to type into that phone; after `whatsapp.pair`.
  public Object pairPhone(JsonNode params, Connection connection) {
    String phone = params.path("phone").asString("");
    return ask(() -> Map.of("code", link().pairPhone(phone)));
  }

  /// `whatsapp.logout`.
  public Object logout(JsonNode params, Connection connection) {
    return ask(() -> {
      link().logout();
      return Map.of();
    });
  }

  private WhatsAppLink link() {
    return link.orElseThrow(() ->
        new RpcException(
            JsonRpc.INVALID_REQUEST,
            "WhatsApp is switched off: set channels.whatsapp.enabled in config.yml and start"
                + " again"));
  }

  private static void tell(Connection connection, LinkEvent event) {
    switch (event) {
      case LinkEvent.Qr it ->
          connection.tell(
              "whatsapp.qr", Map.of("code", it.code(), "expires_in", it.expiresIn().toMillis()));
      case LinkEvent.Paired it -> connection.tell("whatsapp.paired", it);
      case LinkEvent.Connected it -> connection.tell("whatsapp.connected", it);
      case LinkEvent.Disconnected it -> connection.tell("whatsapp.disconnected", it);
      case LinkEvent.Stopped it -> connection.tell("whatsapp.stopped", it);
    }
  }

  @FunctionalInterface
  private interface Question {
    Object ask() throws InterruptedException;
  }

  private static Object ask(Question question) {
    try {
      return question.ask();
    } catch (LinkException e) {
      throw new RpcException(JsonRpc.INTERNAL_ERROR, String.valueOf(e.getMessage()));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new RpcException(JsonRpc.INTERNAL_ERROR, "the host stops");
    }
  }
}
