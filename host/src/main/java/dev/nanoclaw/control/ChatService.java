package dev.nanoclaw.control;

import dev.nanoclaw.channel.local.LocalChannel;
import dev.nanoclaw.channel.local.LocalChannel.BadMessageException;
import dev.nanoclaw.channel.local.LocalChannel.Event;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.db.InputStore;
import dev.nanoclaw.db.MessageStore;
import dev.nanoclaw.db.OutboxStore;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.ChatMessage;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.jsonrpc.JsonRpc;
import dev.nanoclaw.jsonrpc.JsonRpc.RpcException;
import dev.nanoclaw.router.Troubles;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/// The local chat for terminals: its history, what is said from now on, and saying something.
public final class ChatService {

  private static final int HISTORY = 20;
  private static final long LOOK_MS = 25;

  /// Trouble may be over already and only not known to be: three seconds tell.
  private static final int LOOKS_BEFORE_TROUBLE_COUNTS = 120;

  private final LocalChannel channel;
  private final MessageStore messages;
  private final GroupStore groups;
  private final InputStore inputs;
  private final OutboxStore outbox;
  private final Troubles troubles;

  public ChatService(
      LocalChannel channel,
      MessageStore messages,
      GroupStore groups,
      InputStore inputs,
      OutboxStore outbox,
      Troubles troubles) {
    this.channel = channel;
    this.messages = messages;
    this.groups = groups;
    this.inputs = inputs;
    this.outbox = outbox;
    this.troubles = troubles;
  }

  /// A message as terminals see it.
  ///
  /// @param from who said it, by name
  public record Line(
      long seq, String id, String from, String text, String time, boolean assistant) {
    static Line of(ChatMessage message) {
      return new Line(
          message.seq(),
          message.id(),
          message.senderName(),
          message.text(),
          message.timestamp().toString(),
          message.fromAssistant());
    }
  }

  /// What a terminal gets when it attaches.
  public record Attached(List<Line> history, boolean typing) {}

  /// What became of a message: `answered`, or still `waiting`, and why if something is in the way.
  public record Waited(String state, Optional<String> reason) {}

  /// `chat.attach {after_seq?}`: the history since then or the last few messages; from now on the
  /// connection hears `chat.message` and `chat.typing`, perhaps of a message that the history holds
  /// too.
  public Object attach(JsonNode params, Connection connection) {
    Optional<Long> after = number(params, "after_seq");
    if (after.isEmpty() && params.has("after_seq")) {
      throw new RpcException(JsonRpc.INVALID_PARAMS, "after_seq must be a message's number");
    }
    connection.onClose(channel.subscribe(event -> forward(event, connection)));
    List<ChatMessage> history =
        after
            .map(it -> messages.after(ChatJid.LOCAL, it))
            .orElseGet(() -> messages.last(ChatJid.LOCAL, HISTORY));
    return new Attached(history.stream().map(Line::of).toList(), channel.isTyping());
  }

  private static Optional<Long> number(JsonNode params, String name) {
    JsonNode value = params.path(name);
    return value.isIntegralNumber() && value.canConvertToLong()
        ? Optional.of(value.longValue())
        : Optional.empty();
  }

  private static void forward(Event event, Connection connection) {
    switch (event) {
      case Event.Said(ChatMessage message) -> connection.tell("chat.message", Line.of(message));
      case Event.Typing(boolean on) -> connection.tell("chat.typing", Map.of("on", on));
    }
  }

  /// `chat.send {id, text}`: returns when the message is stored. The same id again changes nothing.
  public Object send(JsonNode params, Connection connection) {
    String id = params.path("id").isString() ? params.path("id").stringValue() : "";
    if (id.isBlank() || id.length() > 100) {
      throw new RpcException(
          JsonRpc.INVALID_PARAMS, "a message needs an id of 1 to 100 characters");
    }
    if (!params.path("text").isString()) {
      throw new RpcException(JsonRpc.INVALID_PARAMS, "a message needs a text");
    }
    try {
      channel.post(id, params.path("text").stringValue());
    } catch (BadMessageException e) {
      throw new RpcException(JsonRpc.INVALID_PARAMS, String.valueOf(e.getMessage()));
    }
    long seq =
        messages
            .find(ChatJid.LOCAL, id)
            .map(ChatMessage::seq)
            .orElseThrow(
                () -> new RpcException(JsonRpc.INTERNAL_ERROR, "the local chat is not registered"));
    return Map.of("seq", seq);
  }

  /// `chat.wait {seq}`: returns when everything up to that message is answered and the answers are
  /// in the history, or when something is in the way of it.
  public Object await(JsonNode params, Connection connection) {
    long seq =
        number(params, "seq")
            .orElseThrow(
                () -> new RpcException(JsonRpc.INVALID_PARAMS, "seq must be a message's number"));
    Group group =
        groups
            .byChat(ChatJid.LOCAL)
            .orElseThrow(
                () -> new RpcException(JsonRpc.INTERNAL_ERROR, "the local chat is not registered"));
    CountDownLatch never = new CountDownLatch(1);
    for (int looks = 0; connection.isOpen(); looks++) {
      // in this order: what settles a message puts its answer into the outbox in the same
      // transaction
      boolean settled = inputs.settled(group, seq);
      boolean allSaid = !outbox.hasUnsent(ChatJid.LOCAL);
      if (settled && allSaid) {
        return new Waited("answered", Optional.empty());
      }
      Optional<String> trouble = troubles.of(group.folder());
      if (trouble.isPresent() && allSaid && looks > LOOKS_BEFORE_TROUBLE_COUNTS) {
        return new Waited("waiting", trouble);
      }
      try {
        var _ = never.await(LOOK_MS, TimeUnit.MILLISECONDS);
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    return new Waited("waiting", Optional.empty());
  }
}
