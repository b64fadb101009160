package dev.nanoclaw.cli;

import dev.nanoclaw.control.DeadLetterService;
import dev.nanoclaw.control.DeadLetterService.Changed;
import dev.nanoclaw.control.DeadLetterService.Letter;
import dev.nanoclaw.control.DeadLetterService.Letters;
import dev.nanoclaw.db.Database;
import dev.nanoclaw.db.DeadLetterStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "deadletters",
    description = "What was given up: messages without an answer, answers that were refused.",
    mixinStandardHelpOptions = true)
final class DeadLettersCommand implements Runnable {

  private static final int WIDEST_REASON = 50;
  private static final int WIDEST_TEXT = 60;

  @Spec private CommandSpec spec = CommandSpec.create();

  /// Some of them, or all.
  static final class Which {

    @Parameters(
        arity = "1..*",
        paramLabel = "ID",
        description = "As `list` shows it, such as in-12 or out-34.")
    private List<String> ids = List.of();

    @Option(names = "--all", description = "All that there are.")
    private boolean all;

    Map<String, Object> params() {
      return all ? Map.of("all", true) : Map.of("ids", ids);
    }
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Which command: list, retry or drop?");
  }

  @Command(
      name = "list",
      description = "Shows them, also when no host runs.",
      mixinStandardHelpOptions = true)
  int list(
      @Mixin HomeOption home,
      @Option(names = "--json", description = "For programs.") boolean json) {
    Letters all =
        Question.ask(home, "deadletters.list", Map.of(), Letters.class).orElseGet(() -> read(home));
    if (json) {
      return Question.printJson(all);
    }
    if (all.letters().isEmpty()) {
      System.out.println("There are no dead letters.");
    } else {
      System.out.print(table(all.letters()));
    }
    return 0;
  }

  private static Table table(List<Letter> letters) {
    Table table = new Table("ID", "WHEN", "GROUP", "", "REASON", "TEXT");
    for (Letter it : letters) {
      table.row(
          it.id(),
          it.when(),
          it.group().orElse(it.chat()),
          it.kind(),
          Table.cut(it.reason(), WIDEST_REASON),
          Table.cut(it.text(), WIDEST_TEXT));
    }
    return table;
  }

  @Command(
      name = "retry",
      description = "Answers, or sends, what was given up after all.",
      mixinStandardHelpOptions = true)
  int retry(@Mixin HomeOption home, @ArgGroup(multiplicity = "1") Which which) {
    return report("will be tried again", change(home, "deadletters.retry", which));
  }

  @Command(
      name = "drop",
      description = "Takes them off the list for good.",
      mixinStandardHelpOptions = true)
  int drop(@Mixin HomeOption home, @ArgGroup(multiplicity = "1") Which which) {
    return report("dropped", change(home, "deadletters.drop", which));
  }

  private static Changed change(HomeOption home, String method, Which which) {
    return Question.require(home, method, which.params(), Changed.class);
  }

  private static int report(String what, Changed changed) {
    System.out.println(
        changed.ids().isEmpty()
            ? "There are no dead letters."
            : String.join(", ", changed.ids()) + ": " + what + ".");
    return 0;
  }

  private static Letters read(HomeOption home) {
    Optional<Database> found = Database.openToRead(home.settings().paths().storeDir());
    if (found.isEmpty()) {
      return new Letters(List.of());
    }
    try (Database database = found.get()) {
      return DeadLetterService.read(new DeadLetterStore(database));
    }
  }
}
