package dev.nanoclaw.channel.whatsapp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.IncomingMessage;
import dev.nanoclaw.jsonrpc.JsonRpc;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.node.ObjectNode;

/// The shapes in which messages come, and what the agent reads of each.
class InboundTest {

  private static final List<String> US = List.of("4915100000001@s.whatsapp.net", "910000001@lid");

  private final Inbound inbound =
      new Inbound(
          "whatsapp",
          "Andy",
          (chat, id) ->
              switch (id) {
                case "OLD" -> Optional.of("at noon");
                case "LONG" -> Optional.of("x".repeat(2000));
                default -> Optional.empty();
              });

  /// A row: what differs from a plain text of Alice, and the text that comes of it; `-` for
  /// nothing.
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      maxCharsPerColumn = 10_000,
      textBlock =
          """
          {"text":"hello"} | hello
          {"text":" hello "} | ' hello '
          {"text":"a\\nb"} | 'a\\nb'
          {"text":"日本 🎉 \\"<&>"} | 日本 🎉 "<&>
          {"text":"*bold* _it_ ~st~"} | *bold* _it_ ~st~
          {"text":"https://example.org/?a=b#c"} | https://example.org/?a=b#c
          {"text":"/status"} | /status
          {"text":""} | -
          {"text":"   \\n "} | -
          {"text":"@Andy hello"} | @Andy hello
          {"text":"@910000001 hello","mentions_me":true} | @Andy hello
          {"text":"@4915100000001 hello","mentions_me":true} | @Andy hello
          {"text":"well, @910000001?","mentions_me":true} | well, @Andy?
          {"text":"@910000001 and @910000001","mentions_me":true} | @Andy and @Andy
          {"text":"@910000001 hello"} | @910000001 hello
          {"text":"@910000102 hello","mentions":["4915100000102@s.whatsapp.net"]} | @910000102 hello
          {"text":"","mentions_me":true} | -
          {"media":{"type":"image","mime":"image/jpeg","size":120000}} | [image, 120.0 kB]
          {"media":{"type":"image","mime":"image/jpeg","size":999}} | [image, 999 bytes]
          {"media":{"type":"image","mime":"image/jpeg","size":1000}} | [image, 1.0 kB]
          {"media":{"type":"image","mime":"image/jpeg","size":2500000}} | [image, 2.5 MB]
          {"media":{"type":"image","mime":"","size":0}} | [image]
          {"text":"my cat","media":{"type":"image","mime":"image/jpeg","size":4711}} | 'my cat\\n[image, 4.7 kB]'
          {"text":"@Andy who is this?","media":{"type":"image","mime":"image/png","size":4711}} | '@Andy who is this?\\n[image, 4.7 kB]'
          {"media":{"type":"video","mime":"video/mp4","size":9000000,"seconds":31}} | [video, 31 s, 9.0 MB]
          {"text":"look","media":{"type":"video","mime":"video/mp4","size":9000000,"seconds":31}} | 'look\\n[video, 31 s, 9.0 MB]'
          {"media":{"type":"voice","mime":"audio/ogg; codecs=opus","size":4711,"seconds":7}} | [voice message, 7 s, 4.7 kB]
          {"media":{"type":"audio","mime":"audio/mpeg","size":4000000,"seconds":180}} | [audio file, 180 s, 4.0 MB]
          {"media":{"type":"audio","mime":"audio/mpeg","size":4000000,"file_name":"song.mp3"}} | [audio file song.mp3, 4.0 MB]
          {"media":{"type":"document","mime":"application/pdf","size":4711,"file_name":"bill.pdf"}} | [document bill.pdf, 4.7 kB]
          {"media":{"type":"document","mime":"application/pdf","size":4711}} | [document, 4.7 kB]
          {"text":"please pay","media":{"type":"document","mime":"application/pdf","size":4711,"file_name":"bill.pdf"}} | 'please pay\\n[document bill.pdf, 4.7 kB]'
          {"media":{"type":"document","mime":"text/x","size":1,"file_name":"a b (1).txt"}} | [document a b (1).txt, 1 bytes]
          {"media":{"type":"sticker","mime":"image/webp","size":30000}} | [sticker, 30.0 kB]
          {"media":{"type":"contact","mime":"","size":0},"text":"Carol"} | 'Carol\\n[contact]'
          {"media":{"type":"location","mime":"","size":0},"text":"Café\\n1.000000, 2.000000"} | 'Café\\n1.000000, 2.000000\\n[location]'
          {"media":{"type":"other","mime":"","size":0}} | [attachment that cannot be read]
          {"media":{"type":"hologram","mime":"","size":0}} | [hologram]
          {"text":"hello!","edit_of":"OLD"} | 'hello!\\n[edited; before: at noon]'
          {"text":"hello!","edit_of":"UNKNOWN"} | 'hello!\\n[edited]'
          {"text":"@Andy hello!","edit_of":"OLD"} | '@Andy hello!\\n[edited; before: at noon]'
          {"text":"caption","edit_of":"OLD","media":{"type":"image","mime":"image/jpeg","size":4711}} | 'caption\\n[image, 4.7 kB]\\n[edited; before: at noon]'
          {"text":"","edit_of":"OLD"} | [edited; before: at noon]
          {"text":"ok","quoted":{"id":"OLD","sender":"1@s.whatsapp.net","text":"at noon"}} | ok
          {"text":"ok","from_me":true} | ok
          {"text":"ok","is_group":true,"chat":"120363000000000001@g.us"} | ok
          {"text":"ok","chat":"910000101@lid"} | ok
          {"text":"ok","sender_name":""} | ok
          {"text":"ok","unknown":"field"} | ok
          {"text":"ok","timestamp":0} | ok
          {"text":"ok","timestamp":99999999999999} | ok
          """)
  void whatIsReadOfIt(String difference, String text) {
    String wanted = text.replace("\\n", "\n");
    Optional<IncomingMessage> message = message(difference.replace("\\\\n", "\\n"));
    assertThat(message.map(IncomingMessage::text).orElse("-")).isEqualTo(wanted);
  }

  @Test
  void aLongTextBeforeAnEditIsShortened() {
    String text = message("{\"text\":\"new\",\"edit_of\":\"LONG\"}").orElseThrow().text();
    assertThat(text).startsWith("new\n[edited; before: xxx").endsWith("x…]").hasSizeLessThan(600);
  }

  @Test
  void aTextOfTenMegabytesComesWhole() {
    String text = "a".repeat(10_000_000);
    assertThat(message("{\"text\":\"" + text + "\"}").orElseThrow().text()).isEqualTo(text);
  }

  @Test
  void everythingElseOfTheMessageReachesItsPlace() {
    assertThat(
            message(
                """
                {"id":"3A","chat":"120363000000000001@g.us","sender":"4915100000102@s.whatsapp.net",
                 "sender_name":"Bob","text":"hi","timestamp":1795353600000,"from_me":true,
                 "is_group":true,"mentions_me":true,
                 "quoted":{"id":"OLD","sender":"1@s.whatsapp.net","text":"at noon"}}
                """))
        .contains(
            new IncomingMessage(
                "3A",
                new ChatJid("120363000000000001@g.us"),
                "whatsapp",
                true,
                "4915100000102@s.whatsapp.net",
                "Bob",
                "hi",
                Instant.ofEpochMilli(1795353600000L),
                true,
                true,
                Optional.of("at noon")));
  }

  @Test
  void whoHasNoNameIsCalledByTheNumberAndAnEmptyQuoteIsNone() {
    IncomingMessage message =
        message(
                "{\"text\":\"x\",\"sender_name\":\"\",\"quoted\":{\"id\":\"O\",\"sender\":\"\",\"text\":\"\"}}")
            .orElseThrow();
    assertThat(message.senderName()).isEqualTo("4915100000101");
    assertThat(message.quoted()).isEmpty();
  }

  @Test
  void namesThatOthersChoseAreOneHarmlessLine() {
    assertThat(Inbound.name("A\u001B[2Jl\nice\u202E ")).isEqualTo("A [2Jl ice");
    assertThat(Inbound.name("\u0007 ")).isEmpty();
    assertThat(Inbound.name("Zoë 🦀 日本")).isEqualTo("Zoë 🦀 日本");
    assertThat(Inbound.name("x".repeat(5000))).hasSize(100);
    assertThat(Inbound.name("x".repeat(98) + "🦀🦀")).isEqualTo("x".repeat(98) + "…");
    assertThat(
            message(
                    "{\"media\":{\"type\":\"document\",\"mime\":\"\",\"size\":0,\"file_name\":\"a\\nb]\"}}")
                .orElseThrow()
                .text())
        .isEqualTo("[document a b]]");
  }

  @Test
  void whatIsNoMessageIsRefused() {
    assertThatThrownBy(() -> message("{\"chat\":\"\"}"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> message("{\"timestamp\":\"yesterday\"}"))
        .isInstanceOf(JacksonException.class);
    assertThatThrownBy(() -> message("{\"media\":7}")).isInstanceOf(JacksonException.class);
  }

  private Optional<IncomingMessage> message(String difference) {
    ObjectNode params =
        JsonRpc.parse(
            """
            {"id":"3A5F00AA","chat":"4915100000101@s.whatsapp.net",
             "sender":"4915100000101@s.whatsapp.net","sender_name":"Alice","text":"",
             "timestamp":1795353600000,"from_me":false,"is_group":false,"mentions":[],
             "mentions_me":false}
            """);
    params.setAll(JsonRpc.parse(difference));
    return inbound.message(JsonRpc.value(params, Wire.Message.class), US);
  }
}
