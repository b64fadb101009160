package dev.nanoclaw.db;

import static dev.nanoclaw.testing.Samples.NOW;
import static dev.nanoclaw.testing.Samples.message;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.ChatMessage;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.IncomingMessage;
import dev.nanoclaw.testing.Samples;
import dev.nanoclaw.testing.Sql;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MessageStoreTest {

  private static final Group FAMILY = Samples.group("family");
  private static final Group WORK = Samples.group("work");

  @TempDir private Path dir;
  private Database database;
  private MessageStore messages;

  @BeforeEach
  void open() {
    database = Database.open(dir);
    messages = new MessageStore(database);
    GroupStore groups = new GroupStore(database);
    groups.add(FAMILY, "whatsapp");
    groups.add(WORK, "whatsapp");
  }

  @AfterEach
  void close() {
    database.close();
  }

  private static List<String> ids(List<ChatMessage> messages) {
    return messages.stream().map(ChatMessage::id).toList();
  }

  @Test
  void aMessageIsStoredAsItCame() {
    ChatMessage stored =
        messages
            .add(
                new IncomingMessage(
                    "m1",
                    FAMILY.jid(),
                    "whatsapp",
                    true,
                    "s",
                    "José",
                    "😀\n\u2028 '; DROP",
                    NOW,
                    true,
                    true,
                    Optional.of("q")),
                true)
            .orElseThrow();
    assertThat(messages.find(FAMILY.jid(), "m1")).contains(stored);
    assertThat(stored)
        .isEqualTo(
            new ChatMessage(
                1,
                "m1",
                FAMILY.jid(),
                "José",
                "😀\n\u2028 '; DROP",
                NOW,
                false,
                true,
                Optional.of("q")));
  }

  @Test
  void theSameIdCountsOnceInAChatAndAgainInAnother() {
    assertThat(messages.add(message(FAMILY, "m1", "first"), false)).isPresent();
    assertThat(messages.add(message(FAMILY, "m1", "second"), true)).isEmpty();
    assertThat(messages.add(message(WORK, "m1", "third"), false)).isPresent();
    assertThat(messages.addOwn(FAMILY.jid(), "m1", "Andy", "fourth", NOW)).isEmpty();
    assertThat(messages.find(FAMILY.jid(), "m1"))
        .hasValueSatisfying(it -> assertThat(it.text()).isEqualTo("first"));
    assertThat(messages.find(FAMILY.jid(), "m2")).isEmpty();
  }

  @Test
  void theOrderIsThatOfArrivalWhateverTheirClocksSay() {
    messages.add(message(FAMILY.jid(), "new", "a", NOW), true);
    messages.add(message(FAMILY.jid(), "late", "b", NOW.minus(Duration.ofDays(400))), true);
    messages.add(message(FAMILY.jid(), "same", "c", NOW), true);
    messages.addOwn(FAMILY.jid(), "own", "Andy", "d", NOW);

    assertThat(ids(messages.last(FAMILY.jid(), 10))).containsExactly("new", "late", "same", "own");
    assertThat(ids(messages.last(FAMILY.jid(), 2))).containsExactly("same", "own");
    assertThat(ids(messages.after(FAMILY.jid(), 2))).containsExactly("same", "own");
    assertThat(messages.after(WORK.jid(), 0)).isEmpty();
    assertThat(Sql.rows(dir.resolve("messages.db"), "SELECT last_message_time FROM chats"))
        .as("a late message is not the last")
        .containsExactlyInAnyOrder("2026-03-01T12:00:00.000Z", "null");
  }

  @Test
  void aPromptHasWhatIsAddressedAndTheNewestOfTheRestButNothingOfTheAssistant() {
    for (int i = 1; i <= 10; i++) {
      messages.add(message(FAMILY, "m" + i, "text"), i == 2 || i == 9);
      messages.add(message(WORK, "w" + i, "text"), true);
      messages.addOwn(FAMILY.jid(), "own" + i, "Andy", "text", NOW);
    }
    assertThat(ids(messages.fromPeople(FAMILY.jid(), 1, 1000, 3)))
        .containsExactly("m2", "m7", "m8", "m9", "m10");
    assertThat(messages.countFromPeople(FAMILY.jid(), 1, 1000)).isEqualTo(10);
    long third = messages.find(FAMILY.jid(), "m3").orElseThrow().seq();
    long eighth = messages.find(FAMILY.jid(), "m8").orElseThrow().seq();
    assertThat(ids(messages.fromPeople(FAMILY.jid(), third, eighth, 100)))
        .containsExactly("m3", "m4", "m5", "m6", "m7", "m8");
    assertThat(messages.countFromPeople(FAMILY.jid(), third, eighth)).isEqualTo(6);
  }

  @Test
  void ofAnUnknownChatOnlyItsExistenceIsKept() {
    ChatJid stranger = new ChatJid("stranger@s.whatsapp.net");
    ChatStore chats = new ChatStore(database);
    chats.seen(message(stranger, "m1", "private", NOW));
    chats.seen(message(stranger, "m2", "private", NOW));
    assertThatThrownBy(() -> messages.add(message(new ChatJid("x@y"), "m", "text", NOW), true))
        .isInstanceOf(DatabaseException.class);
    assertThat(
            Sql.rows(
                dir.resolve("messages.db"),
                "SELECT channel, (SELECT count(*) FROM messages) FROM chats WHERE jid LIKE 'str%'"))
        .containsExactly("whatsapp|0");
  }
}
