package dev.nanoclaw.baddays;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.nanoclaw.app.HomeLock;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The daemon ends in the middle of something, and another one takes over.
@Timeout(300)
class RestartTest {

  @TempDir private Path dir;

  @Test
  void aPipedChatOutlivesTheDaemonAndGetsItsAnswer() throws Exception {
    try (Host host = new Host(dir).installEngine().start()) {
      Path hold = hold(host);
      Path output = dir.resolve("chat.out");
      Process chat = host.launch(output, "chat");
      try (Writer lines = chat.outputWriter()) {
        lines.write("first\nsecond\n");
      }
      awaitWork(host);

      System.out.println(
          "stopped in %d ms, with an agent at work".formatted(host.stop().toMillis()));
      assertThat(host.containers()).hasSize(1);
      Files.delete(hold);
      host.start();

      assertThat(chat.waitFor(60, TimeUnit.SECONDS)).as(Files.readString(output)).isTrue();
      assertThat(Files.readString(output))
          .containsSubsequence("the daemon went away", "is back")
          .containsSubsequence("the daemon went away", "You said: first", "You said: second");
      assertThat(chat.exitValue()).isZero();
      assertThat(host.engineLines("starts")).hasSize(1);
      assertThat(host.heard()).hasSize(2);
    }
  }

  @Test
  void aTurnOutlivesKillMinusNineAndIsAnsweredOnce() throws Exception {
    try (Host host = new Host(dir).installEngine().start()) {
      Path hold = hold(host);
      host.say("hello");
      awaitWork(host);
      host.kill();
      Path socket = HomeLock.socket(host.home()).orElseThrow();
      assertThat(socket).exists(); // nobody removed it

      host.start();
      host.say("and you");
      Files.delete(hold);
      host.awaitHearing("You said: and you");
      assertThat(host.heard()).hasSize(2).first().asString().contains("You said: hello");
      assertThat(host.engineLines("answers")).containsExactly("hello", "and you");
      assertThat(host.engineLines("starts")).hasSize(1);
    }
  }

  @Test
  void aHostThatIsKilledWhileItStartsAContainerLosesNothing() throws Exception {
    try (Host host = new Host(dir).installEngine().start()) {
      host.say("hello");
      host.kill(); // before, while or after the engine's CLI gets its request
      host.start();
      host.awaitHearing("You said: hello");
      assertThat(host.heard()).hasSize(1);
    }
  }

  @Test
  void anAnswerThatCameWhileNoDaemonRanIsTaken() throws Exception {
    try (Host host = new Host(dir).installEngine().start()) {
      Path hold = hold(host);
      host.say("hello");
      awaitWork(host);
      host.kill();
      Files.createFile(host.engine().resolve("once"));
      Files.delete(hold);
      await().until(() -> host.containers().isEmpty());

      host.start();
      host.awaitHearing("You said: hello");
      assertThat(host.engineLines("answers")).containsExactly("hello");
    }
  }

  private static Path hold(Host host) throws IOException {
    return Files.createFile(host.engine().resolve("hold"));
  }

  private static void awaitWork(Host host) {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() ->
            !host.containers().isEmpty()
                && host.status().groups().getFirst().state().equals("working"));
  }
}
