package dev.nanoclaw.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ClaudeCommandTest {

  @TempDir Path workspace;

  @Test
  void theSecretIsNowhereAndOurEnvironmentStaysOutside() throws IOException {
    Credential key = Credential.from(Map.of("ANTHROPIC_API_KEY", "sk-real")).orElseThrow();
    try (CredentialProxy proxy =
        new CredentialProxy(URI.create("http://127.0.0.1:9"), key, Duration.ofSeconds(9))) {
      Map<String, String> ours = Map.of("PATH", "/bin", "SECRET", "x", "JAVA_TOOL_OPTIONS", "y");
      Map<String, String> environment =
          ClaudeCommand.environment(RequestLineTest.request("p"), paths(), proxy, ours);

      assertThat(environment).doesNotContainKeys("SECRET", "JAVA_TOOL_OPTIONS");
      assertThat(environment)
          .containsEntry("PATH", "/bin")
          .containsEntry("TZ", "Europe/Paris")
          .containsEntry("ANTHROPIC_BASE_URL", proxy.address());
      assertThat(environment.toString()).doesNotContain("sk-real");
      assertThat(environment.get("ANTHROPIC_API_KEY")).startsWith("sk-ant-placeholder-");
      assertThat(environment).doesNotContainKey("CLAUDE_CODE_ADDITIONAL_DIRECTORIES_CLAUDE_MD");
    }
  }

  @Test
  void directoriesAreAddedThatAreThere() throws IOException {
    Files.createDirectories(workspace.resolve("skills"));
    Files.createDirectories(workspace.resolve("extra/b"));
    Files.createDirectories(workspace.resolve("extra/a"));
    Files.createFile(workspace.resolve("extra/file"));

    assertThat(ClaudeCommand.arguments(RequestLineTest.request("p"), paths()))
        .startsWith("/opt/claude")
        .contains("--model=claude-x", "--resume=session-1")
        .endsWith(
            "--add-dir=" + workspace.resolve("skills"),
            "--add-dir=" + workspace.resolve("extra/a"),
            "--add-dir=" + workspace.resolve("extra/b"));
  }

  @Test
  void pathsAreTheContainersUnlessTheEnvironmentSaysOtherwise() {
    assertThat(RunnerPaths.from(Map.of()))
        .isEqualTo(
            new RunnerPaths(
                Path.of("/workspace"),
                Path.of("/usr/local/bin/claude"),
                Path.of("/home/node/.claude")));
    assertThat(RunnerPaths.from(Map.of("NANOCLAW_WORKSPACE", "/w")).input())
        .isEqualTo(Path.of("/w/ipc/input"));
  }

  @Test
  void aCredentialThatFitsIntoNoHeaderIsNone() {
    assertThat(Credential.from(Map.of())).isEmpty();
    assertThat(Credential.from(Map.of("ANTHROPIC_API_KEY", " "))).isEmpty();
    assertThat(Credential.from(Map.of("ANTHROPIC_API_KEY", "a\nb"))).isEmpty();
    assertThat(Credential.from(Map.of("ANTHROPIC_API_KEY", " sk \n")).orElseThrow().secret())
        .isEqualTo("sk");
    assertThat(Credential.from(Map.of("CLAUDE_CODE_OAUTH_TOKEN", "t")).orElseThrow().toString())
        .isEqualTo("[secret]");
  }

  private RunnerPaths paths() {
    return new RunnerPaths(workspace, Path.of("/opt/claude"), workspace.resolve(".claude"));
  }
}
