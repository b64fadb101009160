package dev.nanoclaw.channel.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nanoclaw.channel.Channel.SendResult;
import dev.nanoclaw.channel.local.LocalChannel.BadMessageException;
import dev.nanoclaw.channel.local.LocalChannel.Event;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.ChatMessage;
import dev.nanoclaw.domain.IncomingMessage;
import dev.nanoclaw.domain.OutgoingMessage;
import dev.nanoclaw.testing.ManualClock;
import dev.nanoclaw.testing.Samples;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LocalChannelTest {

  private final List<IncomingMessage> received = new ArrayList<>();
  private final Set<String> known = new HashSet<>();
  private final List<Event> heard = new ArrayList<>();
  private final LocalChannel channel =
      new LocalChannel(
          it -> {
            received.add(it);
            return stored(it.id(), it.text());
          },
          it -> stored(it.messageId(), it.text()),
          new ManualClock());

  private Optional<ChatMessage> stored(String id, String text) {
    return known.add(id)
        ? Optional.of(
            new ChatMessage(
                known.size(),
                id,
                ChatJid.LOCAL,
                "x",
                text,
                Samples.NOW,
                false,
                true,
                Optional.empty()))
        : Optional.empty();
  }

  private String cleaned(String text) {
    received.clear();
    channel.post("id" + known.size(), text);
    return received.getFirst().text();
  }

  @Test
  void whatCouldHarmATerminalOrTheDatabaseIsTakenOut() {
    assertThat(cleaned("a\r\nb\tc\rd")).isEqualTo("a\nb\tcd");
    assertThat(cleaned("a\u0000b\u001b[31mc\u0007\u007f\u009bd")).isEqualTo("ab[31mcd");
    assertThat(cleaned("a\ud800b\udc00c😀")).isEqualTo("a\ufffdb\ufffdc😀");
    assertThat(cleaned("José 小明 \u200d \u2028")).isEqualTo("José 小明 \u200d \u2028");
  }

  @Test
  void anEmptyOrTooLongMessageIsRefusedWithAWordForThePerson() {
    for (String it : List.of("", "  \n\t", "\u0000\u0001", "\u2003")) {
      assertThatThrownBy(() -> channel.post("1", it))
          .isInstanceOf(BadMessageException.class)
          .hasMessage("the message is empty");
    }
    assertThatThrownBy(() -> channel.post("1", "x".repeat(1_000_000)))
        .isInstanceOf(BadMessageException.class)
        .hasMessageStartingWith("the message has 1,000,000 characters, 65,536 are the most");
    assertThat(received).isEmpty();
    assertThat(cleaned("x".repeat(65_536))).hasSize(65_536);
  }

  @Test
  void subscribersHearEachMessageOnceUntilTheyLeave() {
    Runnable leave = channel.subscribe(heard::add);
    channel.post("1", "hi");
    channel.post("1", "hi");
    OutgoingMessage answer =
        new OutgoingMessage(1, ChatJid.LOCAL, "hello", "2", Optional.empty(), 0, Optional.empty());
    assertThat(channel.send(answer)).isEqualTo(new SendResult.Sent());
    assertThat(channel.send(answer)).isEqualTo(new SendResult.Sent());
    channel.typing(ChatJid.LOCAL, true);
    assertThat(channel.isTyping()).isTrue();
    assertThat(heard)
        .extracting(it -> it instanceof Event.Said(ChatMessage said) ? said.text() : it.toString())
        .containsExactly("hi", "hello", "Typing[on=true]");
    leave.run();
    channel.post("3", "later");
    assertThat(heard).hasSize(3);
    assertThat(channel.owns(ChatJid.LOCAL)).isTrue();
    assertThat(channel.owns(new ChatJid("1@g.us"))).isFalse();
  }
}
