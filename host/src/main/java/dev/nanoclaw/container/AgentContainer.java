package dev.nanoclaw.container;

import dev.nanoclaw.domain.AgentInput;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.process.DetachedProcess;
import dev.nanoclaw.protocol.AgentRequest;
import dev.nanoclaw.protocol.FollowUp;
import dev.nanoclaw.protocol.FrameReader;
import dev.nanoclaw.protocol.FrameReader.Found;
import dev.nanoclaw.protocol.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One container of an agent, started by this host or by an earlier one: what it says, what it is
/// told, how it ends. Used by one thread at a time.
public final class AgentContainer implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(AgentContainer.class);
  private static final int MAX_FIRST_ERRORS = 4000;
  private static final int MAX_ERROR = 500;
  private static final int UNREADABLE_EXIT_CODE = 255;

  private final AgentRun run;
  private final ContainerEngine engine;
  private final RunFiles files;
  private final AgentFiles agentFiles;
  private final RunLog runLog;
  private final int maxLine;
  private GrowingFile out;
  private FrameReader frames;
  private final GrowingFile err;
  private final StringBuilder firstErrors = new StringBuilder();
  private String lastError = "";
  private long output;
  private long withoutFrame;
  private volatile boolean requestWritten;

  private AgentContainer(
      AgentRun run, ContainerEngine engine, RunFiles files, Path logDirectory, int maxLine)
      throws IOException {
    this.run = run;
    this.engine = engine;
    this.files = files;
    this.agentFiles = new AgentFiles(files.dataDir(), run);
    this.runLog = new RunLog(logDirectory, run.runId(), run.startedAt());
    this.maxLine = maxLine;
    this.output = run.outputRead();
    this.out = new GrowingFile(files.directory().resolve("out"), run.outputRead());
    this.frames = new FrameReader(run.nonce(), run.outputRead(), maxLine);
    this.err = new GrowingFile(files.directory().resolve("err"), 0);
  }

  static AgentContainer start(
      AgentRun run,
      ContainerEngine engine,
      RunFiles files,
      List<String> command,
      AgentRequest request,
      Path logDirectory,
      int maxLine)
      throws IOException {
    for (String input : request.inputs()) {
      files.markGiven(input);
    }
    OutputStream stdin = DetachedProcess.start(command, files.directory());
    var container = new AgentContainer(run, engine, files, logDirectory, maxLine);
    Thread.ofPlatform()
        .daemon()
        .name("request-" + run.runId())
        .start(() -> container.write(request, stdin));
    return container;
  }

  static AgentContainer adopt(
      AgentRun run, ContainerEngine engine, RunFiles files, Path logDirectory, int maxLine)
      throws IOException {
    var container = new AgentContainer(run, engine, files, logDirectory, maxLine);
    container.requestWritten = true;
    return container;
  }

  /// Takes the next piece of what the agent said, at most 64 KiB, in order.
  ///
  /// @return whether there may be more
  public boolean read(Consumer<Found> taker) {
    try {
      boolean more = logErrors();
      byte[] bytes = out.read();
      count(bytes);
      List<Found> found = frames.read(bytes, bytes.length);
      if (found.stream().anyMatch(it -> it instanceof Found.Frame)) {
        withoutFrame = 0;
      }
      found.forEach(taker);
      runLog.flush();
      return more || bytes.length > 0;
    } catch (IOException e) {
      throw new UncheckedIOException("the output of " + run.container() + " cannot be read", e);
    }
  }

  /// Takes everything that is left, when the container is gone.
  ///
  /// @param most bytes without a frame after which it is given up: something else may still write
  public void readToEnd(Consumer<Found> taker, long most) {
    while (read(taker) && withoutFrame <= most) {
      // on
    }
    frames.finish().forEach(taker);
    runLog.flush();
  }

  /// Reads the output again from behind the last frame that was taken, for one that could not be
  /// stored.
  public void rewind(long position) {
    try {
      out.close();
      out = new GrowingFile(files.directory().resolve("out"), position);
      frames = new FrameReader(run.nonce(), position, maxLine);
    } catch (IOException e) {
      throw new UncheckedIOException("the output of " + run.container() + " cannot be read", e);
    }
  }

  /// Keeps a line that is not a frame.
  public void log(String line) {
    runLog.line(line);
  }

  /// Gives the agent something more.
  ///
  /// @return false when the file could not be put there; the input is not lost, it stays with the
  ///   run until its end
  public boolean give(FollowUp followUp) {
    try {
      files.put(followUp);
    } catch (IOException e) {
      log.warn("A follow-up could not be given to {}: {}", run.container(), e.toString());
      return false;
    }
    try {
      files.markGiven(followUp.id());
    } catch (IOException e) {
      log.warn("No mark that {} has {}: {}", run.container(), followUp.id(), e.toString());
    }
    return true;
  }

  /// Says which inputs the agent has: others that it had may be given again.
  public void hasOnly(List<AgentInput> inputs) {
    try {
      files.keepMarks(inputs.stream().map(AgentInput::key).collect(Collectors.toSet()));
    } catch (IOException e) {
      log.warn("Old marks of {} stay: {}", run.container(), e.toString());
    }
  }

  /// Whether an input was given to the agent, by this host or by an earlier one.
  public boolean wasGiven(String id) {
    return files.wasGiven(id);
  }

  /// Whether the agent has taken an input.
  public boolean hasTaken(String id) {
    return files.wasTaken(id);
  }

  /// Asks the agent to finish what it is at and to end.
  public void askToClose() {
    try {
      files.putClose();
    } catch (IOException e) {
      log.warn("{} could not be asked to close: {}", run.container(), e.toString());
    }
  }

  /// Asks the agent to break off the turn that runs.
  public void interrupt() {
    try {
      files.putInterrupt();
    } catch (IOException e) {
      log.warn("{} could not be interrupted: {}", run.container(), e.toString());
    }
  }

  /// What the agent wrote for the host, and the answers to it.
  public AgentFiles files() {
    return agentFiles;
  }

  public void stop(Duration grace) {
    engine.stop(run.container(), grace);
  }

  public void kill() {
    engine.kill(run.container());
  }

  public void remove() {
    engine.remove(run.container());
  }

  /// Whether the engine says that the container runs.
  ///
  /// @throws ContainerEngine.EngineException when it does not answer
  public boolean isRunning() {
    return engine.isRunning(run.container());
  }

  /// The exit code of the engine's CLI, once it ended. That the container ended too only the engine
  /// knows.
  public Optional<Integer> exitCode() {
    Path rc = files.directory().resolve("rc");
    if (!Files.exists(rc)) {
      return Optional.empty(); // nearly always, so without an exception
    }
    try {
      int code = Integer.parseInt(Files.readString(rc).strip());
      return Optional.of(engine.exitCode(code, firstErrors.toString()));
    } catch (NumberFormatException _) {
      return Optional.of(UNREADABLE_EXIT_CODE); // as a full disk leaves it
    } catch (IOException e) {
      log.warn("The exit code of {} cannot be read: {}", run.container(), e.toString());
      return Optional.empty();
    }
  }

  /// The last line on standard error, of the engine's CLI or of the agent.
  public String lastError() {
    return lastError;
  }

  /// Removes the files of the run, whose container must be gone.
  public void deleteFiles() {
    try {
      files.delete();
    } catch (IOException e) {
      log.warn("The files of run {} could not be removed: {}", run.runId(), e.toString());
    }
  }

  @Override
  public void close() {
    runLog.flush();
    try {
      out.close();
      err.close();
    } catch (IOException e) {
      log.warn("Closing the files of run {}: {}", run.runId(), e.toString());
    }
  }

  private void count(byte[] bytes) {
    output += bytes.length;
    withoutFrame += bytes.length;
  }

  /// How much it wrote since its last frame, in bytes: a flood does not end by itself.
  public long outputWithoutFrame() {
    return withoutFrame;
  }

  /// How much it wrote in all that lies on the disk until its end, in bytes.
  public long output() {
    return output;
  }

  /// Why it is being ended, for its log and for whoever asks for its last error.
  public void endsBecause(String why) {
    lastError = why;
    runLog.line("[" + why + "]");
  }

  private boolean logErrors() throws IOException {
    byte[] bytes = err.read();
    count(bytes);
    for (String line : new String(bytes, StandardCharsets.UTF_8).lines().toList()) {
      if (!line.isBlank()) {
        String text = line.strip();
        lastError = text.substring(0, Math.min(text.length(), MAX_ERROR));
        if (firstErrors.length() < MAX_FIRST_ERRORS) {
          firstErrors.append(lastError).append('\n');
        }
        runLog.line(line);
      }
    }
    return bytes.length > 0;
  }

  /// Whether the request has left this process, or can no longer do so.
  public boolean requestIsWritten() {
    return requestWritten;
  }

  private void write(AgentRequest request, OutputStream stdin) {
    try (stdin) {
      stdin.write((Json.line(request) + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      log.warn("{} did not take its request: {}", run.container(), e.toString());
    } finally {
      requestWritten = true;
    }
  }
}
