package dev.nanoclaw.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.zxing.BinaryBitmap;
import com.google.zxing.MultiFormatReader;
import com.google.zxing.RGBLuminanceSource;
import com.google.zxing.common.HybridBinarizer;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/// A message in a WhatsApp group gets its answer there: server, bridge, host, container, Claude
/// Code. Only WhatsApp's and Anthropic's servers are played.
@Timeout(300)
class WhatsAppTest {

  private static final Installation.Setting PODMAN =
      new Installation.Setting("podman", Optional.empty());

  @Test
  void aGroupOfWhatsAppIsAnsweredByClaudeInItsContainer() throws Exception {
    try (var api = new ApiStandIn();
        var whatsapp = new WhatsAppServer();
        var nanoclaw = new Installation(PODMAN, api.baseUrl(), RunnerProcess.KEY)) {
      nanoclaw.buildImage();
      nanoclaw.configure("enabled: false", "enabled: true"); // WhatsApp
      whatsapp.tell(nanoclaw);
      whatsapp.person("Alice");
      nanoclaw.start();
      assertThat(nanoclaw.nanoclaw("status").output()).contains("WhatsApp is not paired");
      pair(nanoclaw, whatsapp);
      Installation.await("the link", () -> nanoclaw.nanoclaw("whatsapp", "status").code() == 0);

      // a group that is not registered gets no answer, and is there to be registered
      String family = whatsapp.group("Family", "Alice");
      var _ = whatsapp.send("Alice", family, "@Andy hello?", false);
      assertThat(nanoclaw.nanoclaw("groups", "available").orFail().output())
          .contains(family, "Family");
      var _ =
          nanoclaw.nanoclaw("groups", "register", "--jid", family, "--folder", "family").orFail();
      assertThat(nanoclaw.nanoclaw("groups", "list").orFail().output())
          .containsPattern("family +Family +" + family + " +@");

      // what nobody asked the assistant is context only
      var _ = whatsapp.send("Alice", family, "the parrot is called Ferdinand", false);
      String asked =
          whatsapp.send(
              "Alice",
              family,
              "@Andy "
                  + RealCli.script("{\"text\":\"His name is **Ferdinand**.\",\"delay_ms\":1500}"),
              false);
      JsonNode answer =
          whatsapp.await("the answer", it -> isText(it, "Andy: His name is *Ferdinand*."));
      assertThat(answer.path("chat").asString()).isEqualTo(family);
      assertThat(answer.path("quoted").asString()).isEqualTo(asked);
      assertThat(String.join("\n", api.conversation().getFirst().texts()))
          .contains("the parrot is called Ferdinand")
          .doesNotContain("hello?");
      assertThat(whatsapp.events())
          .anyMatch(it -> it.path("state").asString().equals("composing"))
          .anyMatch(it -> it.path("state").asString().equals("paused"));

      // a mention is as good as a name, and a lost connection or host loses nothing
      whatsapp.drop();
      var _ = whatsapp.send("Alice", family, "@910000001 " + say("back again"), true);
      var _ = whatsapp.await("the second answer", it -> isText(it, "Andy: back again"));
      nanoclaw.stop();
      var _ = whatsapp.send("Alice", family, "@Andy " + say("after the night"), false);
      nanoclaw.start();
      var _ = whatsapp.await("the third answer", it -> isText(it, "Andy: after the night"));
      assertThat(whatsapp.received("Alice"))
          .containsExactly(
              "Andy: His name is *Ferdinand*.", "Andy: back again", "Andy: after the night");

      // WhatsApp itself says stop: the owner is told, and the rest goes on
      whatsapp.streamError("401", "device_removed");
      Installation.await(
          "the word of it",
          () -> nanoclaw.nanoclaw("status").output().contains("WhatsApp has stopped"));
      assertThat(nanoclaw.chat(say("still here"))).contains("still here");
      try (var control = new ControlConnection(nanoclaw.home())) {
        assertThat(control.call("chat.attach", Map.of("after_seq", 0)).toString())
            .contains("WhatsApp has stopped: WhatsApp has logged this device out");
      }
    }
  }

  private static String say(String text) {
    return RealCli.script("{\"text\":\"" + text + "\"}");
  }

  private static boolean isText(JsonNode event, String text) {
    return event.path("to").asString().equals("Alice")
        && event.path("text").asString().equals(text);
  }

  /// As a person does: from the picture of the code.
  private static void pair(Installation nanoclaw, WhatsAppServer whatsapp) throws Exception {
    Path picture = nanoclaw.home().resolve("code.png");
    Process pairing =
        nanoclaw.inBackground(
            nanoclaw.home().resolve("pairing"), "whatsapp", "pair", "--png", picture.toString());
    Installation.await("the code", () -> Files.exists(picture));
    BufferedImage image = ImageIO.read(picture.toFile());
    int[] pixels =
        image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    var source = new RGBLuminanceSource(image.getWidth(), image.getHeight(), pixels);
    whatsapp.pair(
        new MultiFormatReader().decode(new BinaryBitmap(new HybridBinarizer(source))).getText());
    assertThat(pairing.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(pairing.exitValue())
        .as(Files.readString(nanoclaw.home().resolve("pairing")))
        .isZero();
  }
}
