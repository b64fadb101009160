package dev.nanoclaw.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

/// A container engine as a shell script, with docker's command line. Its "container" is a process
/// that runs the test's own script, with these words to speak the agent's protocol:
///
/// - `$nonce`, `$input`, `$request`, `$ipc` with its directories; `answer TEXT ID` says a frame
///   that acknowledges an input; `frame STATUS JSON` says any
/// - `follow` answers follow-ups until it is asked to close
public final class FakeEngine {

  private static final String ENGINE =
      """
      #!/bin/sh
      state=$(dirname "$0")
      command=$1
      shift
      echo "$command $*" >>"$state/calls"
      if [ -f "$state/broken-$command" ]; then
        cat "$state/broken-$command" >&2
        exit 125
      fi
      if [ -f "$state/slow-$command" ]; then sleep "$(cat "$state/slow-$command")"; fi
      if [ -f "$state/hangs-$command" ]; then
        while [ -f "$state/hangs-$command" ]; do sleep 0.02; done
        touch "$state/hung-$command"
      fi
      alive() { [ -f "$state/running/$1" ] && kill -0 "$(cat "$state/running/$1")" 2>/dev/null; }
      case $command in
        version) echo 1.2.3 ;;
        image) echo sha256:abc ;;
        ps)
          case $2 in label=*)
            for file in "$state"/running/*; do
              name=${file##*/}
              if alive "$name"; then echo "$name"; fi
            done
            exit ;;
          esac
          name=$(echo "$2" | sed 's/^name=^\\(.*\\)\\$$/\\1/')
          if alive "$name"; then echo "$name"; fi
          ;;
        stop | kill | rm)
          for name; do :; done
          alive "$name" || { echo "no such container: $name" >&2; exit 1; }
          if [ "$command" = stop ]; then kill "$(cat "$state/running/$name")"
          else kill -9 "$(cat "$state/running/$name")"; fi
          ;;
        run)
          while [ $# -gt 0 ]; do
            case $1 in
              --name) name=$2 ;;
              type=bind,source=*,target=/workspace/ipc/input)
                inputs=${1#type=bind,source=}
                inputs=${inputs%,target=*} ;;
            esac
            shift
          done
          IFS= read -r request || exit 65
          ipc=${inputs%/input}
          export name inputs ipc request state
          echo "$PPID $$" >"$state/cli-$name"
          sh "$state/container" &
          echo $! >"$state/running/.$name"
          mv "$state/running/.$name" "$state/running/$name"
          wait $!
          code=$?
          rm -f "$state/running/$name"
          exit $code
          ;;
      esac
      """;

  private static final String WORDS =
      """
      value() { printf '%s' "$2" | sed "s/.*\\"$1\\":\\"\\([^\\"]*\\)\\".*/\\1/"; }
      nonce=$(value nonce "$request")
      input=$(printf '%s' "$request" | sed 's/.*"inputs":\\["\\([^"]*\\)"\\].*/\\1/')
      frame() {
        printf '\\n%s\\n{"nonce":"%s","status":"%s",%s}\\n%s\\n' ---NANOCLAW_OUTPUT_START--- \\
          "$nonce" "$1" "$2" ---NANOCLAW_OUTPUT_END---
      }
      answer() {
        frame success "\\"result\\":\\"$1\\",\\"new_session_id\\":\\"s1\\",\\"acked\\":[\\"$2\\"],\\"failed\\":[],\\"idle\\":true"
      }
      wait_for() { until [ -e "$1" ]; do sleep 0.02; done; }
      follow() {
        until [ -e "$inputs/_close" ]; do
          for file in "$inputs"/*.json; do
            [ -e "$file" ] || continue
            id=$(basename "$file" .json)
            rm "$file"
            answer "followed $id" "$id"
          done
          sleep 0.02
        done
      }
      """;

  private final Path state;

  public FakeEngine(Path state) {
    this.state = state;
    try {
      Files.createDirectories(state.resolve("running"));
      Path script = Files.writeString(state.resolve("engine"), ENGINE);
      Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    container("exit 0");
  }

  /// How its CLI is called.
  public List<String> command() {
    return List.of(state.resolve("engine").toString());
  }

  /// What containers do that start from now on.
  public void container(String script) {
    write("container", WORDS + script + "\n");
  }

  /// Makes a command fail with that text and 125.
  public void breaks(String command, String error) {
    write("broken-" + command, error + "\n");
  }

  public void works(String command) {
    delete("broken-" + command);
  }

  /// Makes a command give no answer. (A file `slow-COMMAND` makes it take so many seconds.)
  public void hangs(String command) {
    write("hangs-" + command, "");
  }

  /// Lets it answer, now, and says so in the file `hung-COMMAND`.
  public void resumes(String command) {
    delete("hangs-" + command);
  }

  /// Ends everything at once, as a machine without power: the containers, and the CLIs that wait
  /// for them.
  public void crash() {
    try (Stream<Path> files = Files.list(state)) {
      for (Path cli : files.filter(it -> it.getFileName().toString().startsWith("cli-")).toList()) {
        for (String pid : Files.readString(cli).strip().split(" ", -1)) {
          kill(pid);
        }
      }
      try (Stream<Path> running = Files.list(state.resolve("running"))) {
        for (Path container : running.toList()) {
          kill(Files.readString(container).strip());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// A number may belong to another process by now.
  private void kill(String pid) {
    ProcessHandle.of(Long.parseLong(pid))
        .filter(it -> it.info().commandLine().orElse("").contains(state.toString()))
        .ifPresent(ProcessHandle::destroyForcibly);
  }

  private void delete(String name) {
    try {
      Files.delete(state.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// A file that scripts see as `$state/NAME`.
  public Path file(String name) {
    return state.resolve(name);
  }

  public void write(String name, String content) {
    try {
      Path aside = Files.writeString(state.resolve("." + name), content);
      var _ = Files.move(aside, state.resolve(name), java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Every call so far, with its arguments.
  public List<String> calls() {
    try {
      Path calls = state.resolve("calls");
      return Files.exists(calls) ? Files.readAllLines(calls) : List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public long calls(String command) {
    return calls().stream().filter(it -> it.startsWith(command + " ")).count();
  }
}
