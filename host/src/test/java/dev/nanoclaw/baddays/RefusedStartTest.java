package dev.nanoclaw.baddays;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.app.HomeLock;
import dev.nanoclaw.baddays.Host.Ended;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What is wrong stops the start with one message and exit code 1, or 78 where only the owner can
/// put it right, and without a stack trace.
@Timeout(300)
class RefusedStartTest {

  private static final int WRONG_CONFIGURATION = 78;

  @TempDir private Path dir;

  @Test
  void everythingThatIsWrongWithTheConfigurationIsToldAtOnce() throws Exception {
    try (Host host = new Host(dir)) {
      Path config = host.home().resolve("config.yml");
      Files.writeString(
          config,
          Files.readString(config)
              .replace("name: Andy", "nam: Andy")
              .replace("max_concurrent: 5", "max_concurrent: many")
              .replace("level: INFO", "level: LOUD"));
      Ended ended = host.run("start");
      assertRefused(ended, WRONG_CONFIGURATION);
      assertThat(ended.output())
          .contains("config.yml", "assistant.nam", "max_concurrent", "logging.level");
    }
  }

  @Test
  void credentialsThatOthersCanRead() throws Exception {
    try (Host host = new Host(dir)) {
      host.credentials("anthropic_api_key: sk-ant-x\nclaude_code_oauth_token: ''\n", "rw-r--r--");
      Ended ended = host.run("start");
      assertRefused(ended, WRONG_CONFIGURATION);
      assertThat(ended.output()).contains("chmod 600").hasLineCount(1);
    }
  }

  @Test
  void brokenCredentials() throws Exception {
    try (Host host = new Host(dir)) {
      host.credentials("anthropic_api_key: \"sk-ant-x\nkey: 1\n", "rw-------");
      Ended ended = host.run("start");
      assertRefused(ended, WRONG_CONFIGURATION);
      assertThat(ended.output()).contains("credentials.yml").doesNotContain("sk-ant-x");
    }
  }

  @Test
  void aSecondHostOnTheSameHome() throws Exception {
    try (Host host = new Host(dir).installEngine().start()) {
      Ended second = host.run("start");
      assertRefused(second, 1);
      assertThat(second.output())
          .contains("another NanoClaw already runs", Long.toString(host.status().pid()))
          .hasLineCount(1);
      host.say("still there?");
      host.awaitHearing("You said: still there?");
    }
  }

  @Test
  void aDirectoryOfTheControlSocketThatOthersCanEnter() throws Exception {
    try (Host host = new Host(dir).start()) {
      Path directory = HomeLock.socket(host.home()).orElseThrow().getParent();
      var _ = host.stop();
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
      Ended ended = host.run("start");
      assertRefused(ended, 1);
      assertThat(ended.output())
          .contains(directory + " is not a directory of this user with mode 0700")
          .hasLineCount(1);
    }
  }

  @Test
  void somethingElseInThePlaceOfTheControlSocket() throws Exception {
    try (Host host = new Host(dir).start()) {
      Path socket = HomeLock.socket(host.home()).orElseThrow();
      var _ = host.stop();
      Files.deleteIfExists(socket);
      Files.createDirectories(socket.resolve("not-empty"));
      Ended ended = host.run("start");
      assertRefused(ended, 1);
      assertThat(ended.output()).contains("the control socket " + socket).contains("remove it");
    }
  }

  @Test
  void aHomeThatCannotBeWritten() throws Exception {
    try (Host host = new Host(dir)) {
      Files.createFile(host.home().resolve("store"));
      Ended ended = host.run("start");
      assertRefused(ended, 1);
      assertThat(ended.output()).contains(host.home().resolve("store").toString());
    }
  }

  private static void assertRefused(Ended ended, int code) {
    assertThat(ended.code()).isEqualTo(code);
    assertThat(ended.output()).contains("nanoclaw: ").doesNotContain("\tat ");
  }
}
