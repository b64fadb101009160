package dev.nanoclaw.db;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;

/// The database file `messages.db`, with one writer and a few readers.
///
/// All SQL runs on platform threads: a virtual thread that waits for SQLite's lock would hold on to
/// its carrier.
public final class Database implements AutoCloseable {

  private static final int READERS = 2;

  private final ExecutorService writer =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().name("db-writer").factory());
  private final ExecutorService reader =
      Executors.newFixedThreadPool(READERS, Thread.ofPlatform().name("db-reader-", 1).factory());
  private final Connection writeConnection;
  private final BlockingQueue<Connection> readConnections = new ArrayBlockingQueue<>(READERS);

  private Database(String url) {
    writeConnection = connect(url, false);
    for (int i = 0; i < READERS; i++) {
      readConnections.add(connect(url, true));
    }
  }

  /// Opens the database in that directory and brings it up to date; makes both when they are not
  /// there.
  ///
  /// @throws DatabaseException when the file is of a newer version, broken, or cannot be written
  public static Database open(Path storeDir) {
    try {
      Files.createDirectories(storeDir);
    } catch (IOException e) {
      throw new DatabaseException(
          "cannot make the directory " + storeDir + ": " + e.getMessage(), e);
    }
    String url = "jdbc:sqlite:" + storeDir.resolve("messages.db");
    try {
      Schema.bringUpToDate(url);
    } catch (DatabaseException e) {
      throw e;
    } catch (RuntimeException e) {
      throw DatabaseException.of(e);
    }
    return new Database(url);
  }

  /// Runs the work in one transaction on the writer's thread and returns when it is on the disk.
  <T> T write(Function<DSLContext, T> work) {
    return await(writer.submit(() -> inTransaction(writeConnection, "BEGIN IMMEDIATE", work)));
  }

  /// Runs the work on one state of what is committed, however often it asks.
  <T> T read(Function<DSLContext, T> work) {
    return await(
        reader.submit(() -> {
          Connection connection = readConnections.take();
          try {
            return inTransaction(connection, "BEGIN", work);
          } finally {
            readConnections.add(connection);
          }
        }));
  }

  private static <T> T inTransaction(
      Connection connection, String begin, Function<DSLContext, T> work) throws SQLException {
    execute(connection, begin);
    try {
      T result = work.apply(DSL.using(connection, SQLDialect.SQLITE));
      execute(connection, "COMMIT");
      return result;
    } catch (RuntimeException | SQLException | Error e) {
      rollBack(connection, e);
      throw e;
    }
  }

  /// After some failures, such as a full disk, SQLite has rolled back by itself and refuses this.
  private static void rollBack(Connection connection, Throwable why) {
    try {
      execute(connection, "ROLLBACK");
    } catch (SQLException e) {
      why.addSuppressed(e);
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      var _ = statement.execute(sql);
    }
  }

  private static <T> T await(Future<T> future) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return future.get();
        } catch (InterruptedException _) {
          interrupted =
              true; // what was begun is waited for: the caller must know whether it is stored
        } catch (ExecutionException e) {
          throw e.getCause() instanceof IllegalStateException bug
              ? bug
              : DatabaseException.of(e.getCause() == null ? e : e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static Connection connect(String url, boolean readOnly) {
    Properties properties = new Properties();
    properties.setProperty("journal_mode", "WAL");
    properties.setProperty("synchronous", "FULL");
    properties.setProperty("foreign_keys", "true");
    properties.setProperty("busy_timeout", "10000");
    try {
      Connection connection = DriverManager.getConnection(url, properties);
      if (readOnly) {
        execute(connection, "PRAGMA query_only = true");
      }
      return connection;
    } catch (SQLException e) {
      throw DatabaseException.of(e);
    }
  }

  @Override
  public void close() {
    writer.close();
    reader.close();
    readConnections.forEach(Database::close);
    close(writeConnection);
  }

  private static void close(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      throw DatabaseException.of(e);
    }
  }
}
