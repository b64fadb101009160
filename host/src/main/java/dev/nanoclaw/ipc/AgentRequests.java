package dev.nanoclaw.ipc;

import dev.nanoclaw.container.AgentFiles;
import dev.nanoclaw.container.AgentFiles.Entry;
import dev.nanoclaw.container.GroupDirectories;
import dev.nanoclaw.container.GroupDirectories.DirectoryException;
import dev.nanoclaw.container.UnusableFileException;
import dev.nanoclaw.db.DatabaseException;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.db.HandledFiles;
import dev.nanoclaw.db.OutboxStore;
import dev.nanoclaw.db.RunStore;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.protocol.AgentCommand;
import dev.nanoclaw.protocol.AgentFile;
import dev.nanoclaw.protocol.AgentResponse;
import dev.nanoclaw.protocol.Json;
import dev.nanoclaw.protocol.MalformedJsonException;
import dev.nanoclaw.router.FilesFromAgent;
import dev.nanoclaw.router.Registrations;
import dev.nanoclaw.scheduler.Tasks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Carries out what agents ask for by files: each file once, with an answer where one is wanted.
///
/// What changes something has its effect and its answer stored in one transaction, under the name
/// that the host gave to the file; a host that dies before the file is gone finds the answer again.
/// Everything else may happen twice.
public final class AgentRequests implements FilesFromAgent {

  private static final Logger log = LoggerFactory.getLogger(AgentRequests.class);
  private static final int MOST_REASON = 1000;
  private static final String OWN_ERROR =
      "NanoClaw could not do it because of an error of its own; your owner finds it in the log";

  private final HandledFiles handled;
  private final Authority authority;
  private final Orders orders;
  private final Clock clock;

  /// What requests are about.
  ///
  /// @param channels asks the channels anew for their groups
  /// @param assistant its name
  public record Parts(
      HandledFiles handled,
      RunStore runs,
      OutboxStore outbox,
      GroupStore groups,
      Tasks tasks,
      Registrations registrations,
      GroupDirectories directories,
      GroupRefresh.Channels channels,
      String assistant) {}

  public AgentRequests(Parts parts, Clock clock) {
    this.handled = parts.handled();
    this.authority = new Authority(parts.groups(), parts.tasks());
    this.orders = new Orders(parts, clock);
    this.clock = clock;
  }

  /// @throws DatabaseException when the database does not work; what was not carried out comes
  ///   again
  @Override
  public Taken take(AgentRun run, Group group, AgentFiles files) {
    boolean said = false;
    for (Entry entry : files.take()) {
      said |= new Request(run, files, entry).handle();
    }
    return new Taken(said, files.more());
  }

  /// What became of a command.
  private sealed interface Outcome {

    record Done(String answer) implements Outcome {}

    record Refused(String why) implements Outcome {}

    /// Through no fault of the agent's.
    record Failed() implements Outcome {}
  }

  /// One file.
  private final class Request {

    private final AgentRun run;
    private final AgentFiles files;
    private final Entry entry;

    Request(AgentRun run, AgentFiles files, Entry entry) {
      this.run = run;
      this.files = files;
      this.entry = entry;
    }

    /// @return whether something is to be sent now
    boolean handle() {
      try {
        String text = files.read(entry);
        return handle(text);
      } catch (UnusableFileException e) {
        files.refuse(entry, String.valueOf(e.getMessage()), e.content(), clock.instant());
        return false;
      }
    }

    private boolean handle(String text) {
      AgentFile file;
      try {
        file = AgentFile.read(text);
      } catch (MalformedJsonException e) {
        giveUp(AgentFile.requestId(text), String.valueOf(e.getMessage()), text);
        return false;
      } catch (RuntimeException e) {
        log.error("Run {}: {} could not be read", run.runId(), entry.origin(), e);
        giveUp(Optional.empty(), OWN_ERROR, text);
        return false;
      }
      AgentCommand command = file.command();
      switch (carryOut(command)) {
        case Outcome.Done(String answer) -> {
          answered(file.requestId(), answer);
          return effect(command) == Effect.CHAT;
        }
        case Outcome.Refused(String why) -> {
          log.info("Run {}: {} was refused: {}", run.runId(), name(command), why);
          answered(file.requestId(), Json.line(AgentResponse.refused(why)));
        }
        case Outcome.Failed() -> giveUp(file.requestId(), OWN_ERROR, text);
      }
      return false;
    }

    private Outcome carryOut(AgentCommand command) {
      try {
        return new Outcome.Done(
            effect(command) == Effect.NONE
                ? answer(command)
                : handled.once(run.runId(), entry.name(), () -> answer(command)));
      } catch (NotAllowedException
          | Tasks.RefusedException
          | Registrations.RefusedException
          | DirectoryException e) {
        return new Outcome.Refused(beginning(String.valueOf(e.getMessage())));
      } catch (DatabaseException e) {
        log.error("Run {}: {} failed", run.runId(), name(command), e);
        return unlessNothingCanBeStored();
      } catch (RuntimeException e) {
        log.error("Run {}: {} failed", run.runId(), name(command), e);
        return new Outcome.Failed();
      }
    }

    private String answer(AgentCommand command) {
      Order order = authority.order(run.group(), command);
      return Json.line(orders.carryOut(order, run, entry.name()));
    }

    /// A file that the database refuses whenever it is tried must not come for ever.
    private Outcome unlessNothingCanBeStored() {
      String failed = Json.line(AgentResponse.refused(OWN_ERROR));
      String answer = handled.once(run.runId(), entry.name(), () -> failed);
      return answer.equals(failed) ? new Outcome.Failed() : new Outcome.Done(answer);
    }

    private void giveUp(Optional<String> requestId, String why, String text) {
      respond(requestId, Json.line(AgentResponse.refused(why)));
      files.refuse(entry, why, text.getBytes(StandardCharsets.UTF_8), clock.instant());
    }

    /// An interrupted thread writes nothing: the next host finds the file, and its answer.
    private void answered(Optional<String> requestId, String answer) {
      respond(requestId, answer);
      if (!Thread.currentThread().isInterrupted()) {
        files.done(entry);
      }
    }

    private void respond(Optional<String> requestId, String answer) {
      try {
        if (requestId.isPresent()) {
          files.respond(requestId.get(), answer);
        }
      } catch (IOException e) {
        log.warn("Run {} gets no answer to {}: {}", run.runId(), requestId, e.toString());
      }
    }
  }

  /// What a command touches.
  private enum Effect {
    NONE,
    CHAT,
    /// Tasks or groups.
    OTHER
  }

  private static Effect effect(AgentCommand command) {
    return switch (command) {
      case AgentCommand.ListTasks _, AgentCommand.ListGroups _, AgentCommand.RefreshGroups _ ->
          Effect.NONE;
      case AgentCommand.Message _ -> Effect.CHAT;
      case AgentCommand.ScheduleTask _,
          AgentCommand.UpdateTask _,
          AgentCommand.PauseTask _,
          AgentCommand.ResumeTask _,
          AgentCommand.CancelTask _ ->
          Effect.OTHER;
      case AgentCommand.RegisterGroup _ -> Effect.OTHER;
    };
  }

  /// What an agent wrote may be quoted in it.
  private static String beginning(String why) {
    String line = why.replaceAll("\\p{Cntrl}", " ");
    return line.length() <= MOST_REASON ? line : line.substring(0, MOST_REASON) + "...";
  }

  private static String name(AgentCommand command) {
    return command.getClass().getSimpleName();
  }
}
