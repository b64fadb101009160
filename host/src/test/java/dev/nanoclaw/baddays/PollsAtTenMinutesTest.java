package dev.nanoclaw.baddays;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The regular looks are a net and nothing else: with all of them at ten minutes everything flows.
/// A wait here ends after one minute.
@Timeout(300)
class PollsAtTenMinutesTest {

  private static final String TEN_MINUTES = "600000";

  @TempDir private Path dir;

  @Test
  void messagesFollowUpsAndRetriesFlow() throws Exception {
    try (Host host = host().installEngine().start()) {
      host.say("first");
      host.awaitHearing("You said: first");
      host.say("follow-up");
      host.awaitHearing("You said: follow-up");
      assertThat(host.engineLines("starts")).hasSize(1);

      Files.createFile(host.engine().resolve("crash"));
      host.say("after a crash");
      host.awaitHearing("Something went wrong: the agent crashed.");
      host.awaitHearing("You said: after a crash");
      assertThat(host.engineLines("starts")).hasSize(2);
    }
  }

  @Test
  void aMessageAfterTheIdleTimeStartsAnotherContainer() throws Exception {
    try (Host host = host().setting("idle_timeout_ms", "500").installEngine().start()) {
      host.say("first");
      host.awaitHearing("You said: first");
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> host.containers().isEmpty() && host.status().containers() == 0);
      host.say("second");
      host.awaitHearing("You said: second");
      assertThat(host.engineLines("starts")).hasSize(2);
    }
  }

  @Test
  void whatWasMissingIsFoundWhenItAppears() throws Exception {
    try (Host host = host()) {
      Files.delete(host.home().resolve("credentials.yml"));
      host.start();
      host.say("hello");
      host.awaitHearing("No container engine answers");
      host.installEngine();
      host.awaitHearing("There is no Claude credential");
      host.credentials(
          "anthropic_api_key: \"sk-ant-late\"\nclaude_code_oauth_token: \"\"\n", "rw-------");
      host.awaitHearing("You said: hello");
    }
  }

  @Test
  void whatWasSaidToAHostThatWasKilledIsAnsweredByTheNext() throws Exception {
    try (Host host = host().start()) {
      host.say("hello");
      host.kill();
      host.installEngine().start();
      host.awaitHearing("You said: hello");
    }
  }

  private Host host() throws IOException {
    return new Host(dir)
        .setting("poll_interval_ms", TEN_MINUTES)
        .setting("scheduler_poll_interval_ms", TEN_MINUTES)
        .setting("ipc_poll_interval_ms", TEN_MINUTES);
  }
}
