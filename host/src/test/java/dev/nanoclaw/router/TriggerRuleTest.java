package dev.nanoclaw.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.IncomingMessage;
import dev.nanoclaw.testing.Samples;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TriggerRuleTest {

  private static Group group(Optional<String> trigger, boolean requires, boolean main) {
    return new Group(
        new ChatJid("1@g.us"),
        "G",
        new GroupFolder("g"),
        trigger,
        requires,
        main,
        Optional.empty(),
        Samples.NOW);
  }

  private static boolean triggers(Group group, String text, boolean mentionsMe) {
    return new TriggerRule("Andy")
        .triggers(
            group,
            new IncomingMessage(
                "1",
                group.jid(),
                "whatsapp",
                true,
                "s",
                "S",
                text,
                Samples.NOW,
                false,
                mentionsMe,
                Optional.empty()));
  }

  private static boolean triggers(String name, String text) {
    return triggers(group(Optional.of(name), true, false), text, false);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "Andy, @Andy",
        "Andy, @andy hi",
        "Andy, \"@ANDY, hi\"",
        "Andy, @Andy's turn",
        "Andy, @Andy\u2019s turn",
        "Andy, @Andy`x`",
        "Andy, \"\u00a0\n  @Andy: hi\"",
        "@Andy, @Andy hi",
        "Andy, \uff20Andy hi",
        "Andy, @\uff21ndy hi",
        "Andy, \u200e@\u2068Andy\u2069 hi",
        "José, @JOSÉ!",
        "José, @Jose\u0301 hola",
        "Jose\u0301, @josé",
        "Анди, @анди привет",
        "小明, @小明 你好",
        "小明, @小明你好",
        "小明, @小明。你好",
        "Straße, @STRASSE 5",
        "STRASSE, @straße",
        "Ανδρέας, @ΑΝΔΡΈΑΣ's",
        "İlker, @ilker",
        "ﬁne, @FINE",
        "🦊, @🦊 hi",
        "❤, @❤\ufe0f hi",
        "R2-D2, @r2-d2 beep",
        "Anna Maria, @anna maria hi",
        "a.c, @a.c",
      })
  void theNameAtTheStartCalls(String name, String text) {
    assertThat(triggers(name, text)).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "Andy, Andy",
        "Andy, @Andyman hi",
        "Andy, @Andy_2",
        "Andy, @Andy2",
        "Andy, hi @Andy",
        "Andy, @ Andy",
        "Andy, @And",
        "Andy, \"\"",
        "Andy, @",
        "Andy, @Andy\u0301 hi",
        "Andy, @Andy\u20dd hi",
        "Jose, @José hola",
        "José, @Jose hola",
        "Анди, @Андимир",
        "小明, @小 明",
        "小明, @小明\u0301",
        "👩, @👩\u200d💻 hi",
        "👩, @👩🏽 hi",
        "नम, @नमस्ते",
        "a.c, @abc",
        "\"\", @ hi",
        "\" \", @ hi",
      })
  void anythingElseDoesNot(String name, String text) {
    assertThat(triggers(name, text)).isFalse();
  }

  @Test
  void aGroupsOwnTriggerTakesThePlaceOfTheAssistantsName() {
    Group plain = group(Optional.empty(), true, false);
    Group own = group(Optional.of("Bot"), true, false);
    assertThat(triggers(plain, "@Andy hi", false)).isTrue();
    assertThat(triggers(own, "@Andy hi", false)).isFalse();
    assertThat(triggers(own, "@Bot hi", false)).isTrue();
  }

  @Test
  void mainGroupsAndThoseWithoutATriggerAnswerEverythingAndAMentionCallsAnywhere() {
    assertThat(triggers(group(Optional.empty(), true, true), "hi", false)).isTrue();
    assertThat(triggers(group(Optional.empty(), false, false), "hi", false)).isTrue();
    assertThat(triggers(group(Optional.empty(), true, false), "hi @1234", true)).isTrue();
    assertThat(triggers(group(Optional.empty(), true, false), "hi", false)).isFalse();
  }
}
