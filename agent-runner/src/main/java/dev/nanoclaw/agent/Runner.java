package dev.nanoclaw.agent;

import dev.nanoclaw.protocol.AgentFrame.ErrorKind;
import dev.nanoclaw.protocol.AgentRequest;
import dev.nanoclaw.protocol.FollowUp;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/// One run from the first prompt to the end of the CLI.
final class Runner {

  static final int LOST = 1;

  private static final Duration GRACE = Duration.ofSeconds(5);

  private final AgentRequest request;
  private final RunnerPaths paths;
  private final FrameOutput output;
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean finishing;
  private volatile boolean stopped;

  Runner(AgentRequest request, RunnerPaths paths, FrameOutput output) {
    this.request = request;
    this.paths = paths;
    this.output = output;
  }

  /// Blocks until the host asked to finish or the CLI is gone.
  ///
  /// @param environment ours, of which a few names pass to the CLI
  /// @return the exit code
  int run(Map<String, String> environment) throws IOException, InterruptedException {
    URI origin = origin(request.baseUrl());
    Optional<Credential> credential = Credential.from(request.secrets());
    if (credential.isEmpty()) {
      return cannotStart(ErrorKind.AUTH, "There is no usable key or token for Claude.");
    }
    try (CredentialProxy proxy = new CredentialProxy(origin, credential.get())) {
      Turns turns = new Turns(request.nonce(), proxy::unreachable);
      ClaudeProcess claude;
      try {
        claude =
            ClaudeProcess.start(
                ClaudeCommand.arguments(request, paths),
                ClaudeCommand.environment(request, paths, proxy, environment),
                paths.group(),
                Map.of("hook_callback", BashGuard::answer),
                line -> turns.take(line).ifPresent(output::send));
      } catch (IOException e) {
        return cannotStart(ErrorKind.OTHER, "Claude Code could not be started: " + e.getMessage());
      }
      return converse(claude, turns);
    }
  }

  private int cannotStart(ErrorKind kind, String sentence) {
    Log.line(sentence);
    Turns turns = new Turns(request.nonce(), () -> false);
    turns.open(request.inputs());
    turns.lost(kind, sentence).ifPresent(output::send);
    return LOST;
  }

  private static URI origin(String baseUrl) {
    try {
      URI origin = new URI(baseUrl);
      if (origin.getHost() != null && List.of("http", "https").contains(origin.getScheme())) {
        return origin;
      }
    } catch (URISyntaxException e) {
      throw new InvalidRequestException("base_url: " + e.getMessage());
    }
    throw new InvalidRequestException("base_url is not the origin of an HTTP server");
  }

  private int converse(ClaudeProcess claude, Turns turns) throws InterruptedException {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> onSignal(claude), "on-signal"));
    Thread.ofVirtual().name("exit").start(() -> watchExit(claude, turns));
    String first = turns.open(request.inputs());
    try {
      claude.initialize();
      claude.say(first, request.prompt());
      if (takeInput(claude, turns)) {
        turns.awaitNoneOpen();
        finishing = true;
        claude.finish(GRACE);
        return 0;
      }
    } catch (IOException e) {
      Log.line("the run cannot go on: " + e.getMessage());
      claude.kill();
    }
    ended.await();
    return LOST;
  }

  /// @return true when the host asked to finish, false when the CLI is gone
  private boolean takeInput(ClaudeProcess claude, Turns turns)
      throws IOException, InterruptedException {
    try (InputDirectory input = new InputDirectory(paths.input())) {
      while (ended.getCount() > 0) {
        InputDirectory.Look look = input.look();
        if (look.close()) {
          return true;
        }
        for (Path file : look.files()) {
          Optional<FollowUp> followUp = input.read(file);
          if (followUp.isPresent()) {
            claude.say(turns.open(List.of(followUp.get().id())), followUp.get().text());
            input.done(file);
          }
        }
        input.await();
      }
    }
    return false;
  }

  private void watchExit(ClaudeProcess claude, Turns turns) {
    try {
      int code = claude.awaitExit();
      if (!finishing) {
        String errors = claude.lastErrors();
        String sentence =
            "Claude Code ended unexpectedly (exit code "
                + code
                + ")"
                + (errors.isEmpty() ? "." : ": " + errors);
        Log.line(sentence);
        turns.lost(ErrorKind.OTHER, sentence).ifPresent(output::send);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      if (!stopped) {
        ended.countDown();
      }
    }
  }

  /// Runs at SIGTERM, and ends the CLI without a word about its inputs: the host knows that a run
  /// which it stopped gives back what it had. `ended` stays shut, so that the exit code is the
  /// signal's.
  private void onSignal(ClaudeProcess claude) {
    stopped = true;
    finishing = true;
    try {
      claude.kill();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
