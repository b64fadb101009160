package dev.nanoclaw.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceVariablesTest {

  private static final String USUAL =
      "/opt/homebrew/bin:/usr/local/go/bin:/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin";

  @TempDir private Path dir;

  private Map<String, String> of(Map<String, String> variables) {
    return ServiceVariables.of(variables, dir.resolve("jdk"));
  }

  @Test
  void thePathIsTheShellsAndThenTheUsualPlacesEachOnce() {
    assertThat(of(Map.of())).containsExactly(Map.entry("PATH", USUAL));
    assertThat(of(Map.of("PATH", "/my/bin:bin::.:/bin:/my/bin:/a\nb")))
        .containsExactly(Map.entry("PATH", "/my/bin:/bin:" + USUAL.replace(":/bin:", ":")));
  }

  @Test
  void engineAndLocaleAreTakenOverAndSecretsAreNot() {
    Map<String, String> taken =
        of(
            Map.of(
                "HOME", "/home/me",
                "LANG", "de_DE.UTF-8",
                "DOCKER_HOST", "unix:///run/user/1000/docker.sock",
                "TZ", "Europe/Paris",
                "LC_ALL", " ",
                "DOCKER_CONTEXT", "two\nlines",
                "ANTHROPIC_API_KEY", "secret",
                "HTTPS_PROXY", "http://me:secret@proxy",
                "XDG_RUNTIME_DIR", "/run/user/1000"));
    assertThat(taken)
        .containsOnlyKeys("PATH", "HOME", "LANG", "DOCKER_HOST", "TZ")
        .containsEntry("LANG", "de_DE.UTF-8");
  }

  @Test
  void javaHomeIsTakenOverWhenItIsTheJdkThatRuns() throws IOException {
    Path jdk = Files.createDirectories(dir.resolve("jdk"));
    Path link = Files.createSymbolicLink(dir.resolve("link"), jdk);
    assertThat(of(Map.of("JAVA_HOME", link.toString())))
        .containsEntry("JAVA_HOME", link.toString());
    Path other = Files.createDirectories(dir.resolve("other"));
    assertThat(of(Map.of("JAVA_HOME", other.toString()))).doesNotContainKey("JAVA_HOME");
    assertThat(of(Map.of("JAVA_HOME", dir + "/none"))).doesNotContainKey("JAVA_HOME");
    assertThat(of(Map.of("JAVA_HOME", ""))).doesNotContainKey("JAVA_HOME");
  }
}
