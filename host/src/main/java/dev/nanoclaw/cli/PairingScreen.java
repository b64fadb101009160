package dev.nanoclaw.cli;

import dev.nanoclaw.channel.whatsapp.LinkEvent;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/// Shows what a person needs to pair a phone, until it is paired.
final class PairingScreen {

  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final PrintStream out;
  private final boolean terminal;
  private final Optional<String> phone;
  private final Optional<Path> png;
  private final BlockingQueue<LinkEvent> events = new LinkedBlockingQueue<>();
  private boolean codeShown;
  private int linesToGoUp;

  /// Asks for the code to type into the phone with that number.
  @FunctionalInterface
  interface PhoneCode {
    String of(String phone) throws InterruptedException;
  }

  /// @param terminal what was drawn can be drawn over
  /// @param phone its number, for a code to type in instead of one to scan
  PairingScreen(PrintStream out, boolean terminal, Optional<String> phone, Optional<Path> png) {
    this.out = new PrintStream(out, true, StandardCharsets.UTF_8);
    this.terminal = terminal;
    this.phone = phone;
    this.png = png;
  }

  void heard(LinkEvent event) {
    events.add(event);
  }

  /// What a daemon tells.
  void heard(String method, JsonNode params) {
    switch (method) {
      case "whatsapp.qr" ->
          heard(
              new LinkEvent.Qr(
                  params.path("code").asString(),
                  Duration.ofMillis(params.path("expires_in").asLong())));
      case "whatsapp.paired" -> heard(new LinkEvent.Paired(params.path("jid").asString()));
      case "whatsapp.connected" ->
          heard(
              new LinkEvent.Connected(
                  params.path("jid").asString(), params.path("name").asString("")));
      case "whatsapp.disconnected" ->
          heard(new LinkEvent.Disconnected(params.path("problem").asString()));
      case "whatsapp.stopped" -> heard(new LinkEvent.Stopped(params.path("problem").asString()));
      default -> {}
    }
  }

  /// @return whether it is paired now
  boolean follow(PhoneCode phoneCode) throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    long expires = 0;
    while (System.nanoTime() < end) {
      LinkEvent event = events.poll(1, TimeUnit.SECONDS);
      switch (event) {
        case null -> timeLeft(expires);
        case LinkEvent.Qr it -> {
          expires = System.nanoTime() + it.expiresIn().toNanos();
          show(it, phoneCode);
        }
        case LinkEvent.Paired _ -> out.println("\nThe phone has accepted. Connecting …");
        case LinkEvent.Connected it -> {
          String name = it.name().isBlank() ? "" : " (" + it.name() + ")";
          out.println("WhatsApp is connected as " + it.jid() + name + ".");
          return true;
        }
        case LinkEvent.Disconnected it -> out.println("\nNot connected: " + it.problem());
        case LinkEvent.Stopped it -> {
          out.println("\n" + it.problem());
          return false;
        }
      }
    }
    out.println("\nNobody has paired a phone for 10 minutes.");
    return false;
  }

  /// Waits for a link that was paired before.
  void awaitConnection() throws InterruptedException {
    for (LinkEvent event = events.poll(1, TimeUnit.MINUTES);
        !(event instanceof LinkEvent.Connected);
        event = events.poll(1, TimeUnit.MINUTES)) {
      switch (event) {
        case null -> throw new CommandException("WhatsApp cannot be reached");
        case LinkEvent.Qr _ -> throw new CommandException("WhatsApp is not paired");
        case LinkEvent.Stopped it -> throw new CommandException(it.problem());
        default -> {}
      }
    }
  }

  private void show(LinkEvent.Qr qr, PhoneCode phoneCode) throws IOException, InterruptedException {
    if (phone.isPresent()) {
      if (!codeShown) {
        codeShown = true;
        String code = phoneCode.of(phone.get());
        out.println(
            "On the phone: WhatsApp, Linked devices, Link a device, Link with phone number. The"
                + " code is\n\n"
                + "    "
                + code
                + "\n");
      }
      return;
    }
    var code = new QrCode(qr.code());
    if (png.isPresent()) {
      code.writePng(png.get());
    }
    String picture = code.text(terminal);
    if (terminal && linesToGoUp > 0) {
      out.print("\u001B[" + linesToGoUp + "A\r");
    }
    out.print(picture);
    out.println(
        "On the phone: WhatsApp, Linked devices, Link a device, and scan this"
            + png.map(it -> " (or " + it + ")").orElse("")
            + ".");
    linesToGoUp = (int) picture.lines().count() + 1;
  }

  /// On the line below the code.
  private void timeLeft(long expires) {
    if (terminal && linesToGoUp > 0) {
      long seconds = Math.max(0, Duration.ofNanos(expires - System.nanoTime()).toSeconds());
      out.printf("\r%d s until the next code \u001B[K\r", seconds);
    }
  }
}
