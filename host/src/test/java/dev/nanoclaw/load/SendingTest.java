package dev.nanoclaw.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.nanoclaw.channel.Channel.SendResult;
import dev.nanoclaw.domain.OutgoingMessage;
import dev.nanoclaw.testing.RecordingChannel;
import dev.nanoclaw.testing.Samples;
import dev.nanoclaw.testing.Sql;
import dev.nanoclaw.testing.TestSettings;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Answers that could not be sent go out by themselves, with all polls at ten minutes.
@Timeout(180)
@SuppressWarnings("NullAway.Init")
final class SendingTest {

  @TempDir private Path home;
  private final RecordingChannel channel = new RecordingChannel();
  private LoadEngine engine;
  private LoadHost host;

  @BeforeEach
  void start() throws Exception {
    engine = new LoadEngine(home.resolve("engine"));
    host =
        new LoadHost(
            home, new TestSettings(home).settings(), engine.command(), channel, Clock.systemUTC());
    host.register("g");
  }

  @AfterEach
  void stop() throws Exception {
    host.finish(Duration.ofSeconds(20));
    host.close();
    engine.close();
  }

  @Test
  void aSendThatFailedIsTriedAgainWithTheSameId() {
    channel.answer(_ ->
        channel.tries().size() == 1 ? new SendResult.TryAgain("offline") : new SendResult.Sent());
    say("1");
    awaitSending("done: 1");
    assertThat(channel.tries()).hasSize(2);
    assertThat(channel.tries().stream().map(OutgoingMessage::messageId).distinct()).hasSize(1);
  }

  @Test
  void anAnswerThatCouldNotBeMarkedIsSentWhenTheDatabaseIsWellAgain() {
    Path database = home.resolve("store").resolve("messages.db");
    Sql.execute(
        database,
        "CREATE TRIGGER broken BEFORE UPDATE ON outbox WHEN NEW.state = 'sent'"
            + " BEGIN SELECT RAISE(ABORT, 'broken'); END");
    say("1");
    await().atMost(Duration.ofSeconds(60)).until(() -> channel.tries().size() > 1);
    Sql.execute(database, "DROP TRIGGER broken");
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> Sql.rows(database, "SELECT state FROM outbox").equals(List.of("sent")));
    assertThat(channel.tries().stream().map(OutgoingMessage::messageId).distinct()).hasSize(1);
  }

  private void say(String token) {
    host.receive(
        Samples.message(Samples.group("g").jid(), token, "@Andy #" + token + "#", Samples.NOW));
  }

  private void awaitSending(String text) {
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(channel.sent()).containsExactly(text));
  }
}
