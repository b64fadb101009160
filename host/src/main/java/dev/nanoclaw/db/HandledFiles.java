package dev.nanoclaw.db;

import static dev.nanoclaw.db.generated.Tables.HANDLED_FILES;

import java.util.Optional;
import java.util.function.Supplier;
import org.jooq.DSLContext;

/// Which files of agents had their effect, for as long as their run goes on: a host that dies
/// between the effect and the removal of the file finds it again.
public final class HandledFiles {

  private final Database database;

  public HandledFiles(Database database) {
    this.database = database;
  }

  /// Runs the effect and remembers its answer, in one transaction which everything joins that the
  /// effect asks of a store. A file that was handled before is not handled again.
  ///
  /// @param name of the file, chosen by the host, never twice in a run
  /// @param effect must not wait for anything but the database; its exception is passed on, and
  ///   nothing of it stays
  /// @return the answer, of now or of then
  public String once(String runId, String name, Supplier<String> effect) {
    return database.write(sql ->
        answer(sql, runId, name)
            .orElseGet(() -> {
              String answer = effect.get();
              sql.insertInto(HANDLED_FILES)
                  .set(HANDLED_FILES.RUN_ID, runId)
                  .set(HANDLED_FILES.NAME, name)
                  .set(HANDLED_FILES.ANSWER, answer)
                  .execute();
              return answer;
            }));
  }

  private static Optional<String> answer(DSLContext sql, String runId, String name) {
    return sql.select(HANDLED_FILES.ANSWER)
        .from(HANDLED_FILES)
        .where(HANDLED_FILES.RUN_ID.eq(runId), HANDLED_FILES.NAME.eq(name))
        .fetchOptional(HANDLED_FILES.ANSWER);
  }

  /// A run is over, and no file of it will come again.
  static void forget(DSLContext sql, String runId) {
    sql.deleteFrom(HANDLED_FILES).where(HANDLED_FILES.RUN_ID.eq(runId)).execute();
  }
}
