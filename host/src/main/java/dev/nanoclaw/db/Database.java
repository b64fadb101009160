package dev.nanoclaw.db;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
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
import org.jooq.conf.Settings;
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
  private final List<Connection> readConnections = new ArrayList<>();

  /// Made once for each connection: a context remembers what it learned about our classes.
  private final DSLContext writeContext;

  private final BlockingQueue<DSLContext> readContexts = new ArrayBlockingQueue<>(READERS);

  private Database(String url) {
    writeConnection = connect(url, false);
    writeContext = context(writeConnection);
    for (int i = 0; i < READERS; i++) {
      Connection connection = connect(url, true);
      readConnections.add(connection);
      readContexts.add(context(connection));
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
    return await(writer.submit(() -> inTransaction(work)));
  }

  /// Runs the work on a consistent view of what is committed.
  <T> T read(Function<DSLContext, T> work) {
    return await(
        reader.submit(() -> {
          DSLContext context = readContexts.take();
          try {
            return work.apply(context);
          } finally {
            readContexts.add(context);
          }
        }));
  }

  private <T> T inTransaction(Function<DSLContext, T> work) throws SQLException {
    try {
      writeConnection.setAutoCommit(false);
      T result = work.apply(writeContext);
      writeConnection.commit();
      writeConnection.setAutoCommit(true);
      return result;
    } catch (RuntimeException | SQLException | Error e) {
      undo(e);
      throw e;
    }
  }

  /// On a full disk SQLite rolls back by itself, and these calls find no transaction: what counts
  /// is why it failed.
  private void undo(Throwable why) {
    try {
      writeConnection.rollback();
    } catch (SQLException e) {
      why.addSuppressed(e);
    }
    try {
      writeConnection.setAutoCommit(true);
    } catch (SQLException e) {
      why.addSuppressed(e);
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

  private static DSLContext context(Connection connection) {
    return DSL.using(connection, SQLDialect.SQLITE, new Settings().withExecuteLogging(false));
  }

  private static Connection connect(String url, boolean readOnly) {
    Properties properties = new Properties();
    properties.setProperty("journal_mode", "WAL");
    properties.setProperty("synchronous", "FULL");
    properties.setProperty("foreign_keys", "true");
    properties.setProperty("busy_timeout", "10000");
    properties.setProperty("transaction_mode", "IMMEDIATE");
    if (readOnly) {
      properties.setProperty("query_only", "true");
    }
    try {
      return DriverManager.getConnection(url, properties);
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
