package dev.nanoclaw.db;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.flywaydb.core.Flyway;

/// Brings a database file to the version of this program.
final class Schema {

  /// The newest migration in `db/migration`.
  static final int VERSION = 4;

  private Schema() {}

  /// Migrates when the file is new or old. Flyway is loaded only then: it costs more than the rest
  /// of a start.
  static void bringUpToDate(String url) {
    if (oldVersion(url) < VERSION) {
      Flyway.configure(Schema.class.getClassLoader())
          .dataSource(url, null, null)
          .locations("classpath:db/migration")
          .load()
          .migrate();
    }
  }

  /// For who only reads.
  static void requireNewest(String url) {
    int found = oldVersion(url);
    if (found < VERSION) {
      throw new DatabaseException(
          "the database %s was written by an older NanoClaw (its schema is version %d, this program knows %d): the next start brings it up to date"
              .formatted(file(url), found, VERSION));
    }
  }

  private static int oldVersion(String url) {
    int found = version(url);
    if (found > VERSION) {
      throw new DatabaseException(
          "the database %s was written by a newer NanoClaw (its schema is version %d, this program knows %d): start that version again, or restore a copy made before the upgrade"
              .formatted(file(url), found, VERSION));
    }
    return found;
  }

  private static String file(String url) {
    return url.substring("jdbc:sqlite:".length());
  }

  /// 0 for a new file.
  static int version(String url) {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      try (ResultSet tables =
          statement.executeQuery(
              "SELECT 1 FROM sqlite_master WHERE name = 'flyway_schema_history'")) {
        if (!tables.next()) {
          return 0;
        }
      }
      try (ResultSet newest =
          statement.executeQuery(
              "SELECT max(CAST(version AS INTEGER)) FROM flyway_schema_history WHERE success ="
                  + " 1")) {
        return newest.next() ? newest.getInt(1) : 0;
      }
    } catch (SQLException e) {
      throw DatabaseException.of(e);
    }
  }
}
