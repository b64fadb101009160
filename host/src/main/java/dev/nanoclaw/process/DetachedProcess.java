package dev.nanoclaw.process;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Starts a program in a session of its own, so that it outlives this process and hears none of its
/// signals. Its output goes to the files `out` and `err` of a directory, its exit code to `rc`.
public final class DetachedProcess {

  /// Written aside and renamed, so that `rc` is there only with its content.
  private static final String WRAPPER =
      """
      trap "" HUP INT
      dir=$1
      shift
      "$@" >"$dir/out" 2>"$dir/err"
      echo $? >"$dir/.rc"
      mv "$dir/.rc" "$dir/rc"
      """;

  /// The command after it gets a session of its own; macOS has no `setsid`, but Perl.
  private static final String IN_NEW_SESSION =
      """
      if command -v setsid >/dev/null 2>&1; then
        exec setsid "$@"
      fi
      exec perl -MPOSIX -e 'POSIX::setsid(); exec { $ARGV[0] } @ARGV' -- "$@"
      """;

  private DetachedProcess() {}

  /// Starts the command. Its standard input is a pipe from this process.
  ///
  /// @param files an existing directory for `out`, `err` and `rc`
  /// @return the pipe to its standard input, to be closed by the caller
  /// @throws IOException when the wrapper cannot be started; that the command itself is missing
  ///   shows in `err` and `rc`
  public static OutputStream start(List<String> command, Path files) throws IOException {
    Files.createFile(files.resolve("out"));
    Files.createFile(files.resolve("err"));
    return new ProcessBuilder(wrapped(command, files))
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start()
        .getOutputStream();
  }

  static List<String> wrapped(List<String> command, Path files) {
    List<String> wrapped = new ArrayList<>(List.of("sh", "-c", IN_NEW_SESSION, "session"));
    wrapped.addAll(List.of("sh", "-c", WRAPPER, "run", files.toString()));
    wrapped.addAll(command);
    return wrapped;
  }
}
