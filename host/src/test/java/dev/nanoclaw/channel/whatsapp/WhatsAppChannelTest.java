package dev.nanoclaw.channel.whatsapp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.nanoclaw.channel.Channel.SendResult;
import dev.nanoclaw.channel.whatsapp.LinkState.Phase;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.IncomingMessage;
import dev.nanoclaw.domain.OutgoingMessage;
import dev.nanoclaw.testing.TestSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The channel with a bridge that is a shell script: what it says and what becomes of it. The real
/// bridge is in the end-to-end test.
@Timeout(60)
class WhatsAppChannelTest {

  private static final ChatJid FAMILY = new ChatJid("120363000000000001@g.us");
  private static final ChatJid ALICE = new ChatJid("4915100000101@s.whatsapp.net");

  /// Reads a line at a time into $line; $id is the id of a request, `reply` answers it.
  private static final String PREAMBLE =
      """
      #!/bin/sh
      cd "$(dirname "$2")" || exit 1
      echo start >>starts
      say() { printf '%s\\n' "$1"; }
      hello() { say '{"jsonrpc":"2.0","method":"hello","params":{"protocol":1,"bridge":"1","whatsmeow":"v","state":"'"$1"'"}}'; }
      connected() { say '{"jsonrpc":"2.0","method":"connected","params":{"jid":"4915100000001@s.whatsapp.net","lid":"910000001@lid","name":"Owner"}}'; }
      reply() { say '{"jsonrpc":"2.0","id":'"$id"',"result":'"$1"'}'; }
      refuse() { say '{"jsonrpc":"2.0","id":'"$id"',"error":'"$1"'}'; }
      next() { IFS= read -r line || exit 0; printf '%s\\n' "$line" >>heard; id=${line##*\\"id\\":}; id=${id%%[,\\}]*}; }
      message() { say '{"jsonrpc":"2.0","id":"'"$1"'","method":"message","params":{"id":"'"$1"'","chat":"4915100000101@s.whatsapp.net","sender":"4915100000101@s.whatsapp.net","sender_name":"Alice","text":"'"$2"'","timestamp":1795353600000,"from_me":'"${3:-false}"',"is_group":false,"mentions":[],"mentions_me":false}}'; }
      serve() { while :; do next; case $line in
        *'"connect"'*) reply '{}'; connected ;;
        *'"groups"'*) reply '{"groups":[{"jid":"120363000000000001@g.us","name":"Family","participants":3},{"jid":"120363000000000002@g.us","name":"","participants":1}]}' ;;
        *) reply '{}' ;;
      esac; done; }
      """;

  @TempDir Path dir;
  private final RecordingHost host = new RecordingHost();
  private Optional<WhatsAppChannel> open = Optional.empty();

  @BeforeEach
  void store() throws IOException {
    Files.createDirectories(dir.resolve("store"));
  }

  @AfterEach
  void close() {
    open.ifPresent(WhatsAppChannel::close);
  }

  private static final class RecordingHost implements WhatsAppChannel.Host {

    final List<String> received = new CopyOnWriteArrayList<>();
    final List<String> said = new CopyOnWriteArrayList<>();
    final List<String> events = new CopyOnWriteArrayList<>();
    final AtomicInteger refusals = new AtomicInteger();

    @Override
    public void received(IncomingMessage message) {
      if (refusals.getAndDecrement() > 0) {
        throw new IllegalStateException("the disk is full");
      }
      received.add(message.id() + ": " + message.text());
    }

    @Override
    public void said(ChatJid chat, String messageId, String text, Instant when) {
      said.add(messageId + ": " + text);
    }

    @Override
    public boolean isOurs(String messageId) {
      return messageId.startsWith("3EB0");
    }

    @Override
    public Optional<String> textOf(ChatJid chat, String messageId) {
      return Optional.empty();
    }

    @Override
    public void merged(ChatJid from, ChatJid to) {
      events.add("merged " + from + " " + to);
    }

    @Override
    public void named(Map<ChatJid, String> groups) {
      events.add("named " + groups.get(FAMILY));
    }

    @Override
    public void connected() {
      events.add("connected");
    }

    @Override
    public void stopped(String problem) {
      events.add("stopped " + problem);
    }
  }

  private WhatsAppChannel start(String script) throws IOException {
    return start(script, false);
  }

