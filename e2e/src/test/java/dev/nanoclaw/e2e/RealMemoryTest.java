package dev.nanoclaw.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What the real Claude Code finds in its workspace reaches the model: memory, settings, skills,
/// tool servers. And what a compaction takes away stays readable.
@Timeout(120)
final class RealMemoryTest {

  static final String SERVER =
      """
      #!/usr/bin/env python3
      import json, sys
      for line in sys.stdin:
          call = json.loads(line)
          method, result = call.get("method"), None
          if method == "initialize":
              result = {"protocolVersion": call["params"]["protocolVersion"],
                        "capabilities": {"tools": {}},
                        "serverInfo": {"name": "larder", "version": "1"}}
          elif method == "tools/list":
              result = {"tools": [{"name": "look", "description": "Looks into the larder.",
                                   "inputSchema": {"type": "object", "properties": {}}}]}
          elif method == "tools/call":
              result = {"content": [{"type": "text", "text": "seven-jars-of-quince"}]}
          if "id" in call:
              answer = {"jsonrpc": "2.0", "id": call["id"]}
              if result is None:
                  answer["error"] = {"code": -32601, "message": "unknown"}
              else:
                  answer["result"] = result
              print(json.dumps(answer), flush=True)
      """;

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
  void theGroupsOwnAndTheGlobalMemoryReachTheModelAlsoWhenASessionGoesOn() throws Exception {
    cli.write("group/CLAUDE.md", "The family's parrot is called Ferdinand.");
    cli.write("global/CLAUDE.md", "Nobody here eats walnuts.");
    Optional<String> session;
    try (RunnerProcess runner = cli.start("hello")) {
      session = runner.frame().newSessionId();
      runner.askToFinish();
      assertThat(runner.exitCode()).isZero();
    }
    assertThat(firstRequest()).contains("parrot is called Ferdinand", "Nobody here eats walnuts");

    cli.write("group/CLAUDE.md", "The family's parrot is called Isabella.");
    cli.write("global/CLAUDE.md", "Everybody here eats walnuts.");
    try (RunnerProcess runner = cli.start("again", session, Map.of())) {
      assertThat(runner.frame().newSessionId()).isEqualTo(session);
    }
    assertThat(cli.api().conversation().getLast().body().toString())
        .contains("parrot is called Isabella", "Everybody here eats walnuts");
  }

  @Test
  void settingsApplyAndSkillsOfAllPlacesAreOffered() throws Exception {
    cli.write("group/.claude/settings.json", "{\"env\":{\"TEA\":\"darjeeling\"}}");
    skill("group/.claude/skills/brew", "Brews tea the way grandmother did.");
    skill(".claude/skills/pour", "Pours it without a drop beside the cup.");
    Path shared = Files.createDirectories(home.resolve("skills/.claude")).resolve("skills");
    Path skills = Machine.checkout().resolve("container/skills");
    Files.createSymbolicLink(shared, skills);
    try (RunnerProcess runner = cli.start(RealCli.bash("echo tea=$TEA"))) {
      assertThat(RealCli.said(runner)).contains("tea=darjeeling");
    }
    List<String> names = names(skills);
    assertThat(names).hasSizeGreaterThanOrEqualTo(3);
    assertThat(firstRequest())
        .contains("the way grandmother did", "without a drop beside the cup")
        .contains(names.stream().map(it -> "- " + it + ": ").toList());
  }

  @Test
  void aSharedSkillCanBeUsed() throws Exception {
    Path shared = Files.createDirectories(home.resolve("skills/.claude")).resolve("skills");
    Path skills = Machine.checkout().resolve("container/skills");
    Files.createSymbolicLink(shared, skills);
    for (String name : names(skills)) {
      String use = RealCli.script(RealCli.tool("Skill", Map.of("skill", name)));
      try (RunnerProcess runner = cli.start(use)) {
        RealCli.said(runner);
      }
      String text = Files.readString(skills.resolve(name).resolve("SKILL.md"));
      String lastLine = text.lines().toList().getLast();
      assertThat(cli.api().conversation().getLast().texts())
          .as(name)
          .anyMatch(it -> it.contains(lastLine));
    }
  }

  @Test
  void aToolServerOfTheGroupIsCalled() throws Exception {
    Path server = cli.write("group/larder.py", SERVER);
    Files.setPosixFilePermissions(server, PosixFilePermissions.fromString("rwxr-xr-x"));
    cli.write("group/.mcp.json", "{\"mcpServers\":{\"larder\":{\"command\":\"" + server + "\"}}}");
    String look = RealCli.script(RealCli.tool("mcp__larder__look", Map.of()), RealCli.ECHO);
    try (RunnerProcess runner = cli.start(look)) {
      assertThat(RealCli.said(runner)).contains("seven-jars-of-quince");
    }
  }

  @Test
  void aCompactionLeavesAPageOfTheConversation() throws Exception {
    String message = "<message sender=\"Bob\" time=\"Sun 2026-11-22 10:00:00 +01:00\">";
    String prompt = "<messages>\n" + message + "Which tram goes to Rome?</message>\n</messages>";
    try (RunnerProcess runner = cli.start(prompt)) {
      runner.frame();
      runner.followUp("in-2", RealCli.bash("echo secret-output"));
      runner.frame();
      runner.followUp("in-3", "/compact");
      assertThat(runner.frame().acked()).containsExactly("in-3");
      runner.followUp("in-4", "<messages>\n" + message + "And back?</message>\n</messages>");
      runner.frame();
      runner.followUp("in-5", "/compact");
      assertThat(runner.frame().acked()).containsExactly("in-5");
    }
    Path pages = cli.group().resolve("conversations");
    List<String> names = names(pages);
    assertThat(names).hasSize(2);
    assertThat(names.getLast()).matches("\\d{4}-\\d\\d-\\d\\d-which-tram-goes-to-rome\\.md");
    assertThat(Files.readString(pages.resolve(names.getLast())))
        .contains("# which tram goes to rome\n", "## Chat, 20", "## Assistant, 20")
        .contains("**Bob** (Sun 2026-11-22 10:00:00 +01:00): Which tram goes to Rome?")
        .contains("*used Bash*")
        .doesNotContain("And back?");
    assertThat(Files.readString(pages.resolve(names.getFirst())))
        .contains("And back?")
        .doesNotContain("Which tram goes to Rome?");
  }

  @Test
  void anArchiveThatCannotBeWrittenHoldsNoCompactionUp() throws Exception {
    cli.write("group/conversations", "a file where the directory should be");
    try (RunnerProcess runner = cli.start("hello")) {
      runner.frame();
      runner.followUp("in-2", "/compact");
      assertThat(runner.frame().acked()).containsExactly("in-2");
      assertThat(runner.log()).anyMatch(it -> it.contains("could not be archived"));
    }
  }

  private void skill(String directory, String description) throws IOException {
    String name = Path.of(directory).getFileName().toString();
    cli.write(
        directory + "/SKILL.md",
        "---\nname: " + name + "\ndescription: " + description + "\n---\nAs it says.\n");
  }

  private String firstRequest() {
    return cli.api().conversation().getFirst().body().toString();
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(it -> it.getFileName().toString()).sorted().toList();
    }
  }
}
