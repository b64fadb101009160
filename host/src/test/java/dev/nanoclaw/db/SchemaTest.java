package dev.nanoclaw.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nanoclaw.db.generated.DefaultSchema;
import dev.nanoclaw.testing.Samples;
import dev.nanoclaw.testing.Sql;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jooq.Field;
import org.jooq.Table;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SchemaTest {

  @TempDir private Path dir;

  private Path file() {
    return dir.resolve("messages.db");
  }

  @Test
  void theNewestMigrationIsTheVersionThatTheProgramKnows() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/main/resources/db/migration"))) {
      assertThat(
              files
                  .map(it -> it.getFileName().toString().replaceFirst("V(\\d+)__.*\\.sql", "$1"))
                  .map(Integer::valueOf)
                  .max(Integer::compare))
          .contains(Schema.VERSION);
    }
  }

  @Test
  void theGeneratedTablesAndColumnsAreThoseOfTheMigratedDatabase() {
    Database.open(dir).close();
    Map<String, List<String>> migrated = new TreeMap<>();
    for (String table :
        Sql.rows(
            file(),
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                + " AND name <> 'flyway_schema_history'")) {
      migrated.put(table, Sql.rows(file(), "SELECT name FROM pragma_table_info('" + table + "')"));
    }

    Map<String, List<String>> generated = new TreeMap<>();
    for (Table<?> table : DefaultSchema.DEFAULT_SCHEMA.getTables()) {
      generated.put(table.getName(), table.fieldStream().map(Field::getName).toList());
    }
    assertThat(generated).isEqualTo(migrated).containsKeys("chats", "messages", "agent_inputs");
  }

  @Test
  void theSchemaIsTheOneWrittenDownHere() throws IOException {
    Database.open(dir).close();

    // Writes the file anew when it is deleted: look at the difference before committing it.
    Path snapshot = Path.of("src/test/resources/schema.txt");
    String found =
        String.join(
                "\n",
                Sql.rows(
                    file(),
                    "SELECT m.type, m.name, p.name, p.type, p.\"notnull\", p.dflt_value, p.pk FROM"
                        + " sqlite_master m LEFT JOIN pragma_table_info(m.name) p WHERE m.name NOT"
                        + " LIKE '%flyway%' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.type DESC,"
                        + " m.name, p.cid"))
            + "\n";
    if (!Files.exists(snapshot)) {
      Files.createDirectories(snapshot.getParent());
      Files.writeString(snapshot, found);
    }
    assertThat(found).isEqualTo(Files.readString(snapshot));
  }

  @Test
  void aDatabaseOfANewerVersionIsRefusedAndNotTouched() throws IOException {
    Database.open(dir).close();
    Sql.execute(
        file(),
        "INSERT INTO flyway_schema_history VALUES (9, '9000', 'later', 'SQL', 'V9000__later.sql',"
            + " 1, 'x', '2030-01-01', 1, 1)");
    byte[] before = Files.readAllBytes(file());

    assertThatThrownBy(() -> Database.open(dir))
        .isInstanceOf(DatabaseException.class)
        .hasMessage(
            "the database %s was written by a newer NanoClaw (its schema is version 9000, this"
                + " program knows %d): start that version again, or restore a copy made before the"
                + " upgrade",
            file(), Schema.VERSION);
    assertThat(Files.readAllBytes(file())).isEqualTo(before);
  }

  @Test
  void openingAgainMigratesNothingAndKeepsWhatIsThere() {
    try (Database database = Database.open(dir)) {
      new GroupStore(database).add(Samples.group("family"), "whatsapp");
    }
    List<String> history = Sql.rows(file(), "SELECT * FROM flyway_schema_history");
    try (Database database = Database.open(dir)) {
      assertThat(new GroupStore(database).all()).containsExactly(Samples.group("family"));
    }
    assertThat(Sql.rows(file(), "SELECT * FROM flyway_schema_history")).isEqualTo(history);
  }

  @Test
  void aFileThatIsNoDatabaseIsRefusedAndNotTouched() throws IOException {
    String text = "not a database, but long enough to be looked at ".repeat(100);
    Files.writeString(file(), text);
    assertThatThrownBy(() -> Database.open(dir))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("file is not a database");
    assertThat(file()).hasContent(text);
  }

  @Test
  void aDirectoryThatCannotBeMadeIsNamed() throws IOException {
    Files.write(dir.resolve("store"), "a file".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> Database.open(dir.resolve("store").resolve("deeper")))
        .isInstanceOf(DatabaseException.class)
        .hasMessageContaining("cannot make the directory " + dir.resolve("store"));
  }
}
