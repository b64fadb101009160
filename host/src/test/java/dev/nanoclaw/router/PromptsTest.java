package dev.nanoclaw.router;

import static dev.nanoclaw.testing.Samples.NOW;
import static dev.nanoclaw.testing.Samples.message;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.config.Settings;
import dev.nanoclaw.db.Database;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.db.InputStore;
import dev.nanoclaw.db.MessageStore;
import dev.nanoclaw.db.RunStore;
import dev.nanoclaw.db.RunStore.Effect;
import dev.nanoclaw.db.RunStore.Notice;
import dev.nanoclaw.db.RunStore.Session;
import dev.nanoclaw.domain.AgentInput;
import dev.nanoclaw.domain.AgentInput.Content;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.testing.Samples;
import java.net.URI;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PromptsTest {

  private static final Group FAMILY = Samples.group("family");
  private static final Pattern TEXT = Pattern.compile("\">([^<]*)</message>|\\[.*omitted]");

  @TempDir private Path dir;
  private Database database;
  private MessageStore messages;

  @BeforeEach
  void open() {
    database = Database.open(dir);
    new GroupStore(database).add(FAMILY, "whatsapp");
    messages = new MessageStore(database);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private void say(String text, boolean addressed) {
    var _ = messages.add(message(FAMILY, text, text), addressed);
  }

  /// The texts of the prompt, and the line of what is left out.
  private List<String> prompt(int count, int bytes, long from, long to) {
    Prompts prompts =
        new Prompts(
            messages,
            new RunStore(database, (_, it) -> List.of(it), Samples.TASK_RULES),
            new PromptFormat("Andy", ZoneOffset.UTC),
            new Settings.Agent("default", URI.create("http://localhost"), 5, count, bytes));
    String text =
        prompts.text(
            FAMILY,
            new AgentInput(1, FAMILY.folder(), new Content.Messages(from, to), 0, Samples.NOW),
            Samples.run(FAMILY, "r1"));
    return TEXT.matcher(text)
        .results()
        .map(MatchResult::group)
        .map(it -> it.replaceAll("\">(.*)</message>", "$1"))
        .toList();
  }

  @Test
  void theWindowDropsTheOldestFirstButNothingThatIsAddressed() {
    say("a", false);
    say("ASK", true);
    say("b", false);
    say("c", false);
    say("d", false);
    say("AGAIN", true);
    assertThat(prompt(50, 1000, 1, 6)).containsExactly("a", "ASK", "b", "c", "d", "AGAIN");
    assertThat(prompt(4, 1000, 1, 6))
        .containsExactly("[2 earlier messages omitted]", "ASK", "c", "d", "AGAIN");
    assertThat(prompt(1, 1000, 1, 6))
        .containsExactly("[4 earlier messages omitted]", "ASK", "AGAIN");
    assertThat(prompt(50, 1000, 3, 6)).containsExactly("b", "c", "d", "AGAIN");
    assertThat(prompt(50, 10, 1, 6))
        .as("8 bytes are addressed, 2 are left for the newest")
        .containsExactly("[2 earlier messages omitted]", "ASK", "c", "d", "AGAIN");
    assertThat(prompt(50, 1, 1, 6)).containsExactly("[4 earlier messages omitted]", "ASK", "AGAIN");
  }

  @Test
  void bytesAreCountedAsUtf8() {
    say("ééé", false);
    say("ASK", true);
    assertThat(prompt(50, 9, 1, 2)).containsExactly("ééé", "ASK");
    assertThat(prompt(50, 8, 1, 2)).containsExactly("[1 earlier messages omitted]", "ASK");
  }

  @Test
  void aLongHistoryIsNotLoadedAsAWhole() {
    for (int i = 0; i < 30; i++) {
      say("m" + i, false);
    }
    say("ASK", true);
    assertThat(prompt(3, 1000, 1, 31))
        .containsExactly("[28 earlier messages omitted]", "m28", "m29", "ASK");
  }

  @Test
  void whatAnEarlierRunSaidAtTheSameInputStandsBeforeIt() {
    say("hello", true);
    RunStore runs = new RunStore(database, (_, it) -> List.of(it), Samples.TASK_RULES);
    AgentRun first = Samples.run(FAMILY, "r1");
    var limits = new InputStore.Limits(10, 1000);
    assertThat(runs.begin(first, FAMILY, limits, NOW)).isInstanceOf(InputStore.Next.Claimed.class);
    AgentInput input = runs.inside(first).getFirst();
    runs.takeFrame(first, FAMILY, saying("said <b>"), NOW);
    runs.tell(FAMILY, new Notice("n", "of the host"), NOW);
    Prompts prompts =
        new Prompts(
            messages,
            runs,
            new PromptFormat("Andy", ZoneOffset.UTC),
            new Settings.Agent("default", URI.create("http://localhost"), 5, 10, 1000));

    assertThat(prompts.text(FAMILY, input, Samples.run(FAMILY, "r1"))).startsWith("<messages");
    assertThat(prompts.text(FAMILY, input, Samples.run(FAMILY, "r2")))
        .contains("<sent>said &lt;b&gt;</sent>\n</already-sent>\n<messages")
        .doesNotContain("of the host");
    AgentInput later =
        new AgentInput(
            input.id(), FAMILY.folder(), new Content.Messages(1, 1), 0, NOW.plusSeconds(1));
    assertThat(prompts.text(FAMILY, later, Samples.run(FAMILY, "r2"))).startsWith("<messages");
  }

  private static Effect saying(String answer) {
    return new Effect(
        5,
        Optional.of(answer),
        new Session.Keep(),
        List.of(),
        Map.of(),
        "",
        Optional.empty(),
        true);
  }
}
