package dev.nanoclaw.baddays;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.nanoclaw.baddays.Host.Ended;
import dev.nanoclaw.testing.Sql;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// An agent that fails, and an owner who does not leave it at that. No regular look helps.
@Timeout(300)
class DeadLettersTest {

  @TempDir private Path dir;

  private static Host host(Path dir) throws IOException {
    Host host = new Host(dir).installEngine();
    Path config = host.home().resolve("config.yml");
    Files.writeString(
        config,
        Files.readString(config)
            .replaceFirst("max_turn_retries: \\d+", "max_turn_retries: 0")
            .replaceFirst("poll_interval_ms: 300\n", "poll_interval_ms: 600000\n"));
    return host;
  }

  private static Path database(Host host) {
    return host.home().resolve("store").resolve("messages.db");
  }

  @Test
  void aMessageThatWasGivenUpIsAnsweredAfterAllWhenItsOwnerWantsIt() throws Exception {
    try (Host host = host(dir).start()) {
      assertThat(host.run("deadletters", "list").output())
          .isEqualTo("There are no dead letters.\n");
      Path fail = Files.createFile(host.engine().resolve("fail"));
      host.say("first\u001b[31m and\nmore");
      host.awaitHearing(
          "dead letter: ask again in other words, or try it once more with ./nanoclaw deadletters"
              + " retry in-1.");
      Files.delete(fail);
      host.say("second");
      host.awaitHearing("You said: second");

      assertThat(host.status().deadLetters()).isOne();
      assertThat(host.run("status").output())
          .contains("1 dead letter; see ./nanoclaw deadletters list");
      assertThat(host.run("deadletters", "list").output().lines().toList())
          .hasSize(2)
          .last()
          .asString()
          .matches("in-1 +20\\S+Z +main +unanswered +It broke\\. +first.*and more");

      assertThat(host.run("deadletters", "retry", "in-1"))
          .isEqualTo(new Ended(0, "in-1: will be tried again.\n"));
      host.awaitHearing("You said: first");
      assertThat(host.engineLines("starts")).as("the container that waited answers").hasSize(1);
      assertThat(host.run("deadletters", "list", "--json"))
          .isEqualTo(new Ended(0, "{\"letters\":[]}\n"));
      assertThat(host.run("status").output()).doesNotContain("dead letter");
    }
  }

  @Test
  void aRefusedMessageGoesOutWithItsIdAndAnotherIsDropped() throws Exception {
    try (Host host = host(dir).start()) {
      host.say("hello");
      host.awaitHearing("You said: hello");
      host.say("and you");
      host.awaitHearing("You said: and you");
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() ->
              Sql.rows(database(host), "SELECT 1 FROM outbox WHERE state <> 'sent'").isEmpty());
      Sql.execute(database(host), "UPDATE outbox SET state = 'dead', error = 'too\nlong'");
      List<String> before = Sql.rows(database(host), "SELECT message_id FROM outbox ORDER BY id");

      assertThat(host.run("deadletters", "list", "--json").output())
          .contains(
              "\"id\":\"out-1\"",
              "\"kind\":\"unsent\"",
              "\"group\":\"main\"",
              "\"chat\":\"local:main\"",
              "\"reason\":\"too long\"",
              "\"text\":\"You said: hello (");
      Ended unknown = host.run("deadletters", "retry", "out-1", "out-7");
      assertThat(unknown.code()).isEqualTo(1);
      assertThat(unknown.output())
          .isEqualTo(
              "nanoclaw: there is no dead letter out-7; nothing was changed. See: ./nanoclaw"
                  + " deadletters list\n");
      assertThat(host.run("deadletters", "retry", "7").output())
          .startsWith("nanoclaw: not the id of a dead letter: '7'");

      assertThat(host.run("deadletters", "retry", "out-1").code()).isZero();
      assertThat(host.run("deadletters", "drop", "--all").output())
          .contains("out-2")
          .endsWith(": dropped.\n");
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() ->
              assertThat(Sql.rows(database(host), "SELECT state FROM outbox ORDER BY id"))
                  .containsExactly("sent", "dropped"));
      assertThat(Sql.rows(database(host), "SELECT message_id FROM outbox ORDER BY id"))
          .isEqualTo(before);
      assertThat(host.run("deadletters", "drop", "--all"))
          .isEqualTo(new Ended(0, "There are no dead letters.\n"));
    }
  }

  @Test
  void withoutADaemonTheLettersAreShownAndNothingIsChanged() throws Exception {
    try (Host host = host(dir)) {
      assertThat(host.run("deadletters", "list"))
          .as("no database")
          .isEqualTo(new Ended(0, "There are no dead letters.\n"));
      assertThat(database(host)).doesNotExist();
      Files.createFile(host.engine().resolve("fail"));
      host.start().say("first");
      host.awaitHearing("dead letter");
      host.stop();

      assertThat(host.run("deadletters", "list").output()).contains("in-1 ", "first");
      Ended retry = host.run("deadletters", "retry", "--all");
      assertThat(retry)
          .isEqualTo(
              new Ended(1, "nanoclaw: no daemon runs here. Start it with: ./nanoclaw start\n"));
      assertThat(host.run("deadletters", "list").output()).contains("in-1 ");
      for (String it : List.of("retry", "drop", "retry --all in-1", "")) {
        Ended ended = host.run(("deadletters " + it).strip().split(" "));
        assertThat(ended.code()).as(it).isEqualTo(2);
        assertThat(ended.output()).as(it).contains("Usage: nanoclaw deadletters");
      }
    }
  }
}
