package dev.nanoclaw.ipc;

import dev.nanoclaw.protocol.AgentResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks the channels anew which groups there are: at most once a minute, and without keeping
/// anybody waiting for long.
public final class GroupRefresh {

  private static final Logger log = LoggerFactory.getLogger(GroupRefresh.class);
  private static final Duration PAUSE = Duration.ofMinutes(1);
  private static final int PATIENCE_SECONDS = 10;

  private final Channels channels;
  private final Clock clock;
  private Instant last = Instant.MIN;

  /// Asks the channels for their groups and stores what they say.
  @FunctionalInterface
  public interface Channels {

    /// An exception has a text for people.
    void refreshGroups() throws InterruptedException;
  }

  GroupRefresh(Channels channels, Clock clock) {
    this.channels = channels;
    this.clock = clock;
  }

  AgentResponse refresh() {
    if (!begin(clock.instant())) {
      return AgentResponse.done(
          "The groups were asked for less than a minute ago; list_groups shows what is known.");
    }
    FutureTask<AgentResponse> asking = new FutureTask<>(this::ask);
    Thread.ofVirtual().name("refresh-groups").start(asking);
    try {
      return asking.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException _) {
      return AgentResponse.done(
          "The groups are being asked for, which takes long; look with list_groups in a minute.");
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return AgentResponse.refused("NanoClaw is stopping; ask again later");
    }
  }

  private AgentResponse ask() throws InterruptedException {
    try {
      channels.refreshGroups();
      return AgentResponse.done("The list of groups is up to date; list_groups shows it.");
    } catch (RuntimeException e) {
      log.info("The groups cannot be asked for now: {}", e.toString());
      return AgentResponse.refused("The groups cannot be asked for now: " + e.getMessage());
    }
  }

  private synchronized boolean begin(Instant now) {
    if (now.isBefore(last.plus(PAUSE)) && !now.isBefore(last)) {
      return false;
    }
    last = now;
    return true;
  }
}
