package dev.nanoclaw.process;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Starts a program in a session of its own, so that it outlives this process and hears none of its
/// signals. Its output goes to the files `out` and `err` of a directory, its exit code to `rc`.
public final class DetachedProcess {

  /// Nothing is run where `begun` is there already. `rc` is written aside and renamed, so that it
  /// is there only with its content.
  private static final String WRAPPER =
      """
      trap "" HUP INT
      dir=$1
      shift
      (set -C; : >"$dir/begun") 2>/dev/null || exit
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

  /// Whether the command was begun. If not, it will not be: a start that is still on its way, from
  /// a process that died over it, comes to nothing.
  ///
  /// @param files the directory that it was given
  /// @throws IOException when it is not there
  public static boolean wasBegun(Path files) throws IOException {
    if (Files.exists(files.resolve("rc")) || files.resolve("out").toFile().length() > 0) {
      return true; // also where the wrapper of an earlier version wrote no `begun`
    }
    try {
      Files.createFile(files.resolve("begun"));
      return false;
    } catch (FileAlreadyExistsException _) {
      return true;
    }
  }

  static List<String> wrapped(List<String> command, Path files) {
    List<String> wrapped = new ArrayList<>(List.of("sh", "-c", IN_NEW_SESSION, "session"));
    wrapped.addAll(List.of("sh", "-c", WRAPPER, "run", files.toString()));
    wrapped.addAll(command);
    return wrapped;
  }
}
