package dev.nanoclaw.cli;

import dev.nanoclaw.control.ControlClient;
import dev.nanoclaw.control.ControlClient.ControlException;
import dev.nanoclaw.jsonrpc.JsonRpc;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/// Asks the daemon of a home directory one thing.
final class Question {

  private Question() {}

  /// @return empty when no daemon runs
  static <T> Optional<T> ask(HomeOption home, String method, Object params, Class<T> type) {
    Optional<Path> socket = home.socket();
    if (socket.isEmpty()) {
      return Optional.empty();
    }
    try (ControlClient client = ControlClient.connect(socket.get(), (_, _) -> {}, () -> {})) {
      return Optional.of(client.call(method, params, type));
    } catch (ControlException e) {
      throw new CommandException(String.valueOf(e.getMessage()));
    } catch (IOException _) {
      return Optional.empty();
    }
  }

  /// Asks what only a daemon can answer.
  static <T> T require(HomeOption home, String method, Object params, Class<T> type) {
    return ask(home, method, params, type)
        .orElseThrow(
            () -> new CommandException("no daemon runs here. Start it with: ./nanoclaw start"));
  }

  static int printJson(Object answer) {
    System.out.print(JsonRpc.line(JsonRpc.tree(answer)));
    return 0;
  }
}
