package dev.nanoclaw.db;

import static dev.nanoclaw.testing.Samples.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.db.RunStore.Notice;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.domain.IncomingMessage;
import dev.nanoclaw.domain.KnownChat;
import dev.nanoclaw.testing.Samples;
import dev.nanoclaw.testing.Sql;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChatStoreTest {

  private static final ChatJid LID = new ChatJid("910000101@lid");
  private static final ChatJid PHONE = new ChatJid("4915100000101@s.whatsapp.net");

  @TempDir Path dir;
  private Database database;
  private ChatStore chats;
  private GroupStore groups;
  private MessageStore messages;

  @BeforeEach
  void open() {
    database = Database.open(dir);
    chats = new ChatStore(database);
    groups = new GroupStore(database);
    messages = new MessageStore(database);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private List<String> rows(String query) {
    return Sql.rows(dir.resolve("messages.db"), query);
  }

  private static Group group(ChatJid jid, String folder) {
    return new Group(
        jid,
        folder,
        new GroupFolder(folder),
        Optional.empty(),
        false,
        false,
        Optional.empty(),
        NOW);
  }

  private static IncomingMessage direct(ChatJid chat, String name, boolean fromMe) {
    return new IncomingMessage(
        "m",
        chat,
        "whatsapp",
        false,
        chat.value(),
        name,
        "x",
        NOW,
        fromMe,
        false,
        Optional.empty());
  }

  @Test
  void aDirectChatHasTheNameOfTheOtherPerson() {
    chats.seen(direct(PHONE, "Alice", false));
    chats.seen(direct(PHONE, "Owner", true));
    chats.seen(Samples.message(new ChatJid("1@g.us"), "m", "x", NOW.plusSeconds(1)));
    assertThat(chats.of("whatsapp"))
        .containsExactly(
            new KnownChat(
                new ChatJid("1@g.us"), "", "whatsapp", true, Optional.of(NOW.plusSeconds(1))),
            new KnownChat(PHONE, "Alice", "whatsapp", false, Optional.of(NOW)));
    assertThat(chats.of("local")).isEmpty();
  }

  @Test
  void aGroupsNewNameIsTakenOverAndAnEmptyOneIsNot() {
    ChatJid family = new ChatJid("1@g.us");
    ChatJid ours = new ChatJid("3@g.us");
    groups.add(group(family, "family"), "whatsapp");
    groups.add(group(ours, "ours"), "whatsapp");
    chats.nameGroups(
        "whatsapp", Map.of(family, "family", ours, "Their name", new ChatJid("2@g.us"), ""));
    chats.nameGroups("whatsapp", Map.of(family, "The Family", ours, "Another"));
    chats.nameGroups("whatsapp", Map.of(family, ""));
    assertThat(groups.byChat(family).orElseThrow().name()).isEqualTo("The Family");
    assertThat(groups.byChat(ours).orElseThrow().name())
        .as("as its owner calls it")
        .isEqualTo("ours");
    assertThat(rows("SELECT jid, name, is_group FROM chats ORDER BY jid"))
        .containsExactly("1@g.us|The Family|1", "2@g.us|null|1", "3@g.us|Another|1");
  }

  @Test
  void twoAddressesBecomeOneChatWithEverythingThatBelongsToIt() {
    groups.add(group(LID, "alice"), "whatsapp");
    chats.seen(direct(PHONE, "Alice", false));
    var _ = messages.add(Samples.message(LID, "m1", "one", NOW), true);
    var _ = messages.add(Samples.message(LID, "m2", "two", NOW), true);
    RunStore runs = new RunStore(database, (_, text) -> List.of(text), Samples.TASK_RULES);
    runs.tell(groups.byChat(LID).orElseThrow(), new Notice("n", "hello"), NOW);
    Sql.execute(
        dir.resolve("messages.db"),
        "INSERT INTO agent_inputs (id, group_folder, to_seq, state, created_at) VALUES (1, 'alice',"
            + " 2, 'dead', 'x')",
        "INSERT INTO dead_letters (input_id, group_folder, chat_jid, reason, created_at) VALUES (1,"
            + " 'alice', '"
            + LID
            + "', 'why', 'x')");

    chats.merge(LID, PHONE);
    chats.merge(LID, PHONE);
    assertThat(rows("SELECT jid FROM chats")).containsExactly(PHONE.value());
    assertThat(rows("SELECT id, chat_jid FROM messages ORDER BY seq"))
        .containsExactly("m1|" + PHONE, "m2|" + PHONE);
    assertThat(rows("SELECT chat_jid FROM outbox")).containsExactly(PHONE.value());
    assertThat(rows("SELECT chat_jid FROM dead_letters")).containsExactly(PHONE.value());
    assertThat(groups.byFolder(new GroupFolder("alice")).orElseThrow().jid()).isEqualTo(PHONE);
  }

  @Test
  void whereBothHaveAnAgentEachKeepsWhatItHas() {
    groups.add(group(LID, "old"), "whatsapp");
    groups.add(group(PHONE, "alice"), "whatsapp");
    var _ = messages.add(Samples.message(LID, "m1", "one", NOW), true);
    var _ = messages.add(Samples.message(PHONE, "m1", "one", NOW), true);
    var _ = messages.add(Samples.message(LID, "m2", "two", NOW), true);
    chats.merge(LID, PHONE);
    assertThat(rows("SELECT folder FROM registered_groups ORDER BY folder"))
        .containsExactly("alice", "old");
    assertThat(rows("SELECT id, chat_jid FROM messages ORDER BY seq"))
        .containsExactly("m1|" + LID, "m1|" + PHONE, "m2|" + LID);
  }

  @Test
  void anUnknownAddressIsMergedIntoNothing() {
    chats.merge(LID, PHONE);
    assertThat(rows("SELECT jid FROM chats")).isEmpty();
  }
}
