package dev.nanoclaw.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.load.Burst.Step;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// A `LoadHostProgram`: the test's end of it.
final class HostProcess implements AutoCloseable {

  private final Path home;
  private final Burst burst;
  private Duration ahead = Duration.ZERO;
  private Process process;
  private Writer to;
  private BufferedReader from;

  HostProcess(Path home, Burst burst) throws IOException {
    this.home = home;
    this.burst = burst;
    process = launch();
    to = process.outputWriter();
    from = process.inputReader();
    awaitOk();
  }

  private Process launch() throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                LoadHostProgram.class.getName(),
                home.toString(),
                Long.toString(ahead.toMillis()),
                burst.allAsk() ? "3" : "1000"));
    command.addAll(burst.groups());
    return new ProcessBuilder(command).redirectError(home.resolve("errors").toFile()).start();
  }

  /// A message; it is stored when this returns.
  void say(Step.Say say) throws IOException {
    write(say);
    awaitOk();
  }

  /// A message after which nobody knows whether it was stored; kills the host and says it again to
  /// the next.
  void sayAndKill(Step.Say say, Duration meanwhile) throws IOException, InterruptedException {
    write(say);
    Burst.pass(meanwhile);
    restart();
    say(say);
  }

  void clockJumps(Duration by) throws IOException {
    ahead = ahead.plus(by);
    order("jump\t" + by.toMillis());
  }

  void wakeDue() throws IOException {
    order("wake");
  }

  void finish() throws IOException {
    order("finish");
  }

  Duration ahead() {
    return ahead;
  }

  /// SIGKILL, and another.
  void restart() throws IOException, InterruptedException {
    kill();
    process = launch();
    to = process.outputWriter();
    from = process.inputReader();
    awaitOk();
  }

  private void write(Step.Say say) throws IOException {
    to.write(
        String.join(
                "\t",
                "say",
                say.group(),
                say.message().id(),
                Long.toString(say.message().timestamp().toEpochMilli()),
                say.message().text())
            + "\n");
    to.flush();
  }

  private void order(String line) throws IOException {
    to.write(line + "\n");
    to.flush();
    awaitOk();
  }

  private void awaitOk() throws IOException {
    String line = from.readLine();
    while (line != null && !line.equals("ok")) {
      line = from.readLine(); // the log's
    }
    assertThat(line).as("what the host says, see %s", home.resolve("errors")).isEqualTo("ok");
  }

  private void kill() throws InterruptedException {
    assertThat(process.destroyForcibly().waitFor()).isNotZero();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
