package dev.nanoclaw.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// What the process was started with, beside its arguments.
public final class Environment {

  private final Map<String, String> variables;
  private final Path program;

  private Environment(Map<String, String> variables, String program) {
    this.variables = Map.copyOf(variables);
    this.program = Path.of(program).toAbsolutePath().normalize();
  }

  /// The environment of this process.
  public static Environment system() {
    return of(System.getenv());
  }

  /// Other variables; the program directory stays that of this process: the system property
  /// `nanoclaw.program`, which the launcher sets, or the current directory.
  public static Environment of(Map<String, String> variables) {
    return new Environment(variables, System.getProperty("nanoclaw.program", ""));
  }

  /// The home directory: the option of the command line, else `NANOCLAW_HOME`, else the program
  /// directory.
  public Home home(Optional<Path> option) {
    Path dir = option.or(() -> variable("NANOCLAW_HOME").map(Path::of)).orElse(program);
    return new Home(dir.toAbsolutePath().normalize(), program);
  }

  /// Where sockets may be put: `XDG_RUNTIME_DIR`, or the temp directory.
  public Path runtimeDir() {
    return variable("XDG_RUNTIME_DIR")
        .map(Path::of)
        .filter(it -> it.isAbsolute() && Files.isDirectory(it))
        .orElseGet(() -> Path.of(System.getProperty("java.io.tmpdir")));
  }

  /// The directory of this build, when the launcher started it.
  public Optional<Path> build() {
    return Optional.ofNullable(System.getProperty("nanoclaw.build")).map(Path::of);
  }

  /// The program that speaks to WhatsApp, where the launcher puts it when it can build it.
  public Path whatsAppBridge() {
    return build().orElse(program).resolve("whatsapp-bridge");
  }

  /// The user's own directory, where service files are put.
  public Path userHome() {
    return Path.of(variable("HOME").orElse(System.getProperty("user.home")));
  }

  /// The variables of this process that the host also needs when a service manager starts it.
  public Map<String, String> forService() {
    return ServiceVariables.of(variables, Path.of(System.getProperty("java.home")));
  }

  /// For tests only: the network that containers get instead of their own.
  public Optional<String> testNetwork() {
    return variable("NANOCLAW_TEST_NETWORK");
  }

  private Optional<String> variable(String name) {
    return Optional.ofNullable(variables.get(name)).filter(it -> !it.isBlank());
  }
}
