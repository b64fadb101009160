package dev.nanoclaw.agent;

import dev.nanoclaw.protocol.AgentFrame.ErrorKind;
import dev.nanoclaw.protocol.AgentRequest;
import dev.nanoclaw.protocol.FollowUp;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;

/// One run from the first prompt to the end of the CLI.
final class Runner {

  static final int LOST = 1;

  /// Until the host has to have answered a tool's request.
  private static final Duration HOST = Duration.ofSeconds(60);

  private static final Duration GRACE = Duration.ofSeconds(5);

  /// How often a look follows while the last turn runs: it can still be interrupted.
  private static final Duration CLOSING = Duration.ofMillis(100);

  private static final Duration INTERRUPT_AGAIN = Duration.ofMillis(500);

  private final AgentRequest request;
  private final RunnerPaths paths;
  private final FrameOutput output;
  private final CountDownLatch ended = new CountDownLatch(1);

  /// Why the CLI was ended, when we ended it.
  private volatile Optional<String> reason = Optional.empty();

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
    Patience patience = Patience.from(environment);
    try (CredentialProxy proxy = new CredentialProxy(origin, credential.get(), patience.api())) {
      Turns turns = new Turns(request.nonce(), proxy::unreachable);
      ClaudeProcess claude;
      try {
        claude =
            ClaudeProcess.start(
                ClaudeCommand.arguments(request, paths),
                ClaudeCommand.environment(request, paths, proxy, environment),
                paths.group(),
                Map.of(
                    "hook_callback", new Hooks(archive())::answer, "mcp_message", tools()::answer),
                line -> turns.take(line).ifPresent(output::send));
      } catch (IOException e) {
        String why = paths.diskFull() ? Trouble.DISK_FULL : String.valueOf(e.getMessage());
        return cannotStart(ErrorKind.OTHER, "Claude Code could not be started: " + why);
      }
      if (origin.getScheme().equals("https")) {
        // The trust store takes long to read, and the CLI takes longer to its first call.
        Threads.start("tls", Runner::prepareTls);
      }
      Threads.start("watchdog", () -> watch(claude, turns, patience));
      return converse(claude, turns);
    }
  }

  private TranscriptArchive archive() {
    return new TranscriptArchive(
        paths.configDirectory(),
        paths.group().resolve("conversations"),
        request.timezone(),
        InstantSource.system());
  }

  private Tools tools() {
    return new Tools(request, new HostRequests(paths, InstantSource.system(), HOST));
  }

  private static void prepareTls() {
    try {
      SSLContext.getDefault();
    } catch (NoSuchAlgorithmException e) {
      Log.line("no TLS: " + e.getMessage());
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
    Threads.start("exit", () -> watchExit(claude, turns));
    String first = turns.open(request.inputs());
    try {
      claude.initialize();
      claude.say(first, request.prompt());
      if (takeInput(claude, turns)) {
        finishing = true;
        claude.finish(GRACE);
        return 0;
      }
    } catch (IOException e) {
      end(claude, "Claude Code does not listen: " + e.getMessage());
    }
    ended.await();
    return LOST;
  }

  /// @return true when the host asked to finish and the last turn has ended, false when the CLI is
  ///   gone
  private boolean takeInput(ClaudeProcess claude, Turns turns)
      throws IOException, InterruptedException {
    try (InputDirectory input = new InputDirectory(paths.input())) {
      while (ended.getCount() > 0) {
        InputDirectory.Look look = input.look();
        if (look.interrupt() && turns.stop()) {
          Threads.start("interrupt", () -> interrupt(claude, turns));
        }
        if (look.close() && turns.awaitNoneOpen(CLOSING)) {
          return true;
        }
        for (Path file : look.files()) {
          Optional<FollowUp> followUp = input.read(file);
          if (followUp.isPresent()) {
            if (!turns.knows(followUp.get().id())) {
              claude.say(turns.open(List.of(followUp.get().id())), followUp.get().text());
            }
            input.done(file);
          }
        }
        if (!look.close()) {
          input.await();
        }
      }
    }
    return false;
  }

  /// Once is not enough where the turn is only about to start.
  private void interrupt(ClaudeProcess claude, Turns turns) {
    try {
      while (turns.stopping()) {
        claude.interrupt();
        if (ended.await(INTERRUPT_AGAIN.toMillis(), TimeUnit.MILLISECONDS)) {
          return;
        }
      }
    } catch (IOException e) {
      Log.line("the turn could not be interrupted: " + e.getMessage());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /// A CLI that says nothing may be thinking, and one that answers no more never will.
  private void watch(ClaudeProcess claude, Turns turns, Patience patience) {
    try {
      while (!ended.await(patience.claude().toMillis() / 4, TimeUnit.MILLISECONDS)) {
        if (turns.anyOpen() && claude.silence().compareTo(patience.claude()) > 0) {
          claude.provoke(patience.answer());
          if (claude.silence().compareTo(patience.claude()) > 0) {
            end(claude, "Claude Code no longer answered and was ended.");
            return;
          }
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void end(ClaudeProcess claude, String why) throws InterruptedException {
    Log.line(why);
    reason = Optional.of(why);
    claude.kill();
  }

  private void watchExit(ClaudeProcess claude, Turns turns) {
    try {
      int code = claude.awaitExit();
      if (!finishing) {
        String sentence =
            reason.orElseGet(() -> Trouble.ofExit(code, claude.lastErrors(), paths.diskFull()));
        Log.line("the CLI ended with code " + code + ": " + sentence);
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
