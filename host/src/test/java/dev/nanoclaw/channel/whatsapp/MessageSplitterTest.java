package dev.nanoclaw.channel.whatsapp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MessageSplitterTest {

  private static final int LONGEST = WhatsAppFormat.LONGEST_PART;

  private static List<String> split(String markdown) {
    return WhatsAppFormat.parts(markdown, "");
  }

  @Test
  void splitsAtTheLatestParagraphElseLineElseSentenceElseWord() {
    String half = "a".repeat(LONGEST / 2);
    String most = "b".repeat(LONGEST - 100);
    assertThat(split(half + "\n" + "c\n\n" + "d\n" + half))
        .containsExactly(half + "\nc", "d\n" + half);
    assertThat(split(half + "\nx. y\n" + half)).containsExactly(half + "\nx. y", half);
    assertThat(split(most + ". One two. Three" + " four".repeat(30)))
        .first()
        .isEqualTo(most + ". One two.");
    assertThat(split(most + " one two " + "x".repeat(100)).getFirst()).isEqualTo(most + " one two");
  }

  @Test
  void keepsCharactersWhole() {
    String family = "👩‍👩‍👧‍👦";
    assertThat(split("a" + family.repeat(1_000)))
        .allMatch(it -> it.replaceFirst("^a", "").length() % family.length() == 0);
    assertThat(split("a" + "😀".repeat(5_000))).allMatch(it -> !endsInHalf(it));
    String accents = "e" + "\u0301".repeat(LONGEST + 10);
    assertThat(split(accents)).hasSize(2).first().extracting(String::length).isEqualTo(LONGEST);
  }

  private static boolean endsInHalf(String text) {
    return Character.isHighSurrogate(text.charAt(text.length() - 1));
  }

  @Test
  void doesNotSplitInsideFormattingThatFitsBeforeOrBehind() {
    String start = "word ".repeat(790);
    assertThat(split(start + "**bold words " + "in a row ".repeat(20) + "end**"))
        .last()
        .asString()
        .startsWith("*bold words")
        .endsWith("end*");
    assertThat(split("字".repeat(LONGEST - 5) + " **" + "字".repeat(20) + "**"))
        .containsExactly("字".repeat(LONGEST - 5), "*" + "字".repeat(20) + "*");
    assertThat(split("字".repeat(LONGEST - 5) + "**" + "字".repeat(20) + "**").getLast())
        .contains("*" + "字".repeat(20) + "*");
  }

  @Test
  void movesACodeBlockThatFitsIntoItsOwnMessage() {
    String text = "word ".repeat(600).strip();
    String code = "code\n\n".repeat(400) + "end";
    assertThat(split(text + "\n```\n" + code + "\n```\nafter"))
        .containsExactly(text, "```\n" + code + "\n```\nafter");
  }

  @Test
  void splitsACodeBlockThatIsTooLongAtLinesAndClosesAndReopensIt() {
    String code = "0123456789\n".repeat(1_000).strip();
    List<String> parts = split("before\n```\n" + code + "\n```\nafter");
    assertThat(parts).startsWith("before").endsWith("after").hasSize(5);
    List<String> inside =
        parts.subList(1, 4).stream().map(it -> it.substring(4, it.length() - 4)).toList();
    assertThat(parts.subList(1, 4)).allMatch(it -> it.startsWith("```\n") && it.endsWith("\n```"));
    assertThat(String.join("\n", inside)).isEqualTo(code);
  }

  @Test
  void countsThePrefix() {
    for (int length = LONGEST - 20; length < LONGEST + 20; length++) {
      assertThat(WhatsAppFormat.parts("x".repeat(length), "Andy: "))
          .allMatch(it -> it.length() <= LONGEST);
    }
  }
}
