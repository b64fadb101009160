package dev.nanoclaw.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nanoclaw.channel.whatsapp.WhatsAppChannel;
import dev.nanoclaw.db.ChatStore;
import dev.nanoclaw.db.Database;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.router.Registrations.RefusedException;
import dev.nanoclaw.router.Registrations.Wish;
import dev.nanoclaw.testing.ManualClock;
import dev.nanoclaw.testing.Samples;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegistrationsTest {

  private static final String FAMILY = "120363000000000001@g.us";

  @TempDir Path dir;
  private final ManualClock clock = new ManualClock();
  private Database database;
  private ChatStore chats;
  private GroupStore groups;
  private Registrations registrations;

  @BeforeEach
  void open() {
    database = Database.open(dir);
    chats = new ChatStore(database);
    groups = new GroupStore(database);
    groups.add(Samples.mainGroup(), "local");
    registrations =
        new Registrations(
            chats,
            groups,
            it ->
                WhatsAppChannel.isAddress(it.value()) ? Optional.of("whatsapp") : Optional.empty(),
            clock);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private static Wish wish(String jid, String folder) {
    return new Wish(jid, folder, Optional.empty(), Optional.empty(), true, false, Optional.empty());
  }

  @Test
  void aGroupIsThereAtOnceWithTheNameThatIsKnown() {
    chats.nameGroups("whatsapp", Map.of(new ChatJid(FAMILY), "Family"));
    assertThat(registrations.available("whatsapp")).hasSize(1);
    Group group = registrations.register(wish(FAMILY, "family"));
    assertThat(groups.byChat(new ChatJid(FAMILY))).contains(group);
    assertThat(group)
        .isEqualTo(
            new Group(
                new ChatJid(FAMILY),
                "Family",
                new GroupFolder("family"),
                Optional.empty(),
                true,
                false,
                Optional.empty(),
                clock.instant()));
    assertThat(registrations.available("whatsapp")).isEmpty();
  }

  @Test
  void triggerNameAndMainAreAsWished() {
    Group self =
        registrations.register(
            new Wish(
                "4915100000001@s.whatsapp.net",
                "self",
                Optional.of(" Notes to myself "),
                Optional.empty(),
                true,
                true,
                Optional.of(90_000L)));
    assertThat(self.timeout()).contains(Duration.ofSeconds(90));
    assertThat(self.name()).isEqualTo("Notes to myself");
    assertThat(self.main()).isTrue();
    assertThat(self.requiresTrigger()).as("a main chat needs none").isFalse();
    Group work =
        registrations.register(
            new Wish(
                "2@g.us",
                "work",
                Optional.empty(),
                Optional.of("@Robot"),
                true,
                false,
                Optional.empty()));
    assertThat(work.name()).isEqualTo("work");
    assertThat(work.trigger()).contains("Robot");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          x@y | family | no channel knows the address 'x@y'
          local:other | family | no channel knows the address
          '' | family | not a chat address
          1@g.us | Family | not a folder name
          1@g.us | ../up | not a folder name
          1@g.us | global | the folder 'global' is NanoClaw's own
          1@g.us | errors | the folder 'errors' is NanoClaw's own
          1@g.us | main | the folder 'main' is NanoClaw's own
          1@g.us | taken | the folder taken belongs to 9@g.us
          9@g.us | other | 9@g.us is registered already, with the folder taken
          """)
  void whatCannotBeIsRefusedWithTheReason(String jid, String folder, String reason) {
    var _ = registrations.register(wish("9@g.us", "taken"));
    assertThatThrownBy(() -> registrations.register(wish(jid, folder)))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining(reason);
    assertThat(groups.all()).hasSize(2);
  }

  @Test
  void namesAndTriggersAreShortLines() {
    for (String bad : new String[] {" ", "a\nb", "x".repeat(101)}) {
      assertThatThrownBy(() ->
              registrations.register(
                  new Wish(
                      "1@g.us",
                      "f",
                      Optional.of(bad),
                      Optional.empty(),
                      true,
                      false,
                      Optional.empty())))
          .isInstanceOf(RefusedException.class);
      assertThatThrownBy(() ->
              registrations.register(
                  new Wish(
                      "1@g.us",
                      "f",
                      Optional.empty(),
                      Optional.of("@" + bad),
                      true,
                      false,
                      Optional.empty())))
          .isInstanceOf(RefusedException.class);
    }
  }
}
