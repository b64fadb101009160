package dev.nanoclaw.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A docker daemon of a test's own, with the agent image, that can be ended and started again
/// without harm to anybody else.
final class DockerDaemon implements AutoCloseable {

  private final Path dir;
  private Process process;

  /// Starts it and gives it podman's agent image.
  DockerDaemon() throws IOException {
    dir = Files.createTempDirectory(Path.of(Machine.required("NANOCLAW_CACHE")), "dockerd-");
    process = startProcess();
    awaitAnswer();
    sh(
        "podman save nanoclaw-agent:latest | docker load"
            + " && docker tag localhost/nanoclaw-agent:latest nanoclaw-agent:latest");
  }

  /// For `DOCKER_HOST`.
  String host() {
    return "unix://" + dir.resolve("docker.sock");
  }

  /// Ends it as a service manager does: it ends its containers first.
  void stop() {
    process.destroy();
    awaitEnd();
  }

  /// Ends it at once, and the containerd below it; its containers go on until the next start.
  void kill() {
    String containerd = "exec/containerd/containerd.pid";
    sh("kill -9 $(cat docker.pid) $(cat %1$s); rm %1$s".formatted(containerd));
    awaitEnd();
  }

  void start() throws IOException {
    process = startProcess();
    awaitAnswer();
  }

  private Process startProcess() throws IOException {
    return Machine.start(
        dir,
        Map.of(),
        List.of(
            "dockerd",
            "--host=" + host(),
            "--data-root=" + dir.resolve("data"),
            "--exec-root=" + dir.resolve("exec"),
            "--pidfile=" + dir.resolve("docker.pid"),
            "--bridge=none",
            "--iptables=false",
            "--ip6tables=false"),
        dir.resolve("log").toFile());
  }

  private void awaitAnswer() {
    Installation.await(
        "the docker daemon",
        () ->
            Machine.run(dir, Map.of("DOCKER_HOST", host()), List.of("docker", "version")).code()
                == 0);
  }

  private void awaitEnd() {
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("docker's end").isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private void sh(String command) {
    Machine.run(dir, Map.of("DOCKER_HOST", host()), List.of("sh", "-c", command)).orFail();
  }

  @Override
  public void close() {
    stop();
    sh("grep -o ' " + dir + "[^ ]*' /proc/mounts | sort -r | xargs -r -n 1 umount; rm -rf " + dir);
  }
}
