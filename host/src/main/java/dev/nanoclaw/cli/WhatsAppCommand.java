package dev.nanoclaw.cli;

import dev.nanoclaw.channel.whatsapp.LinkException;
import dev.nanoclaw.channel.whatsapp.WhatsAppLink;
import dev.nanoclaw.config.Environment;
import dev.nanoclaw.config.Settings;
import dev.nanoclaw.control.ControlClient;
import dev.nanoclaw.control.ControlClient.ControlException;
import dev.nanoclaw.control.WhatsAppService.WhatsAppStatus;
import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(
    name = "whatsapp",
    description = "Pairs a phone, or ends that.",
    mixinStandardHelpOptions = true)
final class WhatsAppCommand implements Runnable {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Which command: pair, status or logout?");
  }

  @Command(
      name = "pair",
      description = "Shows the code to scan with a phone: WhatsApp, Linked devices, Link a device.",
      mixinStandardHelpOptions = true)
  int pair(
      @Mixin HomeOption home,
      @Option(
              names = "--phone",
              paramLabel = "NUMBER",
              description = "Shows a code to type into the phone with that number instead.")
          @Nullable String phone,
      @Option(
              names = "--png",
              paramLabel = "FILE",
              description = "Writes the code into a picture, too.")
          @Nullable Path png)
      throws IOException, InterruptedException {
    var screen =
        new PairingScreen(
            System.out,
            Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent(),
            Optional.ofNullable(phone).map(WhatsAppCommand::digits),
            Optional.ofNullable(png));
    Optional<ControlClient> daemon = daemon(home, screen::heard);
    if (daemon.isEmpty()) {
      try (WhatsAppLink link = alone(home)) {
        var _ = link.watch(screen::heard);
        link.start();
        boolean paired = screen.follow(link::pairPhone);
        if (paired && !home.settings().channels().whatsapp().enabled()) {
          System.out.println(
              "Now set channels.whatsapp.enabled to true in config.yml, and start NanoClaw.");
        }
        return paired ? 0 : 1;
      }
    }
    try (ControlClient client = daemon.get()) {
      WhatsAppStatus status = client.call("whatsapp.pair", Map.of(), WhatsAppStatus.class);
      if (status.phase().equals("connected")) {
        System.out.println(status.words() + ".");
        return 0;
      }
      return screen.follow(
              it -> client.call("whatsapp.pair_phone", Map.of("phone", it), PairCode.class).code())
          ? 0
          : 1;
    } catch (ControlException e) {
      throw new CommandException(String.valueOf(e.getMessage()));
    }
  }

  private record PairCode(String code) {}

  @Command(name = "status", description = "Says how things stand.", mixinStandardHelpOptions = true)
  int status(@Mixin HomeOption home) throws IOException {
    Optional<ControlClient> daemon = connect(home, (_, _) -> {});
    if (daemon.isEmpty()) {
      System.out.println("NanoClaw does not run, and so WhatsApp is not connected.");
      return 3;
    }
    try (ControlClient client = daemon.get()) {
      WhatsAppStatus status = client.call("whatsapp.status", Map.of(), WhatsAppStatus.class);
      System.out.println(status.words() + ".");
      return status.phase().equals("connected") ? 0 : 3;
    }
  }

  @Command(
      name = "logout",
      description = "Ends the pairing, here and on the phone.",
      mixinStandardHelpOptions = true)
  int logout(@Mixin HomeOption home) throws IOException, InterruptedException {
    Optional<ControlClient> daemon = daemon(home, (_, _) -> {});
    if (daemon.isPresent()) {
      try (ControlClient client = daemon.get()) {
        var _ = client.call("whatsapp.logout", Map.of(), JsonNode.class);
      } catch (ControlException e) {
        throw new CommandException(String.valueOf(e.getMessage()));
      }
    } else {
      try (WhatsAppLink link = alone(home)) {
        var screen = new PairingScreen(System.out, false, Optional.empty(), Optional.empty());
        var _ = link.watch(screen::heard);
        link.start();
        screen.awaitConnection();
        link.logout();
      } catch (LinkException e) {
        throw new CommandException(String.valueOf(e.getMessage()));
      }
    }
    System.out.println("WhatsApp is no longer paired.");
    return 0;
  }

  /// As people write numbers: `+49 151 000000`.
  private static String digits(String phone) {
    String digits = phone.replaceAll("[\\s()./+-]", "");
    if (!digits.matches("[1-9][0-9]{6,14}")) {
      throw new CommandException(
          "--phone needs a number with its country code, like +4915100000001, not '%s'"
              .formatted(phone));
    }
    return digits;
  }

  /// The daemon, if one runs that has WhatsApp switched on.
  private static Optional<ControlClient> daemon(
      HomeOption home, BiConsumer<String, JsonNode> notifications) throws IOException {
    Optional<ControlClient> client = connect(home, notifications);
    if (client.isPresent()
        && client
            .get()
            .call("whatsapp.status", Map.of(), WhatsAppStatus.class)
            .phase()
            .equals("off")) {
      client.get().close();
      return Optional.empty();
    }
    return client;
  }

  private static Optional<ControlClient> connect(
      HomeOption home, BiConsumer<String, JsonNode> notifications) {
    return home.socket()
        .flatMap(it -> {
          try {
            return Optional.of(ControlClient.connect(it, notifications, () -> {}));
          } catch (IOException _) {
            return Optional.empty(); // it does not run
          }
        });
  }

  private static WhatsAppLink alone(HomeOption home) throws IOException {
    Settings settings = home.settings();
    Path program =
        settings.channels().whatsapp().bridge().orElse(Environment.system().whatsAppBridge());
    if (!Files.isExecutable(program)) {
      throw new CommandException(
          "the bridge to WhatsApp is missing (%s): install Go 1.26 or newer and run this again, or name a built one in channels.whatsapp.bridge"
              .formatted(program));
    }
    Path store = Files.createDirectories(settings.paths().storeDir()).resolve("whatsapp.db");
    return WhatsAppLink.alone(program, store, Clock.systemUTC());
  }
}
