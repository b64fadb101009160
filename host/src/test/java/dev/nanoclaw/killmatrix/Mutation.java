package dev.nanoclaw.killmatrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.killmatrix.Step.Side;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/// A way to break the host: a piece of its source that becomes another, and what the judge must say
/// then.
enum Mutation {
  /// A message is acknowledged to WhatsApp before it is committed.
  ACKNOWLEDGED_BEFORE_COMMIT(
      "app/WhatsAppHost.java",
      "var _ = inbox.received(message);",
      "Thread.ofPlatform().start(() -> inbox.received(message));",
      Step.named("commit message", Side.BEFORE),
      Violation.Kind.MESSAGE_LOST),

  /// The position in the output is committed before what the frame changes.
  POSITION_OUTSIDE_TRANSACTION(
      "db/RunStore.java",
      "if (taken == 1) {",
      "if (taken == 1) { sql.execute(\"COMMIT\"); sql.execute(\"BEGIN IMMEDIATE\");",
      Step.named("fill outbox, in transaction", Side.BEFORE),
      Violation.Kind.ANSWER_LOST),

  /// Each try to send has an id of its own.
  ID_CHOSEN_AT_SEND(
      "db/OutboxStore.java",
      "row.get(OUTBOX.MESSAGE_ID),",
      "Ids.message(),",
      Step.named("send", Side.AFTER),
      Violation.Kind.SENT_UNDER_TWO_IDS),

  /// An input is done when it is given to a run.
  DONE_AT_CLAIM(
      "db/RunStore.java",
      "if (!(next instanceof InputStore.Next.Claimed)) {",
      """
      if (next instanceof InputStore.Next.Claimed it) {
        Inputs.acknowledge(sql, run.runId(), List.of(it.input().id()));
      }
      if (!(next instanceof InputStore.Next.Claimed)) {
      """,
      Step.named("begin run", Side.AFTER),
      Violation.Kind.DONE_WITHOUT_FRAME),

  /// What is inside a container when it ends is done.
  DONE_AT_END_OF_RUN(
      "db/RunStore.java",
      "comeBack(sql, run, group, fates, error, now);",
      "Inputs.acknowledge(sql, run.runId(), List.copyOf(fates.keySet()));",
      Step.named("end run", Side.AFTER),
      Violation.Kind.DONE_WITHOUT_FRAME),

  /// A message counts as sent before it is.
  SENT_BEFORE_SENDING(
      "router/Outbox.java",
      "store.sending(message);",
      "store.sent(message, clock.instant());",
      Step.named("send", Side.BEFORE),
      Violation.Kind.ANSWER_LOST),

  /// A run that an earlier host left is not taken up.
  NOT_ADOPTED(
      "router/AgentTurn.java",
      "Optional<AgentRun> old = stores.runs().open(lane);",
      "Optional<AgentRun> old = Optional.empty();",
      Step.named("take frame", Side.BEFORE),
      Violation.Kind.TWO_CONTAINERS),

  /// A container that is gone counts as one that never began, whatever it has said.
  WHATEVER_IS_GONE_NEVER_BEGAN(
      "container/AgentContainers.java",
      "!DetachedProcess.wasBegun(files.directory()) && isSurelyGone(engine, run)",
      "isSurelyGone(engine, run)",
      Step.named("take frame", Side.BEFORE),
      Violation.Kind.ANSWER_LOST),

  /// That a container got lost counts as a failure of its agent.
  LOST_COUNTS_AS_FAILED(
      "router/EndEffects.java",
      "case LOST -> Optional.empty();",
      "case LOST -> Optional.of(\"the container got lost\");",
      Step.named("spawn container", Side.BEFORE),
      Violation.Kind.GIVEN_UP_EARLY),

  /// What an earlier host claimed for a container, and no more, stays where it is.
  NOT_HANDED_OVER(
      "router/LiveRun.java",
      "if (!container.wasGiven(input.key())) {",
      "if (limits.reason().isPresent()) {",
      Step.named("hand over follow-up", Side.BEFORE),
      Violation.Kind.PROMPT);

  private static final Path SOURCES = Path.of("src/main/java/dev/nanoclaw");

  private final String file;
  private final String text;
  private final String replacement;
  private final Step step;
  private final Violation.Kind expected;

  Mutation(String file, String text, String replacement, Step step, Violation.Kind expected) {
    this.file = file;
    this.text = text;
    this.replacement = replacement;
    this.step = step.first();
    this.expected = expected;
  }

  Step step() {
    return step;
  }

  Violation.Kind expected() {
    return expected;
  }

  /// Compiles the broken class.
  ///
  /// @param dir an empty directory
  /// @return the directory with its classes
  Path compile(Path dir) throws IOException {
    String source = Files.readString(SOURCES.resolve(file));
    assertThat(source.split(Pattern.quote(text), -1))
        .as("%s must contain exactly once: %s", file, text)
        .hasSize(2);
    Path broken = dir.resolve("src").resolve(file);
    Files.createDirectories(Objects.requireNonNull(broken.getParent()));
    Files.writeString(broken, source.replace(text, replacement));
    Path classes = Files.createDirectories(dir.resolve("classes"));
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    var problems = new DiagnosticCollector<JavaFileObject>();
    List<String> options =
        new ArrayList<>(Arrays.asList("-proc:none", "-nowarn", "-d", classes.toString()));
    options.addAll(List.of("-cp", System.getProperty("java.class.path")));
    try (StandardJavaFileManager files =
        compiler.getStandardFileManager(problems, Locale.ROOT, null)) {
      boolean compiled =
          compiler
              .getTask(null, files, problems, options, null, files.getJavaFileObjects(broken))
              .call();
      assertThat(compiled).as("%s: %s", this, problems.getDiagnostics()).isTrue();
    }
    return classes;
  }
}
