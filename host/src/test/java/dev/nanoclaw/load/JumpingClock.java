package dev.nanoclaw.load;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicReference;

/// The time of day, and as much more or less as it was told to jump.
final class JumpingClock extends Clock {

  private final AtomicReference<Duration> ahead;

  JumpingClock(Duration ahead) {
    this.ahead = new AtomicReference<>(ahead);
  }

  void jump(Duration by) {
    ahead.updateAndGet(it -> it.plus(by));
  }

  Duration ahead() {
    return ahead.get();
  }

  @Override
  public Instant instant() {
    return Instant.now().plus(ahead.get());
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return this;
  }
}
