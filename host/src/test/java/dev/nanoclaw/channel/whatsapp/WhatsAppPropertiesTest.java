package dev.nanoclaw.channel.whatsapp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What holds for every answer, tried on documents made up from seeds.
class WhatsAppPropertiesTest {

  private static final int LONGEST = WhatsAppFormat.LONGEST_PART;
  private static final Pattern FENCED =
      Pattern.compile("^```\\n(.*?)\\n```$", Pattern.DOTALL | Pattern.MULTILINE);

  static IntStream seeds() {
    return IntStream.range(0, 300);
  }

  /// Markdown, and the words and the code in it.
  private static final class Document {

    private static final List<String> WORDS =
        List.of(
            "one",
            "snake_case",
            "Größe",
            "5€",
            "字典",
            "한국",
            "مرحبا",
            "שלום",
            "👩‍👩‍👧‍👦",
            "é",
            "x²",
            "2*3*4",
            "~/path",
            "don't",
            "U.S.",
            "&",
            "C++",
            "a|b");

    private final Random random;
    private final StringBuilder markdown = new StringBuilder();
    private final List<String> words = new ArrayList<>();
    private final List<String> codes = new ArrayList<>();
    private int count;

    Document(int seed) {
      random = new Random(seed);
      int blocks = 1 + random.nextInt(40);
      for (int i = 0; i < blocks; i++) {
        block();
      }
    }

    private void block() {
      switch (random.nextInt(8)) {
        case 0 -> markdown.append("#".repeat(1 + random.nextInt(6))).append(' ').append(line(4));
        case 1 -> lines("- ");
        case 2 -> lines("1. ");
        case 3 -> lines("> ");
        case 4 -> code();
        case 5 -> table();
        default -> markdown.append(line(1 + random.nextInt(random.nextInt(8) == 0 ? 900 : 60)));
      }
      markdown.append("\n\n");
    }

    private void lines(String marker) {
      int lines = 1 + random.nextInt(6);
      for (int i = 0; i < lines; i++) {
        markdown.append(marker).append(line(12)).append('\n');
      }
    }

    private void code() {
      int lines = 1 + random.nextInt(random.nextInt(6) == 0 ? 500 : 10);
      String code =
          IntStream.range(0, lines)
              .mapToObj(it -> "  ".repeat(random.nextInt(3)) + "*a_ = `b` ** " + count++ + ";")
              .collect(Collectors.joining(random.nextInt(5) == 0 ? "\n\n" : "\n"));
      codes.add(code);
      words.add(code);
      markdown.append("```java\n").append(code).append("\n```");
    }

    private void table() {
      markdown.append("| ").append(word()).append(" | ").append(word()).append(" |\n|---|---|\n");
      for (int i = random.nextInt(5); i >= 0; i--) {
        markdown.append("| ").append(word()).append(" | ").append(word()).append(" |\n");
      }
    }

    private String line(int length) {
      return IntStream.range(0, length).mapToObj(_ -> inline()).collect(Collectors.joining(" "));
    }

    private String inline() {
      return switch (random.nextInt(12)) {
        case 0 -> "**" + starless() + " " + starless() + "**";
        case 1 -> "*" + starless() + " " + starless() + "*";
        case 2 -> "~~" + word() + "~~";
        case 3 -> "`" + word() + "`";
        case 4 -> "[" + word() + "](https://a.de/x)";
        case 5 -> "\\*" + word() + "\\*";
        case 6 -> "***" + starless() + "***";
        default -> word();
      };
    }

    /// Within stars, `2*3*4` has no one meaning.
    private String starless() {
      String word = word().replace("*", "x");
      words.set(words.size() - 1, word);
      return word;
    }

    private String word() {
      String word = "w" + count++ + WORDS.get(random.nextInt(WORDS.size())).replace("|", "/") + "e";
      words.add(word);
      return word;
    }

    List<String> parts() {
      return WhatsAppFormat.parts(markdown.toString(), "Andy: ");
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void noWordIsLost(int seed) {
    var document = new Document(seed);
    String said = plain(String.join("", document.parts()));
    int at = 0;
    for (String word : document.words) {
      int found = said.indexOf(plain(word), at);
      assertThat(found).as("%s after %s", word, at).isNotNegative();
      at = found + plain(word).length();
    }
  }

  /// Also without the fences that splitting adds.
  private static String plain(String text) {
    return text.replace("```", "").replaceAll("[\\s\u200A]", "");
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void codeStaysAsItIs(int seed) {
    var document = new Document(seed);
    List<String> code =
        document.parts().stream()
            .flatMap(part -> FENCED.matcher(part).results().map(it -> it.group(1)))
            .toList();
    List<String> whole = document.codes.stream().filter(it -> it.length() < LONGEST - 8).toList();
    assertThat(code).containsAll(whole);
    assertThat(String.join("\n", code)).isEqualTo(String.join("\n", document.codes));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void everyPartCanBeSentAndRead(int seed) {
    List<String> parts = new Document(seed).parts();
    assertThat(parts)
        .allSatisfy(it -> {
          assertThat(it.length()).isBetween(1, LONGEST);
          assertThat(it).isNotBlank().doesNotStartWith("\n").doesNotEndWith("\n");
          assertThat(it.lines().filter("```"::equals).count() % 2).isZero();
          assertThat(it.split("```", -1).length % 2).isOne();
        });
    assertThat(parts.getFirst()).startsWith("Andy: ");
    assertThat(parts.subList(1, parts.size())).noneMatch(it -> it.contains("Andy: "));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void plainTextStaysAsItIs(int seed) {
    var random = new Random(seed);
    String text =
        IntStream.range(0, 1 + random.nextInt(900))
            .mapToObj(it -> "w" + it + List.of(",", ".", "字", "_x", "😀").get(random.nextInt(5)))
            .map(it -> it + List.of(" ", " ", " ", "\n", "\n\n").get(random.nextInt(5)))
            .collect(Collectors.joining())
            .strip();
    List<String> once = WhatsAppFormat.parts(text.replaceAll(" +\n", "\n"), "");
    assertThat(once).allMatch(it -> WhatsAppFormat.parts(it, "").equals(List.of(it)));
    if (once.size() == 1) {
      assertThat(once.getFirst()).isEqualTo(text.replaceAll(" +\n", "\n"));
    }
  }
}
