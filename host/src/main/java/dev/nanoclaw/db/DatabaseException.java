package dev.nanoclaw.db;

/// The database could not do what it was asked: nothing of the request was stored.
public final class DatabaseException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  DatabaseException(String message, Throwable cause) {
    super(message, cause);
  }

  DatabaseException(String message) {
    super(message);
  }

  static DatabaseException of(Throwable cause) {
    String text = String.valueOf(rootOf(cause).getMessage());
    if (text.contains("SQLITE_FULL") || text.contains("SQLITE_IOERR")) {
      return new DatabaseException(
          "the database could not be written (%s): is the disk full?".formatted(text), cause);
    }
    return new DatabaseException("the database refused: " + text, cause);
  }

  private static Throwable rootOf(Throwable thrown) {
    Throwable root = thrown;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }
}