  private WhatsAppChannel start(String script, boolean hasOwnNumber) throws IOException {
    Path bridge = dir.resolve("bridge");
    Path aside = Files.writeString(dir.resolve("aside"), PREAMBLE + script);
    Files.setPosixFilePermissions(aside, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.move(aside, bridge);
    return startChannel(hasOwnNumber);
  }

  private WhatsAppChannel startChannel(boolean hasOwnNumber) {
    TestSettings settings = new TestSettings(dir);
    settings.hasOwnNumber = hasOwnNumber;
    WhatsAppChannel channel =
        new WhatsAppChannel(
            settings.settings(),
            dir.resolve("bridge"),
            dir.resolve("store/whatsapp.db"),
            host,
            Clock.systemUTC());
    open = Optional.of(channel);
    channel.start();
    return channel;
  }

  private static void awaitPhase(WhatsAppChannel channel, Phase phase) {
    await().atMost(Duration.ofSeconds(20)).until(() -> channel.link().state().phase() == phase);
  }

  private static OutgoingMessage message(ChatJid chat, String text) {
    return new OutgoingMessage(
        1,
        chat,
        text,
        "3EB00123456789ABCDEF01",
        Optional.of(new OutgoingMessage.Reply("3A", ALICE.value(), "when?")),
        0,
        Optional.empty());
  }

  private List<String> lines(String file) throws IOException {
    Path path = dir.resolve("store").resolve(file);
    return Files.exists(path) ? Files.readAllLines(path) : List.of();
  }

  @Test
  void itConnectsAsksForTheGroupsAndSends() throws Exception {
    WhatsAppChannel channel = start("hello disconnected; serve");
    awaitPhase(channel, Phase.CONNECTED);
    await().until(() -> host.events.contains("named Family"));
    assertThat(channel.groups().orElseThrow())
        .containsExactlyInAnyOrder(FAMILY, new ChatJid("120363000000000002@g.us"));
    assertThat(host.events).contains("connected");
    assertThat(channel.link().state().inWords()).isEqualTo("WhatsApp is connected as Owner");

    assertThat(channel.send(message(FAMILY, "Andy: at noon"))).isEqualTo(new SendResult.Sent());
    assertThat(channel.send(message(ALICE, "Andy: hi"))).isEqualTo(new SendResult.Sent());
    assertThat(host.said)
        .containsExactly(
            "3EB00123456789ABCDEF01: Andy: at noon", "3EB00123456789ABCDEF01: Andy: hi");
    List<String> sent = lines("heard").stream().filter(it -> it.contains("\"send\"")).toList();
    assertThat(sent.getFirst())
        .contains("\"chat\":\"120363000000000001@g.us\"", "\"text\":\"Andy: at noon\"")
        .contains("\"reply_to\":{\"id\":\"3A\",\"sender\":\"4915100000101@s.whatsapp.net\"");
    assertThat(sent.getLast()).as("with one person it is clear").doesNotContain("\"3A\"");
  }

  @Test
  void whatTheBridgeAnswersToASendDecidesWhatBecomesOfIt() throws Exception {
    WhatsAppChannel channel =
        start(
            """
            hello disconnected
            n=0
            while :; do next; case $line in
              *'"connect"'*) reply '{}'; connected ;;
              *'"send"'*) n=$((n + 1)); case $n in
                1) refuse '{"code":1,"message":"not connected to WhatsApp"}' ;;
                2) refuse '{"code":2,"message":"timed out"}' ;;
                3) refuse '{"code":3,"message":"not on WhatsApp"}' ;;
                4) refuse '{"code":4,"message":"too fast","data":{"retry_in":60000}}' ;;
                5) refuse '{"code":-32602,"message":"text: is empty"}' ;;
                6) exit 1 ;;
              esac ;;
              *) reply '{"groups":[]}' ;;
            esac; done
            """);
    awaitPhase(channel, Phase.CONNECTED);
    assertThat(List.of(1, 2, 3, 4, 5, 6).stream().map(_ -> channel.send(message(ALICE, "x"))))
        .containsExactly(
            new SendResult.TryAgain("not connected to WhatsApp"),
            new SendResult.TryAgain("timed out"),
            new SendResult.Refused("not on WhatsApp"),
            new SendResult.TryAgain("too fast", Optional.of(Duration.ofMinutes(1))),
            new SendResult.Refused("text: is empty"),
            new SendResult.TryAgain("the bridge ended meanwhile"));
    assertThat(host.said).isEmpty();
    assertThat(channel.send(message(ALICE, "x"))).isInstanceOf(SendResult.TryAgain.class);
  }

  @Test
  void aMessageIsAcknowledgedWhenTheHostHasItAndNotBefore() throws Exception {
    host.refusals.set(1);
    start(
        """
        hello disconnected
        next; reply '{}'; connected
        next; reply '{"groups":[]}'
        message A one; next
        message A one; next
        message 3EB0AB ours true; next
        message B two true; next
        serve
        """);
    await().until(() -> host.received.size() == 2 && lines("heard").size() >= 6);
    assertThat(host.received).containsExactly("A: one", "B: two");
    assertThat(lines("heard").subList(2, 6))
        .satisfiesExactly(
            it -> assertThat(it).contains("\"id\":\"A\"", "-32603", "the disk is full"),
            it -> assertThat(it).contains("\"id\":\"A\"", "\"result\":{}"),
            it -> assertThat(it).contains("\"id\":\"3EB0AB\"", "\"result\":{}"),
            it -> assertThat(it).contains("\"id\":\"B\"", "\"result\":{}"));
  }

  @Test
  void onANumberOfItsOwnWhatTheAccountSaysIsTheAssistants() throws Exception {
    start("hello disconnected; next; reply '{}'; message B two true; next; serve", true);
    await().until(() -> host.said.equals(List.of("B: two")));
    assertThat(host.received).isEmpty();
  }

  @Test
  void nonsenseIsAnsweredOrIgnoredAndNothingBreaks() throws Exception {
    WhatsAppChannel channel =
        start(
            """
            hello disconnected
            next; reply '{}'
            say 'no JSON'; say '[]'; say ''; say '{"jsonrpc":"2.0","id":999,"result":{}}'
            say '{"jsonrpc":"2.0","method":"weather","params":{}}'
            say '{"jsonrpc":"2.0","id":"u","method":"dance","params":{}}'; next
            say '{"jsonrpc":"2.0","id":"m","method":"message","params":{"id":7}}'; next
            say '{"jsonrpc":"2.0","id":"n","method":"message"}'; next
            say '{"jsonrpc":"2.0","id":"c","method":"chat_merged","params":{"from":"1@lid","to":"2@s.whatsapp.net"}}'; next
            echo 'panic: something' >&2
            connected; serve
            """);
    awaitPhase(channel, Phase.CONNECTED);
    assertThat(host.events).contains("merged 1@lid 2@s.whatsapp.net");
    assertThat(lines("heard").subList(1, 5))
        .satisfiesExactly(
            it -> assertThat(it).contains("\"id\":\"u\"", "-32601", "unknown method dance"),
            it -> assertThat(it).contains("\"id\":\"m\"", "-32602"),
            it -> assertThat(it).contains("\"id\":\"n\"", "-32602"),
            it -> assertThat(it).contains("\"id\":\"c\"", "\"result\":{}"));
    assertThat(lines("starts")).hasSize(1);
  }

  @Test
  void aBridgeThatEndsIsStartedAgain() throws Exception {
    WhatsAppChannel channel =
        start("hello disconnected; [ \"$(wc -l <starts)\" -gt 2 ] || exit 1; serve");
    awaitPhase(channel, Phase.CONNECTED);
    assertThat(lines("starts")).hasSize(3);
  }

  @Test
  void aMissingBridgeIsNamedWithWhatToDo() throws Exception {
    WhatsAppChannel channel = startChannel(false);
    await().until(() -> channel.link().state().problem().isPresent());
    assertThat(channel.link().state().inWords())
        .contains("WhatsApp is not there", "install Go", "channels.whatsapp.bridge");
    assertThat(channel.send(message(ALICE, "x"))).isInstanceOf(SendResult.TryAgain.class);
  }

  @Test
  void whyABridgeCannotRunIsSaid() throws Exception {
    WhatsAppChannel channel =
        start(
            "echo '{\"level\":\"ERROR\",\"msg\":\"the store is readable by others\"}' >&2; exit 1");
    await().until(() -> channel.link().state().problem().isPresent());
    assertThat(channel.link().state().inWords()).contains("the store is readable by others");
  }

  @Test
  void anotherVersionOfTheProtocolIsRefused() throws Exception {
    WhatsAppChannel channel =
        start(
            "say '{\"method\":\"hello\",\"params\":{\"protocol\":2,\"bridge\":\"2\",\"whatsmeow\":\"v\",\"state\":\"unpaired\"}}';"
                + " serve");
    await().until(() -> channel.link().state().problem().isPresent());
    assertThat(channel.link().state().inWords()).contains("version 2 of the protocol");
  }

  @Test
  void anUnpairedLinkAsksForCodesOnlyWhileSomebodyLooks() throws Exception {
    WhatsAppChannel channel =
        start(
            """
            hello unpaired
            while :; do next; case $line in
              *'"connect"'*) reply '{}'; say '{"jsonrpc":"2.0","method":"qr","params":{"code":"c","expires_in":60000}}' ;;
            esac; done
            """);
    awaitPhase(channel, Phase.UNPAIRED);
    assertThat(lines("heard")).isEmpty();
    List<LinkEvent> events = new CopyOnWriteArrayList<>();
    Runnable look = channel.link().watch(events::add);
    channel.link().connect();
    await().until(() -> events.equals(List.of(new LinkEvent.Qr("c", Duration.ofMinutes(1)))));
    look.run();
    await().until(() -> lines("starts").size() == 2);
    assertThat(lines("heard")).hasSize(1);
  }

  @Test
  void afterALogoutFromThePhonePairingBeginsAfreshAndEndsWithWhoLooks() throws Exception {
    WhatsAppChannel channel =
        start(
            """
            hello disconnected
            next; reply '{}'
            say '{"jsonrpc":"2.0","method":"stopped","params":{"reason":"logged_out","text":"Logged out."}}'
            while :; do next; case $line in
              *'"connect"'*) reply '{}'; say '{"jsonrpc":"2.0","method":"qr","params":{"code":"c","expires_in":60000}}'
                say '{"jsonrpc":"2.0","method":"disconnected","params":{"reason":"the codes have expired","retry_in":9000}}' ;;
            esac; done
            """);
    awaitPhase(channel, Phase.STOPPED);
    List<LinkEvent> events = new CopyOnWriteArrayList<>();
    Runnable look = channel.link().watch(events::add);
    channel.link().connect();
    await().until(() -> events.size() == 2);
    assertThat(channel.link().state().phase()).isEqualTo(Phase.UNPAIRED);
    look.run();
    await().until(() -> lines("starts").size() == 2);
  }

  @Test
  void aBridgeThatDoesNotReadHoldsUpNeitherACallerNorTheEnd() throws Exception {
    WhatsAppChannel channel =
        start("hello disconnected; next; reply '{}'; connected; exec sleep 60");
    awaitPhase(channel, Phase.CONNECTED);
    Thread sending =
        Thread.ofVirtual().start(() -> channel.send(message(ALICE, "x".repeat(1_000_000))));
    await().until(() -> sending.getState() == Thread.State.TIMED_WAITING);
    long begin = System.nanoTime();
    channel.close();
    assertThat(sending.join(Duration.ofSeconds(5))).isTrue();
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(30));
  }

