package dev.nanoclaw.channel.whatsapp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.domain.ChatJid;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PaceTest {

  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
  private static final ChatJid FAMILY = new ChatJid("1@g.us");

  @Test
  void withinAChatThereIsASecondBetweenTwo() {
    Pace pace = new Pace(20);
    assertThat(pace.next(FAMILY, NOW)).isZero();
    assertThat(pace.next(FAMILY, NOW)).isEqualTo(Duration.ofSeconds(1));
    assertThat(pace.next(FAMILY, NOW)).isEqualTo(Duration.ofSeconds(2));
    assertThat(pace.next(new ChatJid("2@g.us"), NOW)).isZero();
    assertThat(pace.next(FAMILY, NOW.plusSeconds(10))).isZero();
  }

  @Test
  void noMinuteHasMoreThanItMay() {
    Pace pace = new Pace(5);
    List<Instant> sent = new ArrayList<>();
    Instant now = NOW;
    for (int i = 0; i < 200; i++) {
      now = now.plusMillis(i * 37L % 3000);
      sent.add(now.plus(pace.next(new ChatJid(i % 7 + "@g.us"), now)));
    }
    for (Instant from : sent) {
      Instant end = from.plusSeconds(60);
      assertThat(sent.stream().filter(it -> !it.isBefore(from) && it.isBefore(end)).count())
          .isLessThanOrEqualTo(5);
    }
  }
}
