package dev.nanoclaw.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.protocol.FrameReader.Found;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FrameReaderTest {

  private static final String NONCE = "n1";
  private static final int MAX_LINE = 4096;

  // --- what a frame is, by example

  @Test
  void aFrameIsFoundBetweenOtherLines() {
    AgentFrame frame = frame(NONCE, "hello");
    String output = "before\n" + plain(frame) + "after\n";

    assertThat(read(output))
        .containsExactly(
            text("before"),
            new Found.Frame(frame, bytes("before\n" + plain(frame))),
            text("after"));
  }

  @Test
  void whatFramesWriteIsFoundEvenBehindAnUnfinishedLine() {
    AgentFrame frame = frame(NONCE, "hello");
    assertThat(read("no line end" + Frames.write(frame)))
        .containsExactly(
            text("no line end"),
            new Found.Frame(frame, bytes("no line end" + Frames.write(frame))));
  }

  @Test
  void aMarkerInsideALineIsText() {
    for (String line :
        List.of(
            " " + Frames.START,
            Frames.START + " ",
            "\u001b[1m" + Frames.START,
            Frames.START + "\u001b[0m",
            "x" + Frames.END,
            Frames.START + Frames.END,
            Frames.START + "\u2028",
            "\u200b" + Frames.START,
            Frames.START + "\u0000")) {
      assertThat(read(line + "\n")).containsExactly(text(line));
      assertThat(read(line + "\n" + json(NONCE) + "\n" + Frames.END + "\n")).hasSize(3);
    }
  }

  @Test
  void markersInTheTextOfAFrameDoNotEndIt() {
    String tricky =
        "\n"
            + Frames.END
            + "\n"
            + Frames.START
            + "\n"
            + plain(frame(NONCE, "inner"))
            + "\u2028\u2029";
    AgentFrame frame = frame(NONCE, tricky);
    assertThat(frames(read(plain(frame)))).containsExactly(frame);
  }

  @Test
  void linesMayEndWithCarriageReturnAndLineFeed() {
    AgentFrame frame = frame(NONCE, "hello");
    String output = ("before\n" + plain(frame)).replace("\n", "\r\n");
    assertThat(read(output)).containsExactly(text("before"), new Found.Frame(frame, bytes(output)));
  }

  @Test
  void aStartWithoutAnEndIsText() {
    assertThat(read(Frames.START + "\n")).containsExactly(text(Frames.START));
    assertThat(read(Frames.START + "\n" + json(NONCE) + "\nother\n"))
        .containsExactly(text(Frames.START), text(json(NONCE)), text("other"));
    assertThat(read(Frames.START + "\n" + json(NONCE) + "\n"))
        .containsExactly(text(Frames.START), text(json(NONCE)));
  }

  @Test
  void anEndWithoutItsLineFeedIsNotYetAFrame() {
    String output = plain(frame(NONCE, "hello"));
    assertThat(frames(read(output.substring(0, output.length() - 1)))).isEmpty();
  }

  @Test
  void anEndWithoutAStartIsText() {
    assertThat(read(Frames.END + "\n" + json(NONCE) + "\n" + Frames.END + "\n")).hasSize(3);
    assertThat(frames(read(Frames.START + "\n" + Frames.END + "\n" + Frames.END + "\n"))).isEmpty();
  }

  @Test
  void aStartAlwaysBeginsAnew() {
    AgentFrame frame = frame(NONCE, "hello");
    for (String before :
        List.of(
            Frames.START,
            Frames.START + "\n",
            Frames.START + "\n" + Frames.START,
            Frames.START + "\n" + json(NONCE),
            Frames.START + "\n" + json(NONCE) + "\nx",
            Frames.START + "\n" + Frames.END,
            Frames.START + "\n{")) {
      assertThat(frames(read(before + Frames.write(frame)))).as(before).containsExactly(frame);
      assertThat(frames(read(before + "\n" + plain(frame)))).as(before).containsExactly(frame);
    }
  }

  @Test
  void aFrameWithAnotherNonceOrBrokenJsonIsText() {
    for (String body :
        List.of(
            json("n2"),
            json(""),
            json(NONCE) + "}",
            "{}",
            "null",
            "[]",
            "",
            "x",
            json(NONCE).replace("\"acked\"", "\"acke\""),
            json(NONCE).replace("\"n1\"", "null"),
            json(NONCE).replace("\"success\"", "\"other\""))) {
      assertThat(read(Frames.START + "\n" + body + "\n" + Frames.END + "\n"))
          .containsExactly(text(Frames.START), text(body), text(Frames.END));
    }
  }

  @Test
  void spacesAroundTheJsonOfAFrameDoNotMatter() {
    String output = Frames.START + "\n  " + json(NONCE) + " \n" + Frames.END + "\n";
    assertThat(frames(read(output))).containsExactly(frame(NONCE, "x"));
  }

  @Test
  void aLineBeyondTheLimitEndsTheReading() {
    String longest = "x".repeat(MAX_LINE);
    assertThat(read(longest + "\n")).containsExactly(text(longest));
    assertThat(read("é\n" + longest + "x\n" + plain(frame(NONCE, "late"))))
        .containsExactly(text("é"), new Found.TooLong(3));
    assertThat(read(longest + "x")).containsExactly(new Found.TooLong(0));
    assertThat(read(Frames.START + "\n" + longest + "x\n"))
        .contains(new Found.TooLong(Frames.START.length() + 1));
  }

  @Test
  void bytesThatAreNotUtf8AreReplaced() {
    byte[] output = {'a', (byte) 0xff, (byte) 0xc3, '\n', (byte) 0xc3};
    assertThat(read(output, new int[] {1, 1, 1, 1, 1}))
        .containsExactly(text("a\uFFFD\uFFFD"), text("\uFFFD"));
  }

  @Test
  void thePositionCountsBytes() {
    FrameReader reader = new FrameReader(NONCE, 100, MAX_LINE);
    byte[] bytes = "é\nü".getBytes(StandardCharsets.UTF_8);
    reader.read(bytes, 4);
    assertThat(reader.position()).isEqualTo(104);
    assertThat(reader.read(new byte[0], 0)).isEmpty();
  }

  // --- properties, over random outputs

  static List<Long> seeds() {
    return new Random().longs(200).boxed().toList();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void theResultDoesNotDependOnWhereTheOutputWasCut(long seed) {
    Random random = new Random(seed);
    byte[] output = output(random).getBytes(StandardCharsets.UTF_8);
    List<Found> whole = read(output, new int[] {output.length});

    assertThat(read(output, cuts(random, output.length, 1))).isEqualTo(whole);
    assertThat(read(output, cuts(random, output.length, 7))).isEqualTo(whole);
    assertThat(read(output, cuts(random, output.length, 200))).isEqualTo(whole);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void readingOnFromTheEndOfAFrameGivesWhatComesBehindIt(long seed) {
    Random random = new Random(seed);
    byte[] output = output(random).getBytes(StandardCharsets.UTF_8);
    List<Found> all = read(output, new int[] {output.length});

    for (int i = 0; i < all.size(); i++) {
      if (all.get(i) instanceof Found.Frame(_, long end)) {
        FrameReader reader = new FrameReader(NONCE, end, MAX_LINE);
        byte[] rest = Arrays.copyOfRange(output, (int) end, output.length);
        List<Found> found = new ArrayList<>(reader.read(rest, rest.length));
        found.addAll(reader.finish());
        assertThat(found).isEqualTo(all.subList(i + 1, all.size()));
      }
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void everyFrameOfTheRunnerIsFoundInOrderWhateverStandsBetween(long seed) {
    Random random = new Random(seed);
    List<AgentFrame> frames = new ArrayList<>();
    StringBuilder output = new StringBuilder();
    for (int i = random.nextInt(6); i >= 0; i--) {
      frames.add(frame(NONCE, words(random)));
      foreignNoise(random, output);
      output.append(Frames.write(frames.getLast()));
    }
    foreignNoise(random, output);
    byte[] bytes = output.toString().getBytes(StandardCharsets.UTF_8);

    assertThat(frames(read(bytes, cuts(random, bytes.length, 50)))).isEqualTo(frames);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void nothingIsLost(long seed) {
    Random random = new Random(seed);
    String output = output(random);

    StringBuilder again = new StringBuilder();
    for (Found found : read(output)) {
      switch (found) {
        case Found.Frame(AgentFrame frame, _) -> again.append(plain(frame));
        case Found.Text(String line) -> again.append(line).append('\n');
        case Found.TooLong _ -> again.append("too long");
      }
    }
    assertThat(withoutSpacesAroundJson(again.toString()))
        .isEqualTo(withoutSpacesAroundJson(output.replace("\r\n", "\n")));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void noBytesWhateverMakeAFrameOrAnException(long seed) {
    Random random = new Random(seed);
    byte[] output = new byte[random.nextInt(5000)];
    random.nextBytes(output);
    for (int i = 0; i < output.length / 20; i++) {
      output[random.nextInt(output.length)] = '\n';
    }
    assertThat(frames(read(output, cuts(random, output.length, 100)))).isEmpty();
  }

  // --- generators: any output that a container might write, complete lines only

  private static String output(Random random) {
    StringBuilder output = new StringBuilder();
    for (int i = random.nextInt(20); i > 0; i--) {
      switch (random.nextInt(4)) {
        case 0 -> output.append(plain(frame(NONCE, words(random))));
        case 1 -> output.append(plain(frame("other", words(random))));
        default -> noise(random, output);
      }
    }
    return output.append(output.isEmpty() ? "" : "end\n").toString();
  }

  private static final List<String> PIECES =
      List.of(
          Frames.START,
          Frames.END,
          "\n",
          "\n",
          "\r\n",
          "{",
          "}",
          "\u001b[31m",
          "\u2028",
          "\u2029",
          "é",
          "漢字",
          "\uD83E\uDD80",
          "\u0000",
          "\u0085",
          "\\n",
          "---",
          json(NONCE),
          json("n2"),
          " ",
          "word");

  /// Markers, halves of frames, and all that might confuse.
  private static void noise(Random random, StringBuilder output) {
    for (int i = random.nextInt(12); i > 0; i--) {
      output.append(PIECES.get(random.nextInt(PIECES.size())));
      if (random.nextBoolean()) {
        output.append('\n');
      }
    }
  }

  /// Noise of somebody who does not know the nonce, and so cannot make a frame of it.
  private static void foreignNoise(Random random, StringBuilder output) {
    output.append(words(random).replace(json(NONCE), json("n2")));
  }

  private static String words(Random random) {
    StringBuilder words = new StringBuilder();
    noise(random, words);
    return words.toString();
  }

  private static int[] cuts(Random random, int length, int max) {
    List<Integer> cuts = new ArrayList<>();
    for (int left = length; left > 0; left -= cuts.getLast()) {
      cuts.add(Math.min(left, 1 + random.nextInt(max)));
    }
    return cuts.stream().mapToInt(it -> it).toArray();
  }

  // --- short words

  private static AgentFrame frame(String nonce, String result) {
    return new AgentFrame(
        nonce,
        AgentFrame.Status.SUCCESS,
        Optional.of(result),
        Optional.of("session"),
        Optional.empty(),
        Optional.empty(),
        List.of("1"),
        List.of(),
        true,
        Optional.empty());
  }

  private static String json(String nonce) {
    return Json.line(frame(nonce, "x"));
  }

  /// A frame as it stands at the beginning of a line.
  private static String plain(AgentFrame frame) {
    return Frames.write(frame).substring(1);
  }

  /// The noise makes whole frames now and then, also with spaces that a written frame does not
  /// have.
  private static String withoutSpacesAroundJson(String output) {
    String json = json(NONCE);
    return output.replaceAll(" *" + Pattern.quote(json) + " *", Matcher.quoteReplacement(json));
  }

  private static Found text(String line) {
    return new Found.Text(line);
  }

  private static long bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  private static List<AgentFrame> frames(List<Found> found) {
    return found.stream()
        .filter(Found.Frame.class::isInstance)
        .map(it -> ((Found.Frame) it).frame())
        .toList();
  }

  private static List<Found> read(String output) {
    byte[] bytes = output.getBytes(StandardCharsets.UTF_8);
    return read(bytes, new int[] {bytes.length});
  }

  private static List<Found> read(byte[] output, int[] pieces) {
    FrameReader reader = new FrameReader(NONCE, 0, MAX_LINE);
    List<Found> found = new ArrayList<>();
    int from = 0;
    for (int length : pieces) {
      // A buffer that is larger than what was read into it, as of a file.
      byte[] buffer = Arrays.copyOf(Arrays.copyOfRange(output, from, from + length), length + 3);
      found.addAll(reader.read(buffer, length));
      from += length;
    }
    found.addAll(reader.finish());
    return found;
  }
}
