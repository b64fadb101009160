/// The SQLite database: its file, its one writer, and what the rest of the program asks of it. The
/// only user of SQL.
@NullMarked
package dev.nanoclaw.db;

import org.jspecify.annotations.NullMarked;
