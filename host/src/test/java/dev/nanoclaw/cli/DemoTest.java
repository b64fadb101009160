package dev.nanoclaw.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.testing.Sql;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The program as a process.
@Timeout(60)
class DemoTest {

  @TempDir private Path dir;

  private record Ended(int code, String out, String err) {}

  private Ended run(String stdin, String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.nanoclaw.cli.Main"));
    command.addAll(List.of(arguments));
    Path out = dir.resolve("out");
    Path err = dir.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().put("XDG_RUNTIME_DIR", dir.toString());
    builder.environment().put("NANOCLAW_HOME", dir.resolve("home").toString());
    Process process = builder.start();
    try (OutputStream to = process.getOutputStream()) {
      to.write(stdin.getBytes(StandardCharsets.UTF_8));
    }
    return new Ended(process.waitFor(), Files.readString(out), Files.readString(err));
  }

  @Test
  void threeLinesAreAnsweredAndTheDatabaseTellsTheSameStory()
      throws IOException, InterruptedException {
    Path home = dir.resolve("home");
    Ended demo = run("one\ntwo <b>&\nthrée", "demo", "--home", home.toString());

    assertThat(demo.code()).as(demo.err()).isZero();
    List<String> lines = demo.out().lines().toList();
    assertThat(lines).hasSize(6);
    List<String> texts = List.of("one", "two <b>&", "thrée");
    for (int i = 0; i < 3; i++) {
      assertThat(lines.get(2 * i)).isEqualTo("(scripted, no Claude) You wrote: " + texts.get(i));
      assertThat(lines.get(2 * i + 1))
          .matches(
              "Sent .*; this is turn " + (i + 1) + " of run .*, with 1 message in its prompt\\.");
    }
    assertThat(demo.err()).contains("This is a demo").contains(home.toString());

    Path file = home.resolve("store/messages.db");
    assertThat(
            Sql.rows(
                file,
                "SELECT m.seq, m.content, i.id, i.state, i.attempts, r.state, r.end_reason FROM"
                    + " messages m JOIN agent_inputs i ON m.seq BETWEEN i.from_seq AND i.to_seq"
                    + " JOIN agent_runs r ON r.run_id = i.run_id WHERE m.is_bot_message = 0 ORDER"
                    + " BY m.seq"))
        .containsExactly(
            "1|one|1|acked|0|ended|completed",
            "3|two <b>&|2|acked|0|ended|completed",
            "5|thrée|3|acked|0|ended|completed");
    assertThat(
            Sql.rows(
                file,
                "SELECT m.seq, o.state, o.attempts, o.part FROM outbox o JOIN agent_runs r ON"
                    + " o.source = 'run:' || r.run_id JOIN messages m ON m.id = o.message_id AND"
                    + " m.chat_jid = o.chat_jid AND m.content = o.text WHERE m.is_bot_message = 1"
                    + " AND m.sender_name = 'Andy' ORDER BY o.id"))
        .containsExactly("2|sent|1|0", "4|sent|1|0", "6|sent|1|0");
    assertThat(
            Sql.rows(
                file,
                "SELECT (SELECT count(*) FROM agent_runs), (SELECT count(*) FROM agent_inputs),"
                    + " (SELECT count(*) FROM outbox), (SELECT count(*) FROM messages), (SELECT"
                    + " count(*) FROM dead_letters), (SELECT folder FROM registered_groups),"
                    + " (SELECT max(CAST(source_id AS INTEGER)) = output_read FROM outbox,"
                    + " agent_runs), (SELECT count(*) FROM sessions)"))
        .containsExactly("1|3|3|6|0|main|1|1");
    assertThat(Sql.rows(file, "SELECT exit_code, turn_since FROM agent_runs"))
        .containsExactly("0|null");
  }

  @Test
  void badCommandLinesGiveTheUsageAndTwo() throws IOException, InterruptedException {
    for (String it : List.of("", "nonsense", "start --nonsense", "config", "image")) {
      Ended ended = run("", it.isEmpty() ? new String[0] : it.split(" ", -1));
      assertThat(ended.code()).as(it).isEqualTo(2);
      assertThat(ended.err()).as(it).contains("Usage: nanoclaw");
      assertThat(ended.out()).as(it).isEmpty();
    }
  }

  @Test
  void mistakesOfTheOwnerGiveOneMessageAndACode() throws IOException, InterruptedException {
    Files.createDirectories(dir.resolve("home"));
    for (String it :
        List.of(
            "start",
            "start --quiet",
            "start --home %s --quiet".formatted(dir.resolve("home")),
            "config check")) {
      Ended wrong = run("", it.split(" ", -1));
      assertThat(wrong.code()).as(it + wrong.err()).isEqualTo(78);
      assertThat(wrong.err())
          .startsWith("nanoclaw: ")
          .contains("config.yml is missing")
          .doesNotContain("\tat ");
    }
    Ended chat = run("", "chat", "-m", "hi");
    assertThat(chat.code()).isEqualTo(1);
    assertThat(chat.err())
        .isEqualTo("nanoclaw: no daemon runs here. Start it with: ./nanoclaw start\n");
  }
}
