package dev.nanoclaw.load;

import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.testing.Samples;
import dev.nanoclaw.testing.TestSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/// A host as a process of its own, which can be killed. It reads lines of words separated by tabs
/// and says `ok` behind each.
final class LoadHostProgram {

  private LoadHostProgram() {}

  /// @param arguments the home directory, how many milliseconds the clock is ahead, how many
  ///   messages fit into a prompt, the groups
  public static void main(String... arguments) throws IOException {
    Path home = Path.of(arguments[0]);
    var clock = new JumpingClock(Duration.ofMillis(Long.parseLong(arguments[1])));
    var settings = new TestSettings(home);
    settings.timeout = Duration.ofDays(30);
    settings.idleTimeout = Duration.ofDays(30);
    LoadHost host =
        new LoadHost(
            home,
            LoadHost.withContext(settings.settings(), Integer.parseInt(arguments[2])),
            List.of(home.resolve("engine").resolve("engine").toString()),
            new Answers(home.resolve("sent")),
            clock);
    Arrays.stream(arguments).skip(3).forEach(host::register);
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    System.out.println("ok");
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      obey(line.split("\t", -1), host, clock);
      System.out.println("ok");
    }
    Runtime.getRuntime().halt(1); // whose test is gone
  }

  private static void obey(String[] words, LoadHost host, JumpingClock clock) {
    switch (words[0]) {
      case "say" ->
          host.receive(
              Samples.message(
                  new ChatJid(words[1] + "@g.us"),
                  words[2],
                  words[4],
                  Instant.ofEpochMilli(Long.parseLong(words[3]))));
      case "jump" -> clock.jump(Duration.ofMillis(Long.parseLong(words[1])));
      case "wake" -> host.wakeDue();
      case "finish" -> host.finish(Duration.ofSeconds(30));
      default -> throw new IllegalStateException(words[0]);
    }
  }
}
