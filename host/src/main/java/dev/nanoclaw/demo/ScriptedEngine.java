package dev.nanoclaw.demo;

import dev.nanoclaw.protocol.AgentRequest;
import dev.nanoclaw.protocol.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// A container engine for the demo, with the command line of docker as far as the host uses it. Its
/// "containers" are ordinary processes that run a [ScriptedAgent]: they isolate nothing.
public final class ScriptedEngine {

  private final Path state;

  private ScriptedEngine(Path state) {
    this.state = state;
  }

  /// The first argument is a directory for what runs, the rest is docker's command line.
  public static void main(String[] args) throws IOException, InterruptedException {
    var engine = new ScriptedEngine(Files.createDirectories(Path.of(args[0])));
    System.exit(engine.carryOut(args[1], List.copyOf(Arrays.asList(args).subList(2, args.length))));
  }

  private int carryOut(String command, List<String> arguments)
      throws IOException, InterruptedException {
    return switch (command) {
      case "version", "image" -> say("demo");
      case "run" -> run(arguments);
      case "ps" -> ps(arguments);
      case "stop", "kill", "rm" -> end(arguments.getLast());
      default -> {
        System.err.println("the demo's engine does not know " + command);
        yield 125;
      }
    };
  }

  private static int say(String text) {
    System.out.println(text);
    return 0;
  }

  private int run(List<String> arguments) throws IOException, InterruptedException {
    Path self = state.resolve(arguments.get(arguments.indexOf("--name") + 1));
    Files.writeString(self, Long.toString(ProcessHandle.current().pid()));
    try {
      var stdin = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      AgentRequest request = Json.read(stdin.readLine(), AgentRequest.class);
      return new ScriptedAgent(request, source(arguments, "/workspace/ipc/input")).run();
    } finally {
      Files.deleteIfExists(self);
    }
  }

  /// The directory of this machine that a container would see there.
  private static Path source(List<String> arguments, String target) {
    return arguments.stream()
        .filter(it -> it.startsWith("type=bind,source=") && it.endsWith(",target=" + target))
        .map(it -> Path.of(it.substring("type=bind,source=".length(), it.indexOf(",target="))))
        .findFirst()
        .orElseThrow();
  }

  private int ps(List<String> arguments) throws IOException {
    String filter = arguments.get(arguments.indexOf("--filter") + 1);
    try (Stream<Path> files = Files.list(state)) {
      files
          .map(it -> it.getFileName().toString())
          .filter(it -> !filter.startsWith("name=") || filter.equals("name=^" + it + "$"))
          .filter(it -> process(it).isPresent())
          .forEach(System.out::println);
    }
    return 0;
  }

  private Optional<ProcessHandle> process(String name) {
    try {
      return ProcessHandle.of(Long.parseLong(Files.readString(state.resolve(name))));
    } catch (IOException | NumberFormatException _) {
      return Optional.empty(); // just begun, or just over
    }
  }

  private int end(String name) throws IOException {
    process(name).ifPresent(ProcessHandle::destroy);
    Files.deleteIfExists(state.resolve(name));
    return 0;
  }
}
