package dev.nanoclaw.killmatrix;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;
import static java.util.stream.Collectors.toSet;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import dev.nanoclaw.killmatrix.Journal.Chat;
import dev.nanoclaw.killmatrix.Journal.Copy;
import dev.nanoclaw.killmatrix.Journal.Frame;
import dev.nanoclaw.killmatrix.Journal.Prompt;
import dev.nanoclaw.killmatrix.Journal.Said;
import dev.nanoclaw.killmatrix.Stored.Input;
import dev.nanoclaw.killmatrix.Stored.Message;
import dev.nanoclaw.killmatrix.Stored.Row;
import dev.nanoclaw.killmatrix.Violation.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// Compares what the world saw with what the host stored, when nothing happens any more.
final class Judge {

  private static final Pattern PART = Pattern.compile("\\bf(\\d+)p(\\d+)\\b");

  private final Journal journal;
  private final Stored stored;
  private final List<Violation> found = new ArrayList<>();
  private final Map<String, List<Frame>> takenByInput;

  private Judge(Journal journal, Stored stored) {
    this.journal = journal;
    this.stored = stored;
    this.takenByInput =
        journal.frames().stream()
            .filter(this::isTaken)
            .flatMap(it -> it.acked().stream().map(input -> Map.entry(input, it)))
            .collect(groupingBy(Map.Entry::getKey, mapping(Map.Entry::getValue, toList())));
  }

  static List<Violation> judge(Journal journal, Stored stored) {
    Judge judge = new Judge(journal, stored);
    judge.found.addAll(journal.violations());
    judge.messages();
    judge.inputs();
    judge.prompts();
    judge.answers();
    judge.order();
    judge.open();
    return judge.found;
  }

  @FormatMethod
  private void violation(Kind kind, @FormatString String what, Object... arguments) {
    found.add(new Violation(kind, what.formatted(arguments)));
  }

  private boolean isTaken(Frame frame) {
    return stored.outputRead(frame.run()) >= frame.end();
  }

  private void messages() {
    Map<Chat, Long> last = new HashMap<>();
    for (Said said : journal.said()) {
      Optional<Message> message = stored.message(said.chat().jid(), said.id());
      if (message.isEmpty()) {
        violation(
            Kind.MESSAGE_LOST,
            "m%d, %s",
            said.number(),
            journal.acknowledged().contains(said.number()) ? "acknowledged" : "never taken");
        continue;
      }
      long seq = message.get().seq();
      Long before = last.put(said.chat(), seq);
      if (before != null && before > seq) {
        violation(Kind.STORED_OUT_OF_ORDER, "m%d", said.number());
      }
      switch (said.kind()) {
        case QUESTION, POISON -> question(said, seq);
        case COMMAND -> command(said, seq);
        case ASIDE -> {}
      }
    }
  }

  private void question(Said said, long seq) {
    List<Input> inputs = stored.inputs(said.chat().folder(), seq);
    if (inputs.size() != 1) {
      violation(
          inputs.isEmpty() ? Kind.UNANSWERED : Kind.ANSWERED_TWICE,
          "m%d is in %d inputs",
          said.number(),
          inputs.size());
      return;
    }
    Input input = inputs.getFirst();
    switch (input.state()) {
      case "acked" -> {
        boolean read =
            journal.prompts().stream()
                .anyMatch(it ->
                    it.run().equals(input.run())
                        && it.input().equals(input.key())
                        && it.messages().contains(said.number()));
        if (!read) {
          violation(Kind.PROMPT, "m%d is done, but was not in its prompt", said.number());
        }
      }
      case "dead" -> {} // see inputs()
      default -> violation(Kind.UNANSWERED, "m%d is %s", said.number(), input.state());
    }
  }

  private void command(Said said, long seq) {
    if (stored.outbox().stream().noneMatch(it -> it.sourceId().equals("command:" + seq))) {
      violation(Kind.COMMAND_LOST, "m%d %s", said.number(), said.text());
    }
  }

  private void inputs() {
    for (Input input : stored.inputs()) {
      List<Frame> frames = takenByInput.getOrDefault(input.key(), List.of());
      boolean done = input.state().equals("acked");
      if (done && frames.stream().noneMatch(it -> it.run().equals(input.run()))) {
        violation(Kind.DONE_WITHOUT_FRAME, "input %s of run %s", input.key(), input.run());
      }
      if (frames.size() > 1) {
        violation(Kind.ANSWERED_TWICE, "input %s by %s", input.key(), frames);
      }
      if (input.state().equals("dead") && failures(input) <= House.RETRIES) {
        violation(Kind.GIVEN_UP_EARLY, "%s after %d failures", input, failures(input));
      }
    }
    for (String dead : stored.deadLetters()) {
      if (stored.outbox().stream().noneMatch(it -> it.sourceId().equals("dead:" + dead))) {
        violation(Kind.DEAD_LETTER_UNTOLD, "input %s", dead);
      }
    }
  }

