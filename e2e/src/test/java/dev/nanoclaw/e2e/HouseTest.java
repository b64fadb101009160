package dev.nanoclaw.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a group finds in its container, from the owner's files to the model's request, with the
/// real Claude Code in the real image.
@Timeout(300)
class HouseTest {

  private static final Installation.Setting PODMAN =
      new Installation.Setting("podman", Optional.empty());

  private final ApiStandIn api = new ApiStandIn();
  private final Installation nanoclaw = new Installation(PODMAN, api.baseUrl(), RunnerProcess.KEY);

  HouseTest() throws IOException {}

  @BeforeAll
  static void buildImage() throws IOException {
    try (var installation = new Installation(PODMAN, "http://127.0.0.1:9", "none")) {
      installation.buildImage();
    }
  }

  @BeforeEach
  void start() throws IOException {
    nanoclaw.start();
  }

  @AfterEach
  void stop() {
    nanoclaw.close();
    api.close();
  }

  @Test
  void aGroupsMemorySkillsAndToolServersReachTheModelAndACompactionLeavesAPage() throws Exception {
    Path family = asOrdinaryGroup("family");
    write("groups/global/CLAUDE.md", "Nobody here eats walnuts.");
    write("groups/family/CLAUDE.md", "The family's parrot is called Ferdinand.");
    write("groups/family/larder.py", RealMemoryTest.SERVER);
    Files.setPosixFilePermissions(
        family.resolve("larder.py"), PosixFilePermissions.fromString("rwxr-xr-x"));
    write(
        "groups/family/.mcp.json",
        "{\"mcpServers\":{\"larder\":{\"command\":\"/workspace/group/larder.py\"}}}");
    endContainer();

    String look = RealCli.script(RealCli.tool("mcp__larder__look", Map.of()), RealCli.ECHO);
    assertThat(nanoclaw.chat(look)).contains("seven-jars-of-quince");
    assertThat(lastRequest())
        .contains("parrot is called Ferdinand", "Nobody here eats walnuts")
        .contains(skills().stream().map(it -> "- " + it + ": ").toList());

    // both memories change; the next container goes on with the same session
    endContainer();
    write("groups/family/CLAUDE.md", "The family's parrot is called Isabella.");
    write("groups/global/CLAUDE.md", "Everybody here eats walnuts.");
    assertThat(nanoclaw.chat(RealCli.script("{\"text\":\"here again\"}"))).contains("here again");
    assertThat(lastRequest())
        .contains("parrot is called Isabella", "Everybody here eats walnuts")
        .contains("seven-jars-of-quince");

    // too long once: Claude Code compacts, and what it takes away is archived first
    AtomicInteger refused = new AtomicInteger();
    api.instead(body -> {
      String text = body.path("messages").toString();
      if (text.contains("create a detailed summary")) {
        return Optional.of("{\"text\":\"<summary>We spoke of jars.</summary>\"}");
      }
      return text.contains("one more thing") && refused.getAndIncrement() == 0
          ? Optional.of("{\"status\":400,\"message\":\"prompt is too long: 2 tokens > 1 maximum\"}")
          : Optional.empty();
    });
    assertThat(nanoclaw.chat("one more thing")).contains("one more thing");
    assertThat(refused).hasPositiveValue();
    List<Path> pages = list(family.resolve("conversations"));
    assertThat(pages).hasSize(1);
    assertThat(pages.getFirst().getFileName().toString()).matches("\\d{4}-\\d\\d-\\d\\d-.+\\.md");
    assertThat(Files.readString(pages.getFirst())).contains("## Assistant, 20", "here again");
  }

