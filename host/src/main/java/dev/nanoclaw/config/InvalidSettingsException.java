package dev.nanoclaw.config;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/// The owner's mistake in a configuration file. The message is made to be read by the owner: it
/// names the file and every problem in it, and never holds a secret.
public final class InvalidSettingsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  InvalidSettingsException(String message) {
    super(message);
  }

  InvalidSettingsException(Path file, List<Problem> problems) {
    super(describe(file, problems));
  }

  private static String describe(Path file, List<Problem> problems) {
    String count = problems.size() == 1 ? "a problem" : problems.size() + " problems";
    String lines = problems.stream().map(it -> "\n  " + it).collect(Collectors.joining());
    String advice =
        problems.stream().anyMatch(it -> it.kind() == Problem.Kind.MISSING)
            ? "\n\n\"nanoclaw config upgrade\" adds missing settings with their defaults."
            : "";
    return file + " has " + count + ":\n" + lines + advice;
  }
}
