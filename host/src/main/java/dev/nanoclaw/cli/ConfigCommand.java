package dev.nanoclaw.cli;

import dev.nanoclaw.config.ConfigUpgrade;
import dev.nanoclaw.config.CredentialsFile;
import java.time.Clock;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "config",
    description = "Checks or upgrades config.yml.",
    mixinStandardHelpOptions = true)
final class ConfigCommand implements Runnable {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Say what: config check, or config upgrade");
  }

  @Command(description = "Says everything that is wrong with config.yml and credentials.yml.")
  int check(@Mixin HomeOption option) {
    var _ = option.settings();
    boolean credential = CredentialsFile.read(option.home().credentialsYml()).isPresent();
    System.out.printf("%s is in order.%n", option.home().configYml());
    System.out.println(
        credential
            ? "There is a credential."
            : "There is no credential yet: copy credentials.yml.dist to credentials.yml and fill it"
                + " in.");
    return 0;
  }

  @Command(description = "Adds the settings of this version to config.yml and keeps a copy.")
  int upgrade(@Mixin HomeOption option) {
    var done =
        new ConfigUpgrade(Clock.systemUTC())
            .upgrade(option.home().configYml(), option.home().dir());
    done.unknown().forEach(it -> System.out.println("left as it is: " + it));
    done.added().forEach(it -> System.out.println("added: " + it));
    System.out.println(
        done.copy()
            .map(it -> "The file as it was: " + it)
            .orElse("Nothing was missing; nothing was written."));
    return 0;
  }
}
