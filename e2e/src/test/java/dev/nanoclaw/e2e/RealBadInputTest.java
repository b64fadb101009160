package dev.nanoclaw.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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

  /// The CLI goes on without writing the conversation down.
  @Test
  void aDiskThatIsFullAfterTheStart() throws Exception {
    try (SmallDisk disk = new SmallDisk(home.resolve(".claude"));
        RunnerProcess runner = cli.start(RealCli.bash("cat /dev/zero >$CLAUDE_CONFIG_DIR/all"))) {
      assertThat(RealCli.said(runner)).contains("No space left on device");
      runner.followUp("in-2", "and now?");
      assertThat(RealCli.said(runner)).isEqualTo("ECHO: and now?");
      assertThat(disk.directory().resolve("all")).exists();
    }
  }

  @Test
  void aDiskThatIsFullFromTheStart() throws Exception {
    try (SmallDisk disk = new SmallDisk(home.resolve(".claude"))) {
      disk.fill();
      expectAnAnswer("hello");
    }
  }

  @Test
  void aGroupsDirectoryThatIsFull() throws Exception {
    try (SmallDisk disk = new SmallDisk(cli.group())) {
      disk.fill();
      try (RunnerProcess runner = cli.start(RealCli.bash("echo note >note"))) {
        assertThat(RealCli.said(runner)).contains("No space left on device");
        runner.followUp("in-2", "/compact");
        assertThat(runner.frame().acked()).containsExactly("in-2");
        assertThat(runner.log()).anyMatch(it -> it.contains("could not be archived"));
      }
    }
  }

  private void expectAnAnswer(String text) throws Exception {
    try (RunnerProcess runner = cli.start(text)) {
      assertThat(RealCli.said(runner)).isEqualTo("ECHO: " + text);
    }
  }

  /// A file system of two megabytes.
  private record SmallDisk(Path directory) implements AutoCloseable {

    SmallDisk {
      run("mount", "-t", "tmpfs", "-o", "size=2m,mode=777", "tmpfs", directory.toString());
    }

    void fill() {
      run("sh", "-c", "! cat /dev/zero >" + directory + "/all 2>/dev/null");
    }

    @Override
    public void close() {
      run("umount", "-l", directory.toString());
    }

    private static void run(String... command) {
      Machine.run(Path.of("/"), Map.of(), List.of(command)).orFail();
    }
  }
}
