package dev.nanoclaw.cli;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// What the launcher runs once after a build, so that the JVM learns what a daemon loads: one
/// message through everything.
@Command(name = "training", hidden = true)
final class TrainingCommand implements Callable<Integer> {

  @Override
  public Integer call() {
    System.setIn(new ByteArrayInputStream("hello\n".getBytes(StandardCharsets.UTF_8)));
    return new CommandLine(new DemoCommand()).execute();
  }
}
