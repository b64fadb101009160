package dev.nanoclaw.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nanoclaw.config.Credential;
import dev.nanoclaw.config.Secret;
import dev.nanoclaw.config.Settings;
import dev.nanoclaw.container.ContainerEngine.ContainerSpec;
import dev.nanoclaw.container.ContainerEngine.EngineException;
import dev.nanoclaw.container.ContainerEngine.Health;
import dev.nanoclaw.container.DockerLikeEngine.Dialect;
import dev.nanoclaw.container.Engines.Found;
import dev.nanoclaw.container.Readiness.State;
import dev.nanoclaw.testing.FakeEngine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class EngineTest {

  @TempDir private Path dir;

  private static String runCommand(Dialect dialect, AgentUser user, Optional<String> network) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("nanoclaw.install", "i1");
    labels.put("nanoclaw.run", "r1");
    return String.join(
        " ",
        new DockerLikeEngine(dialect, List.of("ENGINE"))
            .runCommand(
                new ContainerSpec(
                    "nanoclaw-family-r1",
                    "agent:test",
                    labels,
                    List.of(
                        Mount.writable(Path.of("/g/family"), "/workspace/group"),
                        Mount.readOnly(Path.of("/g/global"), "/workspace/global")),
                    user,
                    "2g",
                    3,
                    512,
                    network)));
  }

  @ParameterizedTest
  @EnumSource(Dialect.class)
  void aContainerIsStartedByTheseWords(Dialect dialect) {
    String keepId = dialect == Dialect.PODMAN_ROOTLESS ? " --userns=keep-id" : "";
    assertThat(runCommand(dialect, new AgentUser(1000, 1001, true), Optional.empty()))
        .isEqualTo(
            "ENGINE run --interactive --rm --pull never --log-driver none --name nanoclaw-family-r1"
                + " --label nanoclaw.install=i1 --label nanoclaw.run=r1 --user 1000:1001"
                + keepId
                + " --cap-drop ALL --security-opt no-new-privileges --memory 2g --cpus 3"
                + " --pids-limit 512"
                + " --mount type=bind,source=/g/family,target=/workspace/group"
                + " --mount type=bind,source=/g/global,target=/workspace/global,readonly"
                + " agent:test");
    assertThat(runCommand(dialect, new AgentUser(7, 7, false), Optional.of("host")))
        .contains(" --pids-limit 512 --network host --mount ")
        .contains(" --user 7:7 ");
  }

  @Test
  void anImageIsBuiltByTheseWords() {
    assertThat(
            new DockerLikeEngine(Dialect.DOCKER, List.of("docker"))
                .buildCommand(
                    Path.of("/c"), "agent:test", Map.of("BASE", "debian"), Optional.of("host")))
        .containsExactly(
            "docker",
            "build",
            "--tag",
            "agent:test",
            "--file",
            "/c/Containerfile",
            "--build-arg",
            "BASE=debian",
            "--network",
            "host",
            "/c");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/a,b", "/a=b", "/a:b"})
  void aPathAtWhichEnginesSplitIsRefused(String path) {
    assertThatThrownBy(() -> Mount.readOnly(Path.of(path), "/t"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the path %s holds one of , = : and cannot be mounted; move it to another place", path);
    assertThatThrownBy(() -> Mount.writable(Path.of("/s"), path))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private ContainerEngine shell(String name, String script) {
    return new DockerLikeEngine(
        name.equals("docker") ? Dialect.DOCKER : Dialect.PODMAN, List.of("sh", "-c", script, "sh"));
  }

  @Test
  void healthIsTheVersionOrOneLineOfWhyNot() {
    assertThat(shell("docker", "echo 27.1 $1 $3").health())
        .isEqualTo(new Health.Ready("27.1 version {{.Server.Version}}"));
    assertThat(shell("podman", "echo 5 $3").health())
        .isEqualTo(new Health.Ready("5 {{.Client.Version}}"));
    assertThat(
            shell("docker", "echo >&2; echo 'Cannot connect' >&2; echo more >&2; exit 1").health())
        .isEqualTo(new Health.Unavailable("docker: Cannot connect"));
    assertThat(shell("podman", "exit 1").health())
        .isEqualTo(new Health.Unavailable("podman: no word why"));
    assertThat(
            new DockerLikeEngine(Dialect.DOCKER, List.of(dir.resolve("none").toString())).health())
        .isEqualTo(new Health.Unavailable("docker is not installed"));
  }

  @Test
  void anEngineThatHangsIsGivenUp() {
    ContainerEngine hangs =
        new DockerLikeEngine(
            Dialect.DOCKER, List.of("sh", "-c", "exec sleep 60"), Duration.ofSeconds(1));
    assertThat(hangs.health()).isEqualTo(new Health.Unavailable("docker gave no answer for 1 s"));
    assertThatThrownBy(() -> hangs.isRunning("x"))
        .isInstanceOf(EngineException.class)
        .hasMessage("docker ps gave no answer for 1 s");
  }

  @Test
  void containersAreAskedForByTheirWholeName() {
    String ps = "printf '%s\\n' x1 x2; echo \"$*\" >" + dir.resolve("asked");
    ContainerEngine engine = shell("docker", ps);
    assertThat(engine.isRunning("x1")).isTrue();
    assertThat(engine.isRunning("x")).isFalse();
    assertThat(dir.resolve("asked")).hasContent("ps --filter name=^x$ --format {{.Names}}");
    assertThat(engine.running("a=b")).containsExactly("x1", "x2");
    assertThatThrownBy(() -> shell("docker", "echo gone >&2; exit 1").isRunning("x"))
        .isInstanceOf(EngineException.class)
        .hasMessage("docker ps failed (1): gone");
    assertThatThrownBy(
            () -> shell("podman", "echo 'no such container' >&2; exit 1").stop("x", Duration.ZERO))
        .isInstanceOf(EngineException.class);
  }

  @Test
  void imagesAreAskedForInTheEnginesOwnWay() {
    assertThat(shell("docker", "echo sha256:1").hasImage("i")).isTrue();
    assertThat(shell("docker", "echo").hasImage("i")).isFalse();
    assertThat(shell("podman", "[ \"$1 $2 $3\" = 'image exists i' ]").hasImage("i")).isTrue();
    assertThat(shell("podman", "exit 1").hasImage("i")).isFalse();
  }

  @Test
  void autoTakesTheFirstThatAnswersAndElseNamesEach() {
    ContainerEngine down = shell("docker", "echo down >&2; exit 1");
    ContainerEngine up = shell("podman", "echo 5");
    assertThat(new Engines(List.of(down, up)).find()).isEqualTo(new Found.Engine(up, "5"));
    assertThat(new Engines(List.of(up, down)).find()).isEqualTo(new Found.Engine(up, "5"));
    assertThat(new Engines(List.of(down, shell("podman", "exit 1"))).find())
        .isEqualTo(new Found.None("docker: down; podman: no word why"));
    assertThat(new Engines(List.of(down, up)).byName("podman")).isSameAs(up);
  }

  @Test
  void theSettingSaysWhichEnginesAreAsked() {
    AgentUser root = new AgentUser(1000, 1000, true);
    for (Settings.Runtime it : Settings.Runtime.values()) {
      for (String name : List.of("apple", "docker", "podman")) {
        String asked = it == Settings.Runtime.AUTO ? name : it.toString();
        assertThat(Engines.of(it, root, true).byName(name).name()).isEqualTo(asked);
      }
    }
    assertThat(Engines.of(Settings.Runtime.AUTO, root, true).byName("").name()).isEqualTo("apple");
    assertThat(Engines.of(Settings.Runtime.AUTO, root, false).byName("").name())
        .isEqualTo("docker");
    assertThat(Engines.of(Settings.Runtime.AUTO, root, false).byName("apple").name())
        .isEqualTo("docker");
  }

  @Test
  void whatIsMissingIsToldAndNoticedWhenItIsThere() {
    FakeEngine engine = new FakeEngine(dir);
    Credential key = new Credential("ANTHROPIC_API_KEY", new Secret("k"));
    List<Optional<Credential>> now = new java.util.ArrayList<>(List.of(Optional.empty()));
    ContainerEngine docker = new DockerLikeEngine(Dialect.DOCKER, engine.command());
    Readiness readiness = new Readiness(new Engines(List.of(docker)), "agent:test", now::getFirst);

    engine.breaks("version", "is the daemon running?");
    assertThat(readiness.check())
        .isEqualTo(
            new State.Missing(
                "engine",
                "No container engine answers (docker: is the daemon running?). Install or start"
                    + " Docker or Podman; I go on by myself then."));
    engine.works("version");
    engine.breaks("image", "broken");
    assertThat(readiness.check())
        .isEqualTo(new State.Missing("engine", "docker image failed (125): broken."));
    engine.works("image");
    assertThat(readiness.check())
        .isInstanceOfSatisfying(
            State.Missing.class,
            it -> assertThat(it.kind() + it.text()).startsWith("credentialThere is no Claude"));
    now.set(0, Optional.of(key));
    assertThat(readiness.check()).isEqualTo(new State.Ready(docker, key));

    engine.breaks("version", "down again");
    long asked = engine.calls("version");
    assertThat(readiness.check()).as("what is known is not asked").isInstanceOf(State.Ready.class);
    assertThat(engine.calls("version")).isEqualTo(asked);
    readiness.doubt();
    assertThat(readiness.check()).isInstanceOf(State.Missing.class);
  }

  @Test
  void anImageThatIsMissingAndACredentialFileThatIsBrokenAreTold() {
    ContainerEngine noImage = shell("docker", "[ \"$1\" = version ] && echo 1; exit 0");
    assertThat(new Readiness(new Engines(List.of(noImage)), "i", Optional::empty).check())
        .isEqualTo(
            new State.Missing("image", "docker has no image i. Run: ./nanoclaw image build"));
    Readiness broken =
        new Readiness(
            new Engines(List.of(shell("docker", "echo 1"))),
            "i",
            () -> {
              throw new IllegalArgumentException("credentials.yml: line 3 is wrong");
            });
    assertThat(broken.check())
        .isEqualTo(new State.Missing("credential", "credentials.yml: line 3 is wrong"));
  }
}
