package dev.nanoclaw.channel.whatsapp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class WhatsAppFormatTest {

  private static Arguments row(String markdown, String whatsApp) {
    return Arguments.of(markdown, whatsApp);
  }

  /// A `°` stands for the hair space.
  static Stream<Arguments> examples() {
    return Stream.of(
        row("Plain text.", "Plain text."),
        row("**bold**", "*bold*"),
        row("__bold__", "*bold*"),
        row("*italic* and _italic_", "_italic_ and _italic_"),
        row("***both***", "_*both*_"),
        row("**a _b_ c**", "*a _b_ c*"),
        row("~~gone~~", "~gone~"),
        row("`a*b*c` and **b**", "`a*b*c` and *b*"),
        row("``a`b``", "a`b"),
        row("**use `ls -l`** now", "*use `ls -l`* now"),
        row("**two\nlines**", "*two*\n*lines*"),
        row("**two _and\nmore_ lines**", "*two _and_*\n*_more_ lines*"),
        row("# Title", "*Title*"),
        row("## **Bold** title", "*Bold title*"),
        row("### *Soft* `code`", "*_Soft_ `code`*"),
        row("Title\n=====\ntext", "*Title*\ntext"),
        row("# A\n\n## B\n\ntext", "*A*\n\n*B*\n\ntext"),
        row("- a\n- b", "- a\n- b"),
        row("* a\n* b", "- a\n- b"),
        row("+ a\n  + b\n    + c", "- a\n  - b\n    - c"),
        row("3. c\n4. d", "3. c\n4. d"),
        row("1) c\n2) d", "1. c\n2. d"),
        row("1. a\n   - b\n\n2. c", "1. a\n   - b\n\n2. c"),
        row("- a\n\n  more\n- b", "- a\n\n  more\n- b"),
        row("-\n- b", "- \n- b"),
        row("- [ ] milk\n- [x] bread", "☐ milk\n☑ bread"),
        row("1. [X] first", "1. ☑ first"),
        row("> quote\n> more", "> quote\n> more"),
        row("> a\n> > b", "> a\n> > b"),
        row("> - a\n> - b", "> - a\n> - b"),
        row("- > a\n  > b", "- > a\n  > b"),
        row("```java\nint a = b * c;\n```", "```\nint a = b * c;\n```"),
        row("~~~\n  x\n\n y\n~~~", "```\n  x\n\n y\n```"),
        row("Run:\n```sh\nls\n```\nDone.", "Run:\n```\nls\n```\nDone."),
        row("a\n\n    x = 1\n\nb", "a\n\n```\nx = 1\n```\n\nb"),
        row("1. Run\n   ```\n   ls\n   ```\n2. Look", "1. Run\n```\nls\n```\n2. Look"),
        row("````md\n```sh\nls\n```\n````", "```\n`\u200B``sh\nls\n`\u200B``\n```"),
        row("```\n```", ""),
        row("[text](https://a.de/x_y_z)", "text (https://a.de/x_y_z)"),
        row("[https://a.de](https://a.de)", "https://a.de"),
        row("<https://a.de/_b_>", "https://a.de/_b_"),
        row("<me@a.de>", "me@a.de"),
        row("[**b**](https://a.de)", "*b* (https://a.de)"),
        row("**[b](https://a.de)**", "*b (https://a.de)*"),
        row("[t][1]\n\n[1]: https://a.de", "t (https://a.de)"),
        row("[](https://a.de)", "https://a.de"),
        row("[t]()", "t"),
        row("![A cat](https://a.de/cat.png)", "A cat (https://a.de/cat.png)"),
        row("![](https://a.de/cat.png)", "https://a.de/cat.png"),
        row("a\n\n---\n\nb", "a\n\n———\n\nb"),
        row("| A | B |\n|---|:-:|\n| 1 | **2** |\n| 3 | |", "*A | B*\n1 | *2*\n3 | –"),
        row("| **A** | B |\n|---|---|\n| `x` | a \\| b |", "*A | B*\n`x` | a | b"),
        row("a <b>b</b> &lt; &amp; &euro; &#x41;", "a <b>b</b> < & € A"),
        row("<div>\n*a\n</div>", "<div>\n*a\n</div>"),
        row("hard  \nbreak\\\nagain\nsoft", "hard\nbreak\nagain\nsoft"),
        row("\\# no \\[x\\] \\\\", "# no [x] \\"),
        row("2*3*4 = 24, 5 * 6 * 7", "2*3*4 = 24, 5 * 6 * 7"),
        row("snake_case_name _ ~/path and ~/b", "snake_case_name _ ~/path and ~/b"),
        row("about ~5 km, ~10 min", "about ~5 km, ~10 min"),
        row("\\*not bold\\*", "*°not bold*"),
        row("~not gone~", "~°not gone~"),
        row("\\`no code\\`", "`°no code`"),
        row("\\> no quote", "°> no quote"),
        row("**a\\* b**", "*a°* b*"),
        row("price 5€* and 6€*", "price 5€* and 6€*"),
        row("see https://a.de/x_(y)_z_ now", "see https://a.de/x_(y)_z_ now"),
        row("**Haupt**bahnhof", "Hauptbahnhof"),
        row("a*b*c, 2**3**4", "a*b*c, 2**3**4"),
        row("# 2**3**4 **x**", "*2**3**4 x*"),
        row("Das ist **wichtig**: „**ja**“!", "Das ist *wichtig*: „*ja*“!"),
        row("**Größe:** 5 m²", "*Größe:* 5 m²"),
        row("🎉 **Done** 👩‍👩‍👧‍👦!", "🎉 *Done* 👩‍👩‍👧‍👦!"),
        row("这是**重点**内容", "这是°*重点*°内容"),
        row("**서울**은 크다", "*서울*°은 크다"),
        row("مرحبا **بك** هنا", "مرحبا *بك* هنا"),
        row("- **Name**: Anna\n- **Age**: 5", "- *Name*: Anna\n- *Age*: 5"),
        row(
            "## Plan\n1. **Buy** milk\n   - 2 l\n2. Call [Bob](tel:+49)\n\n> Note",
            "*Plan*\n1. *Buy* milk\n   - 2 l\n2. Call Bob (tel:+49)\n\n> Note"));
  }

  @ParameterizedTest
  @MethodSource("examples")
  void writesTheFormattingOfWhatsApp(String markdown, String whatsApp) {
    String text = String.join("|||", WhatsAppFormat.parts(markdown, ""));
    assertThat(text.replace('\u200A', '°')).isEqualTo(whatsApp);
  }

  @Test
  void saysNothingWhereNothingIsSaid() {
    for (String nothing : List.of("", " \n\t\n ", "```\n\n```", "[a]: https://a.de", "&nbsp;")) {
      assertThat(WhatsAppFormat.parts(nothing, "Andy: ")).isEmpty();
    }
  }

  @Test
  void beginsWithThePrefixAndKeepsLinesThatMustBeginOne() {
    assertThat(WhatsAppFormat.parts("**Hi**", "Andy: ")).containsExactly("Andy: *Hi*");
    assertThat(WhatsAppFormat.parts("- a", "Andy: ")).containsExactly("Andy: \n- a");
    assertThat(WhatsAppFormat.parts("> a", "Andy: ")).containsExactly("Andy: \n> a");
    assertThat(WhatsAppFormat.parts("    a", "Andy: ")).containsExactly("Andy: \n```\na\n```");
  }

  /// Nesting, openings without an end, and the two ways in which a short text becomes a long one.
  static Stream<Arguments> floods() {
    return Stream.of(
            ">",
            "> ",
            "[",
            "*",
            "_",
            "**a ",
            "![",
            "`",
            "```\n",
            "- ",
            "1. ",
            "<",
            "<!--",
            "a\n",
            "&",
            "\\",
            "|",
            "~~",
            "](",
            "[a](",
            "a**b ",
            "*a_",
            "\n",
            "[a]: b\n",
            "| a\n|-\n",
            "a ",
            "😀",
            "https://",
            "中",
            "<a ",
            "[![",
            "- a\n  ",
            "x\n\n",
            "\u0301")
        .map(Arguments::of);
  }

  @ParameterizedTest
  @MethodSource("floods")
  void readsAnyFloodInLinearTime(String drop) {
    for (int size : List.of(100_000 * drop.length(), WhatsAppFormat.LONGEST_MARKDOWN, 10_000_000)) {
      String flood = drop.repeat(size / drop.length());
      List<String> parts =
          assertTimeoutPreemptively(
              Duration.ofSeconds(20), () -> WhatsAppFormat.parts(flood, "Andy: "));
      assertThat(parts).allMatch(it -> it.length() <= WhatsAppFormat.LONGEST_PART);
    }
  }

  @Test
  void splitsWhatWouldFillTheMemoryAsItIs() {
    String wideTable = "|a".repeat(2_000) + "\n" + "|-".repeat(2_000) + "\n" + "|b\n".repeat(2_000);
    String links = "[a]: https://" + "x".repeat(50_000) + "\n\n" + "[a] ".repeat(10_000);
    String quotes = "> ".repeat(30) + "a" + "\na".repeat(90_000);
    for (String source : List.of(wideTable, links, quotes)) {
      List<String> parts =
          assertTimeoutPreemptively(Duration.ofSeconds(5), () -> WhatsAppFormat.parts(source, ""));
      assertThat(parts).hasSizeLessThan(source.length() / 300);
      assertThat(String.join("", parts).replaceAll("\\s", ""))
          .isEqualTo(source.replaceAll("\\s", ""));
    }
  }
}
