package dev.nanoclaw.agent;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.nanoclaw.protocol.AgentCommand;
import dev.nanoclaw.protocol.AgentFile;
import dev.nanoclaw.protocol.AgentResponse;
import dev.nanoclaw.protocol.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// What is asked of the host: a file for each request, and one with its answer.
final class HostRequests {

  private static final long LOOK_MS = 20;

  private final RunnerPaths paths;
  private final Duration deadline;
  private final long begin;

  /// Never counted down: what waits for an answer waits here from look to look.
  private final CountDownLatch never = new CountDownLatch(1);

  @GuardedBy("this") private long number = 1_000_000;

  /// @param deadline how long to wait for an answer
  HostRequests(RunnerPaths paths, InstantSource clock, Duration deadline) {
    this.paths = paths;
    this.deadline = deadline;
    begin = clock.millis();
  }

  /// Puts a request where the host finds it, behind all earlier ones.
  ///
  /// @return its id
  /// @throws IOException when it could not be written; then nothing comes of it
  synchronized String put(AgentCommand command) throws IOException {
    number++;
    String id = begin + "-" + number;
    Path directory = command instanceof AgentCommand.Message ? paths.messages() : paths.tasks();
    Path aside = directory.resolve("." + id);
    try {
      Files.write(aside, new AgentFile(Optional.of(id), command).json().getBytes(UTF_8));
      Files.move(aside, directory.resolve(id + ".json"), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      aside.toFile().delete();
      throw e;
    }
    return id;
  }

  /// Waits for the host's answer.
  ///
  /// @return empty when none came in time
  /// @throws IOException when it could not be read
  Optional<AgentResponse> await(String id) throws IOException, InterruptedException {
    Path file = paths.responses().resolve(id + ".json");
    long begun = System.nanoTime();
    while (!file.toFile().exists()) {
      if (System.nanoTime() - begun > deadline.toNanos()
          || never.await(LOOK_MS, TimeUnit.MILLISECONDS)) {
        return Optional.empty();
      }
    }
    return Optional.of(Json.read(Files.readString(file), AgentResponse.class));
  }
}