  @Test
  void aBridgeThatDoesNotAnswerConnectIsReplaced() throws Exception {
    WhatsAppChannel channel =
        start(
            "hello disconnected; [ \"$(wc -l <starts)\" -gt 1 ] || { next; refuse"
                + " '{\"code\":-32603,\"message\":\"no\"}'; next; exit 0; }; serve");
    awaitPhase(channel, Phase.CONNECTED);
    assertThat(lines("starts")).hasSize(2);
  }

  @Test
  void replacedRightAfterTheStartIsTriedOnceMoreAndThenTold() throws Exception {
    WhatsAppChannel channel =
        start(
            """
            hello disconnected
            while :; do next; reply '{}'
              say '{"jsonrpc":"2.0","method":"stopped","params":{"reason":"replaced","text":"Another program has taken over."}}'
            done
            """);
    awaitPhase(channel, Phase.STOPPED);
    assertThat(lines("heard")).hasSize(2);
    assertThat(host.events).containsExactly("stopped Another program has taken over.");
    assertThat(channel.link().state().inWords())
        .isEqualTo("WhatsApp has stopped: Another program has taken over.");
  }

  @Test
  void typingIsRepeatedUntilItEndsAndEndsOnce() throws Exception {
    WhatsAppChannel channel = start("hello disconnected; serve");
    awaitPhase(channel, Phase.CONNECTED);
    channel.typing(FAMILY, true);
    channel.typing(FAMILY, true);
    await().until(() -> typing().equals(List.of("composing")));
    channel.typing(FAMILY, false);
    channel.typing(FAMILY, false);
    await().until(() -> typing().equals(List.of("composing", "paused")));
  }

  private List<String> typing() throws IOException {
    return lines("heard").stream()
        .filter(it -> it.contains("\"typing\""))
        .map(it -> it.contains("composing") ? "composing" : "paused")
        .toList();
  }

  @Test
  void addressesOfWhatsAppAreKnown() {
    assertThat(List.of("4915100000101@s.whatsapp.net", "1@lid", "120363-1@g.us"))
        .allMatch(WhatsAppChannel::isAddress);
    assertThat(List.of("local:main", "x@y", "@g.us", "1@g.us.evil", "a@g.us", "status@broadcast"))
        .noneMatch(WhatsAppChannel::isAddress);
  }
}
