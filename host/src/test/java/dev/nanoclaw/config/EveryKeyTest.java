package dev.nanoclaw.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Each way to get a key wrong, for each key of the table: the message names line, key and what was
/// expected.
class EveryKeyTest {

  private static final Map<String, List<String>> BAD_TEXTS =
      Map.of(
          "assistant.name",
          List.of("\"\"", "\" \"", "\"a\\nb\"", "\"@Andy\"", "\"a \"", "x".repeat(41)),
          "container.image",
          List.of("\"\"", "-rm", "\"a b\"", "\"a;b\"", "\"../a\"", "\"a:\"", "x".repeat(256)),
          "container.memory",
          List.of("199m", "1025g", "2", "2.5g", "2G", "lots", "0g", "-2g", "99999999g"),
          "agent.model",
          List.of("\"\"", "-x", "\"a b\"", "\"a\\n\"", "x".repeat(129)),
          "agent.base_url",
          List.of(
              "api.anthropic.com",
              "http://api.anthropic.com",
              "http://127.0.0.1.evil.example",
              "https://api.anthropic.com/",
              "https://api.anthropic.com/v1",
              "https://api.anthropic.com?a=b",
              "https://me@api.anthropic.com",
              "https://:443",
              "https://a:0",
              "https://a:99999",
              "ftp://localhost",
              "\"\""),
          "paths",
          List.of("\"\"", "\" \"", "~/x", "\"a,b\"", "\"a=b\"", "\"a:b\"", "\"a\\0b\""),
          "timezone",
          List.of("Mars/Olympus", "\"+02:00\"", "GMT+2", "europe/paris", "\"\""));

  private record Line(int number) {}

  static List<Key<?>> keys() {
    return Keys.TABLE.keys();
  }

  @ParameterizedTest
  @MethodSource("keys")
  void aMissingKeyIsReportedAtItsSection(Key<?> key) {
    Line line = line(key);
    String text = replaced(line, "");
    int section = key.section().isEmpty() ? 1 : lineOf(text, KeyTable.name(key.section()) + ":");

    assertThat(problems(text))
        .containsExactly(
            "line %d, %s: missing; expected %s (default: %s)"
                .formatted(section, key.path(), key.kind().expected(), key.preset()));
  }

  @ParameterizedTest
  @MethodSource("keys")
  void aMisspeltKeyIsShownTheRightOne(Key<?> key) {
    Line line = line(key);
    String name = key.name();
    for (String typo : List.of(name.substring(1), name + "s", name.replaceFirst(".$", "zz"))) {
      assertThat(problems(replaced(line, typo + ": " + key.preset())))
          .containsExactly(
              "line %d, %s: unknown key; did you mean %s?"
                  .formatted(line.number(), KeyTable.child(key.section(), typo), key.path()));
    }
  }

  @ParameterizedTest
  @MethodSource("keys")
  void aWrongTypeIsReported(Key<?> key) {
    for (String value : List.of("", "null", "[a, b]", "{a: b}")) {
      assertWrong(key, value);
    }
    wrongTypes(key.kind()).forEach(it -> assertWrong(key, it));
  }

  private static Stream<String> wrongTypes(Kind<?> kind) {
    return switch (kind) {
      case Kind.WholeNumber<?> number ->
          Stream.of(
              "\"" + number.min() + "\"", "true", "many", "1.5", "1e3", "0x10", "1_000", ".inf");
      case Kind.Flag _ -> Stream.of("\"true\"", "yes", "on", "1", "0");
      case Kind.Choice<?> _ -> Stream.of("1", "true", "other", "\"\"");
      case Kind.Text<?> _ -> Stream.of("7", "1.5", "true", "0x1f");
    };
  }

  @ParameterizedTest
  @MethodSource("keys")
  void aValueOutOfRangeIsReported(Key<?> key) {
    switch (key.kind()) {
      case Kind.WholeNumber<?>(long min, long max, _, _) -> {
        assertWrong(key, String.valueOf(min - 1));
        assertWrong(key, String.valueOf(max + 1));
        assertWrong(key, "9".repeat(40));
        assertThat(problems(replaced(line(key), key.name() + ": " + min))).isEmpty();
        assertThat(problems(replaced(line(key), key.name() + ": " + max))).isEmpty();
      }
      case Kind.Text<?> kind -> {
        boolean path = kind.equals(Texts.PATH) || kind.equals(Texts.AUTO_OR_PATH);
        String texts = path ? "paths" : key.path();
        assertThat(BAD_TEXTS).containsKey(texts);
        BAD_TEXTS.getOrDefault(texts, List.of()).forEach(it -> assertWrong(key, it));
      }
      case Kind.Flag _, Kind.Choice<?> _ -> {}
    }
  }

  private static void assertWrong(Key<?> key, String value) {
    Line line = line(key);
    String begin =
        "line %d, %s: expected %s, but found "
            .formatted(line.number(), key.path(), key.kind().expected());
    assertThat(problems(replaced(line, key.name() + ": " + value)))
        .as("%s: %s", key.path(), value)
        .singleElement()
        .asString()
        .startsWith(begin);
  }

  private static List<String> problems(String text) {
    return Checker.check(Keys.TABLE, text, false).problems().stream()
        .map(Problem::toString)
        .toList();
  }

  /// Every key has a line of its own in the template, and its section stands above it.
  private static Line line(Key<?> key) {
    List<String> lines = SettingsFile.template().lines().toList();
    int section =
        key.section().isEmpty()
            ? 0
            : lineOf(SettingsFile.template(), KeyTable.name(key.section()) + ":");
    for (int i = section; i < lines.size(); i++) {
      if (lines.get(i).strip().startsWith(key.name() + ": ")) {
        return new Line(i + 1);
      }
    }
    throw new AssertionError(key.path() + " is not in the template");
  }

  private static int lineOf(String text, String stripped) {
    return text.lines().map(String::strip).toList().indexOf(stripped) + 1;
  }

  /// The template with another text in the place of a line, indented as it was.
  private static String replaced(Line line, String replacement) {
    List<String> lines = new ArrayList<>(SettingsFile.template().lines().toList());
    String old = lines.get(line.number() - 1);
    lines.set(line.number() - 1, " ".repeat(old.indexOf(old.strip())) + replacement);
    return String.join("\n", lines) + "\n";
  }
}
