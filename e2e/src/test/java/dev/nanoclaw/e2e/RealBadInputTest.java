package dev.nanoclaw.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.protocol.AgentFrame;
import dev.nanoclaw.protocol.AgentFrame.ErrorKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What people and agents leave lying about: the real Claude Code goes on without the broken part.
@Timeout(120)
final class RealBadInputTest {

  @TempDir Path home;
  private RealCli cli;

  @BeforeEach
  void start() throws IOException {
    cli = new RealCli(home);
  }

  @AfterEach
  void stop() {
    cli.close();
  }

  @Test
  void memoryThatIsNoText() throws Exception {
    byte[] noise = new byte[100_000];
    new Random(1).nextBytes(noise);
    Files.write(cli.group().resolve("CLAUDE.md"), noise);
    expectAnAnswer("hello");
  }

  @Test
  void memoryOfFiveMegabytes() throws Exception {
    cli.write("group/CLAUDE.md", "The same again and again.\n".repeat(200_000));
    expectAnAnswer("hello");
  }

  @Test
  void settingsThatAreNoJson() throws Exception {
    cli.write("group/.claude/settings.json", "{\"env\": oops");
    cli.write("group/.claude/settings.local.json", "\u0000\u0001");
    cli.write(".claude/settings.json", "[]");
    expectAnAnswer("hello");
  }

  @Test
  void aToolServerThatHangs() throws Exception {
    cli.write(
        "group/.mcp.json",
        "{\"mcpServers\":{\"hang\":{\"command\":\"sleep\",\"args\":[\"600\"]}}}");
    expectAnAnswer("hello");
  }

  @Test
  void toolServersThatAreNoJsonOrNotThere() throws Exception {
    cli.write("group/.mcp.json", "{\"mcpServers\":");
    expectAnAnswer("hello");
    cli.write("group/.mcp.json", "{\"mcpServers\":{\"gone\":{\"command\":\"/nowhere\"}}}");
    expectAnAnswer("hello again");
  }

  @Test
  void aToolResultOfTenMegabytes() throws Exception {
    try (RunnerProcess runner =
        cli.start(RealCli.bash("head -c 10000000 /dev/zero | tr '\\0' a"))) {
      assertThat(RealCli.said(runner)).contains("aaaa").hasSizeLessThan(1_000_000);
      runner.followUp("in-2", RealCli.bash("cat /dev/urandom | head -c 300000"));
      assertThat(RealCli.said(runner)).startsWith("TOOL: ");
      runner.followUp("in-3", RealCli.bash("printf 'caf\\351 \\377\\376 end'"));
      assertThat(RealCli.said(runner)).contains("caf", "end");
    }
  }

  @Test
  void aDiskThatIsFull() throws Exception {
    List<String> small = List.of("-t", "tmpfs", "-o", "size=2m,mode=777", "tmpfs");
    mount(small, home.resolve(".claude"));
    try (RunnerProcess runner =
        cli.start(RealCli.bash("head -c 9000000 /dev/zero >$CLAUDE_CONFIG_DIR/filler; echo on"))) {
      AgentFrame frame = runner.frame();
      runner.followUp("in-2", "and now?");
      AgentFrame next = runner.frame();
      System.out.println("full disk: " + frame + "\n" + next + "\n" + runner.log());
      for (AgentFrame each : List.of(frame, next)) {
        if (each.errorKind().isPresent()) {
          assertThat(each.errorKind()).contains(ErrorKind.OTHER);
          assertThat(each.error()).contains("The disk is full, so Claude cannot work.");
        }
      }
    } finally {
      run(List.of("umount", "-l", home.resolve(".claude").toString()));
    }
  }

  private void expectAnAnswer(String text) throws Exception {
    try (RunnerProcess runner = cli.start(text)) {
      assertThat(RealCli.said(runner)).isEqualTo("ECHO: " + text);
    }
  }

  private static void mount(List<String> what, Path where) throws Exception {
    List<String> command = new java.util.ArrayList<>(List.of("mount"));
    command.addAll(what);
    command.add(where.toString());
    run(command);
  }

  private static void run(List<String> command) throws Exception {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }
}
