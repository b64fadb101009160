package dev.nanoclaw.cli;

import dev.nanoclaw.app.ImageBuild;
import dev.nanoclaw.config.Environment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "image",
    description = "Makes the image in which agents run.",
    mixinStandardHelpOptions = true)
final class ImageCommand implements Runnable {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Say what: image build");
  }

  @Command(description = "Builds the image under the name that container.image has.")
  int build(
      @Mixin HomeOption option,
      @Option(names = "--base", description = "A Debian image to build on.") @Nullable String base,
      @Option(names = "--jdk", description = "An image with a JDK 25.") @Nullable String jdk,
      @Option(names = "--network", description = "The network of the build, such as host.")
          @Nullable String network) {
    Map<String, String> arguments = new LinkedHashMap<>();
    if (base != null) {
      arguments.put("BASE", base);
    }
    if (jdk != null) {
      arguments.put("JDK", jdk);
    }
    return new ImageBuild(option.settings().container(), Environment.system())
        .run(
            arguments,
            Optional.ofNullable(network),
            line -> System.err.println("nanoclaw: " + line));
  }
}
