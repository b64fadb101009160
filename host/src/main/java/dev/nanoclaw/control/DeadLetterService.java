package dev.nanoclaw.control;

import dev.nanoclaw.db.DeadLetterStore;
import dev.nanoclaw.db.DeadLetterStore.Change;
import dev.nanoclaw.db.DeadLetterStore.Which;
import dev.nanoclaw.domain.DeadLetter;
import dev.nanoclaw.domain.DeadLetter.Kind;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.jsonrpc.JsonRpc;
import dev.nanoclaw.jsonrpc.JsonRpc.RpcException;
import dev.nanoclaw.queue.GroupQueue;
import dev.nanoclaw.router.Outbox;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/// What was given up: a list, another try, an end.
public final class DeadLetterService {

  private static final Logger log = LoggerFactory.getLogger(DeadLetterService.class);
  private static final int LONGEST_TEXT = 120;
  private static final int LONGEST_REASON = 300;

  private final DeadLetterStore store;
  private final GroupQueue queue;
  private final Outbox outbox;
  private final Clock clock;

  public DeadLetterService(DeadLetterStore store, GroupQueue queue, Outbox outbox, Clock clock) {
    this.store = store;
    this.queue = queue;
    this.outbox = outbox;
    this.clock = clock;
  }

  /// A letter, each of its texts on one line.
  ///
  /// @param kind `unanswered` or `unsent`
  public record Letter(
      String id,
      String when,
      String kind,
      Optional<String> group,
      String chat,
      String reason,
      String text) {

    static Letter of(DeadLetter letter) {
      return new Letter(
          letter.id().toString(),
          letter.when().truncatedTo(ChronoUnit.SECONDS).toString(),
          letter.id().kind() == Kind.IN ? "unanswered" : "unsent",
          letter.group().map(GroupFolder::value),
          letter.chat().value(),
          PlainText.oneLine(letter.reason(), LONGEST_REASON),
          PlainText.oneLine(letter.text(), LONGEST_TEXT));
    }
  }

  public record Letters(List<Letter> letters) {}

  /// The letters of which something became.
  public record Changed(List<String> ids) {}

  /// `deadletters.list`.
  public Object list(JsonNode params, Connection connection) {
    return read(store);
  }

  /// What `deadletters.list` answers, also where no daemon runs.
  public static Letters read(DeadLetterStore store) {
    return new Letters(store.all().stream().map(Letter::of).toList());
  }

  /// `deadletters.retry {ids: […]} or {all: true}`.
  public Object retry(JsonNode params, Connection connection) {
    List<DeadLetter> letters = done(store.retry(which(params), clock.instant()));
    letters.stream()
        .filter(it -> it.id().kind() == Kind.IN)
        .flatMap(it -> it.group().stream())
        .distinct()
        .map(Lane::chat)
        .forEach(queue::wake);
    outbox.wake();
    return changed("Trying again", letters);
  }

  /// `deadletters.drop {ids: […]} or {all: true}`.
  public Object drop(JsonNode params, Connection connection) {
    return changed("Dropped", done(store.drop(which(params))));
  }

  private static Changed changed(String what, List<DeadLetter> letters) {
    List<String> ids = letters.stream().map(it -> it.id().toString()).toList();
    log.info("{} as the owner wants it: dead letters {}", what, ids);
    return new Changed(ids);
  }

  private static Which which(JsonNode params) {
    if (params.path("all").asBoolean(false)) {
      return new Which.All();
    }
    Set<DeadLetter.Id> ids = new TreeSet<>();
    try {
      params.path("ids").forEach(it -> ids.add(DeadLetter.Id.of(it.asString(""))));
    } catch (IllegalArgumentException e) {
      throw new RpcException(JsonRpc.INVALID_PARAMS, String.valueOf(e.getMessage()));
    }
    if (ids.isEmpty()) {
      throw new RpcException(JsonRpc.INVALID_PARAMS, "which dead letters: ids, or all?");
    }
    return new Which.These(ids);
  }

  private static List<DeadLetter> done(Change change) {
    return switch (change) {
      case Change.Done(List<DeadLetter> letters) -> letters;
      case Change.Unknown(Set<DeadLetter.Id> ids) ->
          throw new RpcException(
              JsonRpc.INVALID_PARAMS,
              "there is no dead letter %s; nothing was changed. See: ./nanoclaw deadletters list"
                  .formatted(
                      ids.stream().map(DeadLetter.Id::toString).collect(Collectors.joining(", "))));
    };
  }
}
