package dev.nanoclaw.app;

import dev.nanoclaw.db.FinishedWork;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes away what nobody needs any more: at the start, once an hour, and when much was done since
/// the last time.
final class Housekeeping implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Housekeeping.class);
  private static final int LOOKS_AN_HOUR = 60;

  /// So many new rows are too many to wait for the hour.
  private static final int MANY = 1000;

  private final FinishedWork finished;
  private final Runnable leftovers;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("housekeeping").factory());
  private int looks;
  private long madeBefore;

  /// @param leftovers removes containers and files that an earlier host left; runs once
  Housekeeping(FinishedWork finished, Runnable leftovers) {
    this.finished = finished;
    this.leftovers = leftovers;
  }

  void start() {
    timer.execute(() -> guarded(leftovers));
    var _ = timer.scheduleWithFixedDelay(() -> guarded(this::look), 0, 1, TimeUnit.MINUTES);
  }

  private static void guarded(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      log.error("Housekeeping failed; it goes on in a minute", e);
    }
  }

  /// Once a minute.
  void look() {
    long made = finished.made();
    boolean hour = looks++ % LOOKS_AN_HOUR == 0;
    if (hour || made - madeBefore >= MANY) {
      int removed = finished.clean();
      madeBefore = made;
      log.debug("Removed {} rows of finished work", removed);
    }
  }

  /// What it is at it may finish, but not for long: it goes on at the next start.
  @Override
  public void close() {
    timer.shutdownNow();
    try {
      var _ = timer.awaitTermination(1, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
