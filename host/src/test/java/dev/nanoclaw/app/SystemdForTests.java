package dev.nanoclaw.app;

import dev.nanoclaw.process.Command;
import dev.nanoclaw.process.Command.Outcome;
import dev.nanoclaw.testing.ServiceTools;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// The service of a user whose `systemctl` is a script, for tests of other packages.
public final class SystemdForTests {

  private SystemdForTests() {}

  public static ServiceManager service(ServiceTools tools) {
    return new SystemdService(
        new SystemdService.Owner.User("somebody", Path.of("/run/user/1000"), true),
        tools.units(),
        tools.tool("systemctl").toString(),
        tools.tool("loginctl").toString());
  }

  /// Calls the script as another program would.
  public static void systemctl(ServiceTools tools, List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(tools.tool("systemctl").toString(), "--user"));
    command.addAll(arguments);
    if (!(Command.run(command, Duration.ofSeconds(30)) instanceof Outcome.Exited it && it.ok())) {
      throw new AssertionError(command + " failed");
    }
  }
}
