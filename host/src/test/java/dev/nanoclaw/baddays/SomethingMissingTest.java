package dev.nanoclaw.baddays;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What an agent needs is not there: the host starts, says so once to who waits, and goes on by
/// itself when it appears.
@Timeout(300)
class SomethingMissingTest {

  @TempDir private Path dir;

  @Test
  void noEngine() throws Exception {
    try (Host host = new Host(dir).start()) {
      isToldOnce(host, "No container engine answers (docker is not installed; podman is not");
      host.installEngine();
      isAnswered(host);
    }
  }

  @Test
  void noImage() throws Exception {
    try (Host host = new Host(dir).installEngine()) {
      Path noImage = Files.createFile(host.engine().resolve("no-image"));
      host.start();
      isToldOnce(host, "docker has no image nanoclaw-agent:latest. Run: ./nanoclaw image build");
      Files.delete(noImage);
      isAnswered(host);
    }
  }

  @Test
  void noCredential() throws Exception {
    try (Host host = new Host(dir).installEngine()) {
      Files.delete(host.home().resolve("credentials.yml"));
      host.start();
      isToldOnce(host, "There is no Claude credential. Copy credentials.yml.dist");
      host.credentials(
          "anthropic_api_key: \"sk-ant-late\"\nclaude_code_oauth_token: \"\"\n", "rw-------");
      isAnswered(host);
    }
  }

  @Test
  void credentialThatBreaksWhileTheHostRuns() throws Exception {
    try (Host host = new Host(dir).installEngine().start()) {
      host.credentials("anthropic_api_key: [sk-ant-broken\n", "rw-------");
      isToldOnce(host, "credentials.yml");
      assertThat(host.heard()).noneMatch(it -> it.contains("sk-ant-broken"));
      host.credentials(
          "anthropic_api_key: \"sk-ant-late\"\nclaude_code_oauth_token: \"\"\n", "rw-------");
      isAnswered(host);
    }
  }

  private static void isToldOnce(Host host, String sentence) throws IOException {
    host.say("hello");
    host.awaitHearing(sentence);
    assertThat(host.status().missing()).hasValueSatisfying(it -> assertThat(it).contains(sentence));
    // several looks later
    await().pollDelay(1, SECONDS).until(() -> true);
    assertThat(host.heard()).hasSize(1);
  }

  private static void isAnswered(Host host) throws IOException {
    host.awaitHearing("You said: hello");
    assertThat(host.heard()).hasSize(2);
    assertThat(host.status().missing()).isEmpty();
    assertThat(host.status().groups()).allMatch(it -> it.trouble().isEmpty());
  }
}
