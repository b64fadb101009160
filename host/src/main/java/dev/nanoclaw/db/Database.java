package dev.nanoclaw.db;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jooq.DSLContext;
import org.jooq.SQLDialect;
import org.jooq.conf.Settings;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.DSL;

/// The database file `messages.db`, with one writer and a few readers.
///
/// All SQL runs on platform threads: a virtual thread that waits for SQLite's lock would hold on to
/// its carrier.
public final class Database implements AutoCloseable {

  private static final int READERS = 2;
  private static final String WAL_BYTES = "8388608";

  private final ExecutorService writer =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().name("db-writer").factory());
  private final ExecutorService reader =
      Executors.newFixedThreadPool(READERS, Thread.ofPlatform().name("db-reader-", 1).factory());
  private final AtomicLong transactions = new AtomicLong();

  /// Whether the thread is within a transaction.
  private final ThreadLocal<Boolean> isWriter = ThreadLocal.withInitial(() -> false);

  private final Session write;
  private final BlockingQueue<Session> reads = new ArrayBlockingQueue<>(READERS);

  /// A connection with its jOOQ context, which remembers what it learned about our classes.
  private record Session(Connection connection, DSLContext context) {

    static Session open(String url, boolean readOnly) {
      Connection connection = connect(url, readOnly);
      Settings quiet = new Settings().withExecuteLogging(false);
      return new Session(connection, DSL.using(connection, SQLDialect.SQLITE, quiet));
    }
  }

  private Database(String url, boolean readOnly) {
    write = Session.open(url, readOnly);
    for (int i = 0; i < READERS; i++) {
      reads.add(Session.open(url, true));
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
    String url = "jdbc:sqlite:" + file(storeDir);
    try {
      Schema.bringUpToDate(url);
    } catch (DatabaseException e) {
      throw e;
    } catch (RuntimeException e) {
      throw DatabaseException.of(e);
    }
    return new Database(url, false);
  }

  /// Opens the database in that directory for a program that is not the daemon: nothing can be
  /// written.
  ///
  /// @return empty when there is none
  /// @throws DatabaseException when the file is of another version, or broken
  public static Optional<Database> openToRead(Path storeDir) {
    if (!Files.exists(file(storeDir))) {
      return Optional.empty();
    }
    String url = "jdbc:sqlite:" + file(storeDir);
    Schema.requireNewest(url);
    return Optional.of(new Database(url, true));
  }

  private static Path file(Path storeDir) {
    return storeDir.resolve("messages.db");
  }

  /// Runs the work in one transaction on the writer's thread and returns when it is on the disk.
  /// Within such work it joins the transaction.
  <T> T write(Function<DSLContext, T> work) {
    if (isWriter.get()) {
      return work.apply(write.context());
    }
    return await(
        writer.submit(() -> {
          isWriter.set(true);
          try {
            return inTransaction(write, "BEGIN IMMEDIATE", work);
          } finally {
            isWriter.set(false);
            transactions.incrementAndGet(); // after the commit, also of one that may have failed
          }
        }));
  }

  /// Runs the work on one state of what is committed, however often it asks; within a transaction,
  /// on that.
  <T> T read(Function<DSLContext, T> work) {
    if (isWriter.get()) {
      return work.apply(write.context());
    }
    return await(
        reader.submit(() -> {
          Session session = reads.take();
          try {
            return inTransaction(session, "BEGIN", work);
          } finally {
            reads.add(session);
          }
        }));
  }

  /// A question whose answer comes from the database alone. It is asked again only when something
  /// may have been written since the last answer: only this process writes.
  public <T> Supplier<T> remembering(Supplier<T> question) {
    return new Remembered<>(question, transactions::get);
  }

  private static <T> T inTransaction(Session session, String begin, Function<DSLContext, T> work)
      throws SQLException {
    execute(session.connection(), begin);
    try {
      T result = work.apply(session.context());
      execute(session.connection(), "COMMIT");
      return result;
    } catch (RuntimeException | SQLException | Error e) {
      rollBack(session.connection(), e);
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
          throw e.getCause() instanceof RuntimeException own
                  && !(own instanceof DataAccessException)
              ? own
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
    properties.setProperty("journal_size_limit", WAL_BYTES); // else it stays as long as it ever was
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
    reads.forEach(Database::close);
    close(write);
  }

  private static void close(Session session) {
    try {
      session.connection().close();
    } catch (SQLException e) {
      throw DatabaseException.of(e);
    }
  }
}
