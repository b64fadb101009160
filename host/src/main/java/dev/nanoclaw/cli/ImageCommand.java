package dev.nanoclaw.cli;

import dev.nanoclaw.app.ImageBuild;
import dev.nanoclaw.app.ImageBuild.Shown;
import dev.nanoclaw.config.Environment;
import dev.nanoclaw.container.ImageInfo;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
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

  private final Clock clock = Clock.systemUTC();

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "Say what: image build, image show, or image clean");
  }

  @Command(description = "Builds the image under the name that container.image has.")
  int build(
      @Mixin HomeOption option,
      @Option(names = "--with-browser", description = "Adds Chromium, without a window.")
          boolean browser,
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
    if (browser) {
      arguments.put("BROWSER", "true");
    }
    Instant begin = clock.instant();
    ImageBuild image = image(option);
    int code =
        image.run(
            arguments,
            Optional.ofNullable(network),
            line -> System.err.println("nanoclaw: " + line));
    if (code == 0) {
      System.out.printf(
          Locale.ROOT, "Built in %d s.%n", Duration.between(begin, clock.instant()).toSeconds());
      print(image.show());
    }
    return code;
  }

  @Command(description = "Says what the image is and whether it matches this program.")
  int show(@Mixin HomeOption option) {
    return print(image(option).show());
  }

  @Command(description = "Removes what earlier builds of the image left behind.")
  int clean(@Mixin HomeOption option) {
    List<String> done = image(option).clean();
    done.forEach(System.out::println);
    if (done.isEmpty()) {
      System.out.println("There is nothing to remove.");
    }
    return 0;
  }

  private static ImageBuild image(HomeOption option) {
    return new ImageBuild(option.settings().container(), Environment.system());
  }

  private int print(Shown shown) {
    if (shown.image().isEmpty()) {
      System.out.printf(
          "%s has no image %s. Run: ./nanoclaw image build%n", shown.engine(), shown.name());
      return 1;
    }
    ImageInfo image = shown.image().get();
    System.out.printf("%s (%s)%n", shown.name(), shown.engine());
    System.out.printf("  id       %s%n", image.id());
    System.out.printf(Locale.ROOT, "  size     %.0f MB%n", image.bytes() / 1e6);
    image.created().ifPresent(it -> System.out.printf("  built    %s (%s)%n", it, age(it)));
    image.labels().entrySet().stream()
        .filter(it -> it.getKey().startsWith("nanoclaw."))
        .sorted(Map.Entry.comparingByKey())
        .forEach(it -> System.out.printf("  label    %s=%s%n", it.getKey(), it.getValue()));
    shown.ours().ifPresent(ours -> printMatch(image, ours));
    return 0;
  }

  private static void printMatch(ImageInfo image, String ours) {
    System.out.println(
        image.version().equals(Optional.of(ours))
            ? "It matches this program."
            : "It is of another version than this program (%s). Run: ./nanoclaw image build"
                .formatted(ours));
  }

  private String age(Instant built) {
    Duration age = Duration.between(built, clock.instant());
    if (age.toHours() < 1) {
      return Math.max(0, age.toMinutes()) + " min ago";
    }
    return age.toDays() < 2 ? age.toHours() + " h ago" : age.toDays() + " days ago";
  }
}
