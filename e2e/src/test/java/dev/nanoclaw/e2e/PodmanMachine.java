package dev.nanoclaw.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// A podman of a test's own, that can be treated as a restart of the machine does: its processes
/// are gone, and so is what it keeps in `/run`. It finds the images of root's podman.
final class PodmanMachine implements AutoCloseable {

  private final Path dir;

  PodmanMachine() throws IOException {
    dir = Files.createTempDirectory(Path.of(Machine.required("NANOCLAW_CACHE")), "podman-");
    String images = sh("podman info --format '{{.Store.GraphRoot}}'").strip();
    Files.writeString(
        dir.resolve("storage.conf"),
        """
        [storage]
        driver = "overlay"
        graphroot = "%1$s/graph"
        runroot = "%1$s/run"
        [storage.options]
        additionalimagestores = ["%2$s"]
        """
            .formatted(dir, images));
    // locks in memory would be shared with root's podman
    String engine = "[engine]\nlock_type = \"file\"\ntmp_dir = \"%s/run/libpod\"\n".formatted(dir);
    String settings = Files.readString(Path.of(Machine.required("CONTAINERS_CONF")));
    Files.writeString(dir.resolve("containers.conf"), settings.replace("[engine]\n", engine));
  }

  /// Lets that installation use it.
  void tell(Installation nanoclaw) {
    nanoclaw.environment("CONTAINERS_STORAGE_CONF", dir.resolve("storage.conf").toString());
    nanoclaw.environment("CONTAINERS_CONF", dir.resolve("containers.conf").toString());
  }

  /// Nobody leaves a word: the wrapper ends first, so that it writes no exit code.
  void restart(Installation nanoclaw) {
    String container = nanoclaw.containers().getFirst();
    String pids =
        nanoclaw
            .engine("inspect", "--format", "{{.State.ConmonPid}} {{.State.Pid}}", container)
            .orFail()
            .output()
            .strip();
    // in brackets, or the shell would find itself
    String wrapper = "run [/]" + nanoclaw.home().toString().substring(1) + "/data/runs/";
    var _ = sh("kill -9 $(pgrep -f '" + wrapper + "')");
    var _ =
        sh("kill -9 $(pgrep -f 'podman run .*--name [n]" + container.substring(1) + "') " + pids);
    Installation.await(
        "the end of the container's processes",
        () -> Stream.of(pids.split(" ")).noneMatch(it -> Files.exists(Path.of("/proc", it))));
    unmount();
    var _ = sh("rm -rf " + dir.resolve("run"));
  }

  private void unmount() {
    var _ = sh("grep -o ' " + dir + "[^ ]*' /proc/mounts | sort -r | xargs -r -n 1 umount");
  }

  private String sh(String command) {
    return Machine.run(dir, Map.of(), List.of("sh", "-c", command)).orFail().output();
  }

  @Override
  public void close() {
    unmount();
    var _ = sh("rm -rf " + dir);
  }
}
