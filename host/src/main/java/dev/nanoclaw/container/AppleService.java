package dev.nanoclaw.container;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.nanoclaw.process.Command.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The service behind Apple's `container`. Starting it fails for half a minute after a login, and
/// the first start downloads a kernel; so it is tried again and again, in the background.
final class AppleService {

  private static final Logger log = LoggerFactory.getLogger(AppleService.class);

  /// It is started at most so often.
  private static final Duration BETWEEN_STARTS = Duration.ofSeconds(15);

  /// How long whoever asks waits for a start.
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final Duration START_DEADLINE = Duration.ofMinutes(10);

  private final EngineCli cli;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock") private @Nullable Thread start;

  @GuardedBy("lock") private long startedAt;

  private volatile String trouble = "";

  AppleService(EngineCli cli) {
    this.cli = cli;
  }

  boolean isRunning() {
    return cli.run(EngineCli.QUICK.plusSeconds(5), List.of("system", "status"))
            instanceof Outcome.Exited it
        && it.ok();
  }

  /// Starts the service when it is not running and no start is under way or was a moment ago.
  ///
  /// @return why it is not running yet
  Optional<String> ensureRunning() {
    if (isRunning()) {
      return Optional.empty();
    }
    try {
      var _ = start().join(PATIENCE);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    return isRunning() ? Optional.empty() : Optional.of(notRunning());
  }

  private String notRunning() {
    return trouble.isEmpty()
        ? "container's service is being started"
        : "container's service does not run: " + trouble;
  }

  private Thread start() {
    lock.lock();
    try {
      long now = System.nanoTime();
      Thread last = start;
      if (last != null && (last.isAlive() || now - startedAt < BETWEEN_STARTS.toNanos())) {
        return last;
      }
      startedAt = now;
      Thread next = Thread.ofPlatform().daemon().name("apple-start").start(this::startService);
      start = next;
      return next;
    } finally {
      lock.unlock();
    }
  }

  /// Without the option it asks on standard input whether to download a kernel.
  private void startService() {
    log.info("Starting the service of Apple's container");
    Outcome outcome =
        cli.run(START_DEADLINE, List.of("system", "start", "--enable-kernel-install"));
    if (outcome instanceof Outcome.Exited it && it.ok()) {
      trouble = "";
    } else {
      trouble = cli.trouble("system start", outcome);
      log.warn("{}; it is tried again", trouble);
    }
  }
}