  @Test
  void stopEndsARunningCommandAndTheNextMessageIsAnswered() throws Exception {
    Path answer = nanoclaw.home().resolve("answer");
    Process waiting =
        nanoclaw.chatInBackground(RealCli.bash("touch /workspace/group/started; sleep 97"), answer);
    RealCli.await(nanoclaw.home().resolve("groups/main/started"));
    List<String> containers = nanoclaw.containers();
    assertThat(sleeps(containers.getFirst())).isTrue();

    long begin = System.nanoTime();
    assertThat(nanoclaw.chat("/stop")).contains("Stopping.");
    Installation.await("the command to end", () -> !sleeps(containers.getFirst()));
    System.out.printf(
        "/stop, with the start of its terminal -> end of the command: %d ms%n",
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
    assertThat(waiting.waitFor(30, TimeUnit.SECONDS)).isTrue();

    // the stand-in goes on with its script: it sees the new message behind the broken-off command
    assertThat(nanoclaw.chat("still there?")).contains("stopped while running");
    assertThat(api.conversation().getLast().texts().getLast()).contains("still there?");
    assertThat(nanoclaw.containers()).isEqualTo(containers);
  }

  @Test
  void aCommandThatEatsAllMemoryEndsAloneAndTheTurnGoesOn() throws Exception {
    nanoclaw.stop();
    nanoclaw.configure("memory: 2g", "memory: 700m");
    nanoclaw.start();

    assertThat(nanoclaw.chat(RealCli.bash("python3 -c 'bytearray(2 << 30)'; echo code $?")))
        .contains("code 137");
    assertThat(nanoclaw.chat("and now?")).contains("and now?");
  }

  @Test
  void aContainerTooSmallForClaudeCodeSaysSo() throws Exception {
    nanoclaw.stop();
    nanoclaw.configure("memory: 2g", "memory: 200m");
    nanoclaw.configure("max_turn_retries: 5", "max_turn_retries: 0");
    nanoclaw.start();

    // what lies in memory as files counts; the kernel ends a large process then, most often Claude
    // Code itself, else the runner
    assertThat(nanoclaw.chat(RealCli.bash("head -c 63M /dev/zero >/dev/shm/ballast; sleep 5")))
        .containsPattern("most likely because the memory ran out|perhaps for want of memory");
  }

  @Test
  void aFullDiskKeepsNobodyFromAnsweringAndIsNamedWhenClaudeCodeEnds() throws Exception {
    nanoclaw.stop();
    nanoclaw.configure("max_turn_retries: 5", "max_turn_retries: 0");
    Path disk = nanoclaw.home().resolve("data/sessions/main/.claude");
    Files.createDirectories(disk);
    root("mount -t tmpfs -o size=1m,mode=777 tmpfs " + disk);
    try {
      root("dd if=/dev/zero of=" + disk + "/ballast bs=4k 2>/dev/null || true");
      nanoclaw.start();

      assertThat(nanoclaw.chat("hello")).contains("hello");
      assertThat(nanoclaw.chat(RealCli.bash("pkill -9 -x claude"))).contains("The disk is full");
    } finally {
      root("umount --lazy " + disk);
    }
  }

  /// Turns the local chat's group into one like all others and lets it begin.
  ///
  /// @return its directory
  private Path asOrdinaryGroup(String folder) throws IOException {
    nanoclaw.stop();
    nanoclaw.makeOrdinaryGroup(folder);
    nanoclaw.start();
    assertThat(nanoclaw.chat("hello")).contains("hello");
    return nanoclaw.home().resolve("groups").resolve(folder);
  }

  private void write(String path, String text) throws IOException {
    Path file = nanoclaw.home().resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private static void root(String command) {
    Machine.run(Path.of("/"), Map.of(), List.of("sh", "-c", command)).orFail();
  }

  private void endContainer() {
    nanoclaw.containers().forEach(it -> nanoclaw.engine("stop", it));
    Installation.await("the container to end", () -> nanoclaw.containers().isEmpty());
  }

  private boolean sleeps(String container) {
    return nanoclaw.engine("exec", container, "pgrep", "-f", "^sleep 97").code() == 0;
  }

  private String lastRequest() {
    return api.conversation().getLast().body().toString();
  }

  private static List<String> skills() throws IOException {
    return list(Machine.checkout().resolve("container/skills")).stream()
        .map(it -> it.getFileName().toString())
        .toList();
  }

  private static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.sorted().toList();
    }
  }
}
