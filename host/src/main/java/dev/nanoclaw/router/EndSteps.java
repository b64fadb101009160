package dev.nanoclaw.router;

import dev.nanoclaw.container.AgentContainer;
import dev.nanoclaw.container.ContainerEngine.EngineException;
import dev.nanoclaw.domain.AgentRun;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Carries out the steps by which a container is ended, without waiting for an engine.
final class EndSteps {

  private static final Logger log = LoggerFactory.getLogger(EndSteps.class);

  private final AgentRun run;
  private final AgentContainer container;

  EndSteps(AgentRun run, AgentContainer container) {
    this.run = run;
    this.container = container;
  }

  void carryOut(RunLimits.Step step) {
    switch (step) {
      case NOTHING -> {}
      case ASK_TO_CLOSE -> {
        log.debug("Run {} is asked to close", run.runId());
        container.askToClose();
      }
      case STOP -> inBackground("stop", () -> container.stop(RunLimits.STOP_GRACE));
      case KILL -> inBackground("kill", container::kill);
      case REMOVE -> {
        log.error("Container {} ignores everything; removing it by force", run.container());
        inBackground("remove", container::remove);
      }
    }
  }

  private void inBackground(String what, Runnable work) {
    Thread.ofVirtual()
        .name(what + "-" + run.runId())
        .start(() -> {
          try {
            work.run();
          } catch (EngineException e) {
            log.warn("Run {}: {}", run.runId(), e.getMessage());
          }
        });
  }
}
