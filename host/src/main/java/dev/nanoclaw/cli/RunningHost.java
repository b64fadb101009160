package dev.nanoclaw.cli;

import dev.nanoclaw.app.HomeLock;
import dev.nanoclaw.app.ServiceManager;
import dev.nanoclaw.app.ServiceState;
import dev.nanoclaw.control.ControlClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Which process serves a home directory.
final class RunningHost {

  private static final long LOOK_MS = 100;

  private RunningHost() {}

  /// The process, when it answers.
  static OptionalLong on(Path home) {
    Optional<Path> socket = HomeLock.socket(home);
    if (socket.isEmpty()) {
      return OptionalLong.empty();
    }
    try (ControlClient _ = ControlClient.connect(socket.get(), (_, _) -> {}, () -> {})) {
      return HomeLock.process(home);
    } catch (IOException _) {
      return OptionalLong.empty();
    }
  }

  /// Waits until the service's process answers or has ended, at most about that long.
  static ServiceState await(ServiceManager manager, Path home, Duration patience) {
    long most = patience.toMillis() / LOOK_MS;
    CountDownLatch never = new CountDownLatch(1);
    ServiceState state = manager.state();
    try {
      for (int looks = 0; looks < most && !isSettled(state, home); looks++) {
        var _ = never.await(LOOK_MS, TimeUnit.MILLISECONDS);
        state = manager.state();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    return state;
  }

  private static boolean isSettled(ServiceState state, Path home) {
    return switch (state) {
      case ServiceState.Running running -> on(home).equals(OptionalLong.of(running.pid()));
      case ServiceState.Starting _ -> false;
      case ServiceState.Failed _, ServiceState.Stopped _, ServiceState.NotInstalled _ -> true;
    };
  }
}