  /// How often agents failed on it, or crashed with it inside; not what killed hosts did to it.
  private long failures(Input input) {
    return journal.frames().stream()
            .filter(it -> it.failed().stream().anyMatch(stored.keys(input)::contains))
            .count()
        + stored.claims(input).stream().filter(journal.crashed()::contains).count();
  }

  /// Every message at least once; the first times in the order in which they were said.
  private void prompts() {
    Map<String, List<Prompt>> byFolder =
        journal.prompts().stream().collect(groupingBy(Prompt::folder));
    byFolder.forEach((folder, prompts) -> {
      Set<Integer> first = new LinkedHashSet<>();
      prompts.forEach(it -> first.addAll(it.messages()));
      inOrder(Kind.PROMPT, folder, List.copyOf(first), Comparator.<Integer>naturalOrder());
      for (Prompt prompt : prompts) {
        inOrder(Kind.PROMPT, folder, prompt.messages(), Comparator.<Integer>naturalOrder());
      }
    });
    Set<Integer> read = new LinkedHashSet<>();
    journal.prompts().forEach(it -> read.addAll(it.messages()));
    journal.said().stream()
        .filter(it -> it.kind() != Journal.Kind.COMMAND && !read.contains(it.number()))
        .forEach(it -> violation(Kind.PROMPT, "m%d was in no prompt", it.number()));
  }

  private <T> void inOrder(Kind kind, String where, List<T> items, Comparator<T> order) {
    for (int i = 1; i < items.size(); i++) {
      if (order.compare(items.get(i - 1), items.get(i)) >= 0) {
        violation(kind, "%s: %s before %s", where, items.get(i - 1), items.get(i));
      }
    }
  }

  private void answers() {
    for (Frame frame : journal.frames()) {
      boolean taken = isTaken(frame);
      if (!taken) {
        violation(Kind.ANSWER_LOST, "%s was not taken", frame);
      }
      for (int i = 0; i < frame.parts(); i++) {
        String part = "f%dp%d.".formatted(frame.number(), i);
        Set<String> rows =
            stored.outbox().stream()
                .filter(it -> it.text().contains(part))
                .map(Row::messageId)
                .collect(toSet());
        Set<String> ids =
            journal.copies().stream()
                .filter(it -> it.text().contains(part))
                .map(Copy::messageId)
                .collect(toSet());
        if (taken && rows.isEmpty()) {
          violation(Kind.ANSWER_LOST, "%s was taken without its words", part);
        }
        if (rows.size() > 1 || ids.size() > 1) {
          violation(Kind.SENT_UNDER_TWO_IDS, "%s: %s, sent as %s", part, rows, ids);
        }
      }
    }
    Set<String> delivered =
        journal.copies().stream().filter(Copy::delivered).map(Copy::messageId).collect(toSet());
    for (Row row : stored.outbox()) {
      boolean whatsApp = row.chat().endsWith("@g.us");
      if (whatsApp && !row.isOpen() && !delivered.contains(row.messageId())) {
        violation(
            Kind.ANSWER_LOST,
            "%s is %s and was not seen: %s",
            row.messageId(),
            row.state(),
            row.text());
      }
    }
    if (journal.copies().stream().anyMatch(it -> it.text().contains("forged"))) {
      violation(Kind.FORGED, "a frame with a wrong nonce was sent");
    }
  }

  private record Part(int frame, int part) {}

  private void order() {
    Map<String, List<Copy>> byChat =
        journal.copies().stream().filter(Copy::delivered).collect(groupingBy(Copy::chat));
    byChat.forEach((chat, copies) -> {
      Set<Part> first = new LinkedHashSet<>();
      for (Copy copy : copies) {
        PART.matcher(copy.text())
            .results()
            .map(it -> new Part(Integer.parseInt(it.group(1)), Integer.parseInt(it.group(2))))
            .forEach(first::add);
      }
      inOrder(
          Kind.SENT_OUT_OF_ORDER,
          chat,
          List.copyOf(first),
          Comparator.comparingInt(Part::frame).thenComparingInt(Part::part));
    });
  }

  private void open() {
    stored.open().forEach(it -> violation(Kind.LEFT_OPEN, "%s", it));
  }
}
