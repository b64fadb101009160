package dev.nanoclaw.cli;

import dev.nanoclaw.control.ControlClient;
import dev.nanoclaw.control.StatusService.GroupStatus;
import dev.nanoclaw.control.StatusService.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "status",
    description = "Says what runs and what is missing.",
    mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {

  @Mixin private HomeOption home = new HomeOption();

  @Override
  public Integer call() {
    Optional<Path> socket = home.socket();
    if (socket.isEmpty()) {
      return notRunning();
    }
    try (ControlClient client = ControlClient.connect(socket.get(), (_, _) -> {}, () -> {})) {
      print(client.call("status", Map.of(), Status.class));
      return 0;
    } catch (IOException _) {
      return notRunning();
    }
  }

  private int notRunning() {
    System.out.printf(
        "NanoClaw does not run on %s. Start it with: ./nanoclaw start%n", home.home().dir());
    var _ = home.settings(); // what would stop the start is told, too
    return 3;
  }

  private static void print(Status status) {
    System.out.printf(
        "NanoClaw runs on %s (process %d, since %s).%n",
        status.home(), status.pid(), status.startedAt());
    System.out.println(
        status
            .missing()
            .map(it -> "Agents cannot be started: " + it)
            .orElse("Agents can be started."));
    status.hint().ifPresent(System.out::println);
    status.whatsapp().ifPresent(it -> System.out.println(it + "."));
    System.out.printf(
        "%s running, %s waiting for one.%n",
        count(status.containers(), "container"), count(status.waiting(), "group"));
    if (status.deadLetters() > 0) {
      System.out.printf(
          "%s; see ./nanoclaw deadletters list%n", count(status.deadLetters(), "dead letter"));
    }
    for (GroupStatus group : status.groups()) {
      System.out.printf(
          "  %s (%s, %s%s): %s%s%n",
          group.folder(),
          group.name(),
          group.chat(),
          group.main() ? ", main" : "",
          group.state(),
          group.container().map(it -> ", " + it).orElse(""));
      group.trouble().ifPresent(it -> System.out.println("    in trouble: " + it));
    }
  }

  private static String count(int number, String what) {
    return (number == 0 ? "no" : Integer.toString(number)) + " " + what + (number == 1 ? "" : "s");
  }
}
