package dev.nanoclaw.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A person's message, answered by the real Claude Code in a real container: every engine, as root
/// and as an ordinary user; Apple's is played over podman. Only Anthropic's servers are played.
@Timeout(600)
class ContainerTest {

  private static final String KEY = "sk-ant-api03-" + UUID.randomUUID().toString().replace("-", "");
  private static final String CANARY =
      "sk-ant-api03-CANARY" + UUID.randomUUID().toString().replace("-", "");

  static Stream<Installation.Setting> settings() {
    String user = Machine.required("NANOCLAW_TEST_USER");
    return Stream.of(
        new Installation.Setting("podman", Optional.empty()),
        new Installation.Setting("docker", Optional.empty()),
        new Installation.Setting("podman", Optional.of(user)),
        new Installation.Setting("docker", Optional.of(user)),
        new Installation.Setting("apple", Optional.empty()));
  }

  @BeforeAll
  static void buildImages() throws Exception {
    for (String engine : List.of("podman", "docker", "apple")) {
      var root = new Installation.Setting(engine, Optional.empty());
      try (var installation = new Installation(root, "http://127.0.0.1:9", KEY)) {
        installation.buildImage();
      }
    }
    var rootless =
        new Installation.Setting("podman", Optional.of(Machine.required("NANOCLAW_TEST_USER")));
    try (var installation = new Installation(rootless, "http://127.0.0.1:9", KEY)) {
      installation.takeImageFromRoot();
    }
  }

  @ParameterizedTest
  @MethodSource("settings")
  void claudeAnswersFromInsideItsContainer(Installation.Setting setting) throws Exception {
    try (var api = new ApiStandIn();
        var nanoclaw = new Installation(setting, api.baseUrl(), KEY)) {
      nanoclaw.start();

      assertThat(nanoclaw.chat("<<SCRIPT [{\"text\":\"hello from claude\"}] SCRIPT>>"))
          .contains("hello from claude");
      List<String> containers = nanoclaw.containers();
      assertThat(containers).hasSize(1);

      // proof that the real CLI runs Bash there: a nonce that only the inside of that container
      // knows
      String container = containers.getFirst();
      String nonce = UUID.randomUUID().toString();
      nanoclaw.engine("exec", container, "sh", "-c", "echo " + nonce + " > /tmp/nonce").orFail();
      assertThat(nanoclaw.chat(bash("cat /tmp/nonce"))).contains(nonce);
      assertThat(nanoclaw.containers()).containsExactly(container);

      // after its end the next container goes on with the same session
      Path run = onlyRun(nanoclaw.home());
      Files.writeString(run.resolve("input").resolve("_close"), "");
      Installation.await("the container to end", () -> nanoclaw.containers().isEmpty());
      assertThat(nanoclaw.chat("<<SCRIPT [{\"text\":\"back again\"}] SCRIPT>>"))
          .contains("back again");
      assertThat(nanoclaw.containers()).hasSize(1).doesNotContain(container);
      assertThat(api.conversation().getLast().texts())
          .anyMatch(it -> it.contains("hello from claude"))
          .anyMatch(it -> it.contains(nonce));

      nobodyInsideCanReadTheKey(nanoclaw);
      assertThat(api.conversation())
          .allSatisfy(it -> assertThat(it.headers()).containsEntry("x-api-key", KEY));
      assertThat(Files.readString(nanoclaw.home().resolve("logs/nanoclaw.log")))
          .doesNotContain(KEY)
          .doesNotContain("hello from claude");
    }
  }

  private static void nobodyInsideCanReadTheKey(Installation nanoclaw) throws Exception {
    String container = nanoclaw.containers().getFirst();
    Path script = Machine.checkout().resolve("e2e/src/test/resources/search.sh");
    Path group = nanoclaw.home().resolve("groups/main");
    Files.copy(script, group.resolve("search.sh"));
    Files.writeString(group.resolve("canary.txt"), "a key of the same kind: " + CANARY + "\n");
    nanoclaw
        .engine("exec", "--detach", container, "env", "PLANTED=" + CANARY + "ENV", "sleep", "300")
        .orFail();

    String found = nanoclaw.chat(bash("sh /workspace/group/search.sh 2>&1"));

    assertThat(found)
        .contains("search done")
        .containsPattern("runner=\\d+")
        .contains("own environ", "open: own maps", "open: own fd", "open: own ptrace")
        .contains("found: " + CANARY, "found: " + CANARY + "ENV")
        .doesNotContain(KEY)
        .contains("refused: runner ptrace", "refused: attach");
    assertThat(found.lines().filter(it -> it.startsWith("open: ")))
        .allMatch(it -> it.startsWith("open: own"));
  }

  private static String bash(String command) {
    return "<<SCRIPT [{\"tool\":\"Bash\",\"input\":{\"command\":\""
        + command
        + "\",\"description\":\"x\",\"timeout\":100000}},{\"echo_tool_result\":true}] SCRIPT>>";
  }

  private static Path onlyRun(Path home) throws Exception {
    try (Stream<Path> runs = Files.list(home.resolve("data/ipc/main"))) {
      List<Path> all = runs.toList();
      assertThat(all).hasSize(1);
      return all.getFirst();
    }
  }
}
