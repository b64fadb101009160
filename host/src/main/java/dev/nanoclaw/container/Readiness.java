package dev.nanoclaw.container;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.nanoclaw.config.Credential;
import dev.nanoclaw.container.ContainerEngine.EngineException;
import dev.nanoclaw.container.Engines.Found;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/// Whether an agent can be started now: an engine that answers, the image on it, a credential.
/// Remembers the engine until somebody doubts it, because asking takes longer than a message may
/// wait.
public final class Readiness {

  private final Engines engines;
  private final String image;
  private final Supplier<Optional<Credential>> credential;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock") private Optional<ContainerEngine> known = Optional.empty();

  /// @param credential reads the credential; throws with a text for the owner when its file is
  ///   wrong
  public Readiness(Engines engines, String image, Supplier<Optional<Credential>> credential) {
    this.engines = engines;
    this.image = image;
    this.credential = credential;
  }

  /// The answer.
  public sealed interface State {

    record Ready(ContainerEngine engine, Credential credential) implements State {}

    /// @param kind one word: `engine`, `image` or `credential`
    /// @param text what is missing and what to do, for a person in a chat
    record Missing(String kind, String text) implements State {}
  }

  /// Asks what is not known.
  public State check() {
    lock.lock();
    try {
      if (known.isEmpty()) {
        Optional<State.Missing> missing = findEngine();
        if (missing.isPresent()) {
          return missing.get();
        }
      }
      return checkCredential(known.orElseThrow());
    } finally {
      lock.unlock();
    }
  }

  /// A container did not start: the engine is asked again before the next.
  public void doubt() {
    lock.lock();
    try {
      known = Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock") private Optional<State.Missing> findEngine() {
    switch (engines.find()) {
      case Found.None(String reason) -> {
        return Optional.of(
            new State.Missing(
                "engine",
                "No container engine answers (%s). Install or start Docker or Podman; I go on by myself then."
                    .formatted(reason)));
      }
      case Found.Engine(ContainerEngine engine, String _) -> {
        try {
          if (!engine.hasImage(image)) {
            return Optional.of(
                new State.Missing(
                    "image",
                    "%s has no image %s. Run: ./nanoclaw image build"
                        .formatted(engine.name(), image)));
          }
        } catch (EngineException e) {
          return Optional.of(new State.Missing("engine", e.getMessage() + "."));
        }
        known = Optional.of(engine);
        return Optional.empty();
      }
    }
  }

  private State checkCredential(ContainerEngine engine) {
    try {
      return credential
          .get()
          .<State>map(it -> new State.Ready(engine, it))
          .orElseGet(() ->
              new State.Missing(
                  "credential",
                  "There is no Claude credential. Copy credentials.yml.dist to credentials.yml, put"
                      + " your key in and run: chmod 600 credentials.yml"));
    } catch (RuntimeException e) {
      return new State.Missing("credential", String.valueOf(e.getMessage()));
    }
  }
}
