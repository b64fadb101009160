package dev.nanoclaw.killmatrix;

import com.google.errorprone.annotations.Immutable;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/// A step on a message's way through the host, by the method that takes it. The host is killed
/// before (at the beginning of the method) or after it (at its normal end).
///
/// @param type the class
/// @param most the last passage at which it is killed; the first is 1
@Immutable
record Step(String name, String type, String method, Side side, int most) {

  enum Side {
    BEFORE,
    AFTER
  }

  /// The one table. A name in it that matches no method fails the test.
  private static final List<Step> BOTH_SIDES =
      List.of(
          // receive, commit, acknowledge
          step("receive", "channel.whatsapp.WhatsAppChannel$FromBridge", "message", 4),
          step("commit message", "db.MessageStore", "add", 4),
          step("acknowledge to bridge", "channel.whatsapp.Bridge", "reply", 4),
          step("wake group", "queue.GroupQueue", "wake", 4),
          step("carry out command", "router.ChatCommands", "carryOut", 1),
          // claim
          step("begin run", "db.RunStore", "begin", 2),
          step("claim input, in transaction", "db.InputStore", "claim", 3),
          step("claim follow-up", "db.InputStore", "claimNext", 1),
          step("hand over follow-up", "container.AgentContainer", "give", 1),
          // spawn
          step("make files of run", "container.RunFiles", "create", 2),
          step("spawn container", "process.DetachedProcess", "start", 2),
          step("write request", "container.AgentContainer", "write", 2),
          step("take up container", "container.AgentContainers", "adopt", 1),
          // frame
          step("take frame", "db.RunStore", "takeFrame", 3),
          step("acknowledge inputs, in transaction", "db.Inputs", "acknowledge", 3),
          step("fill outbox, in transaction", "db.OutboxStore", "insert", 3),
          step("end run", "db.RunStore", "end", 2),
          step("remove files of run", "container.AgentContainer", "deleteFiles", 2),
          // outbox, send, acknowledge
          step("mark as sending", "db.OutboxStore", "sending", 3),
          step("send", "channel.whatsapp.WhatsAppChannel", "send", 3),
          step("keep own words", "db.MessageStore", "addOwn", 2),
          step("mark as sent", "db.OutboxStore", "sent", 3),
          step("mark as failed", "db.OutboxStore", "failed", 1));

  private static Step step(String name, String type, String method, int most) {
    return new Step(name, "dev.nanoclaw." + type, method, Side.BEFORE, most);
  }

  /// Every step, before and after.
  static List<Step> all() {
    return BOTH_SIDES.stream().flatMap(it -> Stream.of(it, it.at(Side.AFTER))).toList();
  }

  /// The step of that name.
  static Step named(String name, Side side) {
    return BOTH_SIDES.stream()
        .filter(it -> it.name.equals(name))
        .findFirst()
        .orElseThrow()
        .at(side);
  }

  Step at(Side where) {
    return new Step(name, type, method, where, most);
  }

  /// Before the first passage, so that it is certainly reached.
  Step first() {
    return new Step(name, type, method, side, 1);
  }

  String label() {
    return side.name().toLowerCase(Locale.ROOT) + " " + name;
  }
}
