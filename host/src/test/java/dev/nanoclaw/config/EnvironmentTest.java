package dev.nanoclaw.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EnvironmentTest {

  private static final Path HERE = Path.of("").toAbsolutePath();

  @Test
  void homeIsTheOptionElseTheVariableElseTheProgramDirectory() {
    Environment set = Environment.of(Map.of("NANOCLAW_HOME", "/srv/x/../claw"));

    assertThat(set.home(Optional.of(Path.of("sub"))))
        .isEqualTo(new Home(HERE.resolve("sub"), HERE));
    assertThat(set.home(Optional.empty())).isEqualTo(new Home(Path.of("/srv/claw"), HERE));
    assertThat(Environment.of(Map.of()).home(Optional.empty())).isEqualTo(new Home(HERE, HERE));
    assertThat(Environment.of(Map.of("NANOCLAW_HOME", "")).home(Optional.empty()).dir())
        .isEqualTo(HERE);
  }

  @Test
  void socketsGoToTheRuntimeDirectoryElseTheTempDirectory() {
    Path temp = Path.of(System.getProperty("java.io.tmpdir"));

    assertThat(Environment.of(Map.of("XDG_RUNTIME_DIR", HERE.toString())).runtimeDir())
        .isEqualTo(HERE);
    assertThat(Environment.of(Map.of("XDG_RUNTIME_DIR", "/run/user/gone")).runtimeDir())
        .isEqualTo(temp);
    assertThat(Environment.of(Map.of("XDG_RUNTIME_DIR", "run")).runtimeDir()).isEqualTo(temp);
    assertThat(Environment.of(Map.of()).runtimeDir()).isEqualTo(temp);
  }

  @Test
  void theTestNetworkIsEmptyUnlessSet() {
    assertThat(Environment.of(Map.of()).testNetwork()).isEmpty();
    assertThat(Environment.of(Map.of("NANOCLAW_TEST_NETWORK", "host")).testNetwork())
        .contains("host");
  }

  @Test
  void theSystemsEnvironmentIsRead() {
    assertThat(Environment.system().home(Optional.of(HERE)).dir()).isEqualTo(HERE);
  }
}
