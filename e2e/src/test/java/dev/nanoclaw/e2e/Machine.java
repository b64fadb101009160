package dev.nanoclaw.e2e;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// The machine that tests run on, as the script `test` has set it up: commands as root or as the
/// ordinary test user.
final class Machine {

  private static final Path CHECKOUT = Path.of("..").toAbsolutePath().normalize();

  private Machine() {}

  /// What a command printed, standard output and standard error together, and its exit code.
  record Result(int code, String output) {

    Result orFail() {
      if (code != 0) {
        throw new AssertionError("exit code " + code + ":\n" + output);
      }
      return this;
    }
  }

  /// The checkout under test.
  static Path checkout() {
    return CHECKOUT;
  }

  /// A variable that the script `test` sets; a test without it fails.
  static String required(String variable) {
    return Optional.ofNullable(System.getenv(variable))
        .orElseThrow(() -> new AssertionError(variable + " is not set: run ./test"));
  }

  static Result run(Path directory, Map<String, String> environment, List<String> command) {
    try {
      Path output = Files.createTempFile("command", ".out");
      Process process = start(directory, environment, command, output.toFile());
      if (!process.waitFor(300, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(
            "no end after 300 s: " + command + "\n" + Files.readString(output));
      }
      String text = new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
      Files.delete(output);
      return new Result(process.exitValue(), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  static Process start(
      Path directory, Map<String, String> environment, List<String> command, File output)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectInput(new File("/dev/null"))
            .redirectOutput(output);
    builder.environment().putAll(environment);
    return builder.start();
  }

  /// The command as that user, with what a login would set.
  static List<String> as(
      Optional<String> user, Map<String, String> environment, List<String> command) {
    if (user.isEmpty()) {
      return command;
    }
    List<String> full = new ArrayList<>(List.of("runuser", "-u", user.get(), "--", "env"));
    environment.forEach((key, value) -> full.add(key + "=" + value));
    String uid = run(CHECKOUT, Map.of(), List.of("id", "-u", user.get())).orFail().output().strip();
    full.add("XDG_RUNTIME_DIR=/run/user/" + uid);
    full.add("HOME=/home/" + user.get());
    full.addAll(command);
    return full;
  }
}
