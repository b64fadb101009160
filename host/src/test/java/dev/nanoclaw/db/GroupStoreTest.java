package dev.nanoclaw.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.testing.Samples;
import dev.nanoclaw.testing.Sql;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GroupStoreTest {

  @Test
  void groupsAreFoundByChatAndByFolderAndNeitherIsGivenTwice(@TempDir Path dir) {
    try (Database database = Database.open(dir)) {
      GroupStore groups = new GroupStore(database);
      Group own =
          new Group(
              new ChatJid("1@g.us"),
              "Работа",
              new GroupFolder("work"),
              Optional.of("小明"),
              false,
              true,
              Optional.of(Duration.ofSeconds(5)),
              Samples.NOW);
      groups.add(own, "whatsapp");
      groups.add(Samples.group("family"), "whatsapp");

      assertThat(groups.byChat(own.jid())).contains(own);
      assertThat(groups.byFolder(own.folder())).contains(own);
      assertThat(groups.all()).containsExactly(Samples.group("family"), own);
      assertThat(groups.byChat(ChatJid.LOCAL)).isEmpty();
      assertThat(groups.session(own.folder())).isEmpty();
      assertThatThrownBy(() -> groups.add(own, "whatsapp")).isInstanceOf(DatabaseException.class);
      Group sameFolder =
          new Group(
              new ChatJid("2@g.us"),
              "x",
              own.folder(),
              Optional.empty(),
              true,
              false,
              Optional.empty(),
              Samples.NOW);
      assertThatThrownBy(() -> groups.add(sameFolder, "whatsapp"))
          .isInstanceOf(DatabaseException.class);
      assertThat(groups.all()).hasSize(2);
    }
  }

  @Test
  void aChangeKeepsWhatItDoesNotName(@TempDir Path dir) {
    try (Database database = Database.open(dir)) {
      GroupStore groups = new GroupStore(database);
      Group family = Samples.group("family");
      groups.add(family, "whatsapp");
      groups.add(Samples.group("work"), "whatsapp");
      Sql.execute(
          dir.resolve("messages.db"),
          "UPDATE registered_groups SET container_config = '{\"mounts\":[1],\"timeout\":7}' WHERE"
              + " folder = 'family'");

      Group changed =
          new Group(
              family.jid(),
              "Us",
              family.folder(),
              Optional.of("Robot"),
              false,
              false,
              Optional.of(Duration.ofSeconds(5)),
              family.addedAt());
      assertThat(groups.change(family.folder(), _ -> changed)).contains(changed);
      assertThat(groups.byFolder(family.folder())).contains(changed);
      assertThat(groups.byFolder(new GroupFolder("work"))).contains(Samples.group("work"));
      assertThat(
              Sql.rows(
                  dir.resolve("messages.db"), "SELECT container_config FROM registered_groups"))
          .contains("{\"mounts\":[1],\"timeout\":5000}");
      assertThat(groups.change(family.folder(), _ -> family)).contains(family);
      assertThat(
              Sql.rows(
                  dir.resolve("messages.db"), "SELECT container_config FROM registered_groups"))
          .contains("{\"mounts\":[1]}");
      assertThat(groups.change(new GroupFolder("nobody"), it -> it)).isEmpty();
    }
  }
}
