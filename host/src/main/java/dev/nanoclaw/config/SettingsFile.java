package dev.nanoclaw.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Reads `config.yml`.
public final class SettingsFile {

  private static final String HEAD =
      """
      NanoClaw's settings. Every key must be here; changes take effect at the next start.
      "nanoclaw config check" checks this file, "nanoclaw config upgrade" adds the keys of a new
      version. Relative paths are relative to the directory of this file. Keys and tokens do not
      belong here but in credentials.yml.
      """;

  private SettingsFile() {}

  /// A `config.yml` with all defaults.
  public static String template() {
    return Template.file(Keys.TABLE, HEAD);
  }

  /// @param home what relative paths in the file are relative to
  /// @throws InvalidSettingsException when anything is wrong with the file; the message says
  ///   everything that is
  public static Settings read(Path configYml, Path home) {
    Checker.Checked file = check(configYml, home);
    if (!file.problems().isEmpty()) {
      throw new InvalidSettingsException(configYml, file.problems());
    }
    return bind(file, home);
  }

  static Checker.Checked check(Path configYml, Path home) {
    if (!Files.exists(configYml)) {
      throw new InvalidSettingsException(
          configYml + " is missing; copy the one that comes with NanoClaw, or name another home");
    }
    return check(ConfigText.read(configYml), home);
  }

  static Checker.Checked check(String text, Path home) {
    Checker.Checked file = Checker.check(Keys.TABLE, text, false);
    List<Problem> problems = new ArrayList<>(file.problems());
    problems.addAll(PlacesOnDisk.check(file, home));
    problems.sort(Problem::byLine);
    return new Checker.Checked(file.scalars(), List.copyOf(problems));
  }

  private static Settings bind(Checker.Checked file, Path home) {
    return new Settings(
        new Settings.Assistant(file.get(Keys.ASSISTANT_NAME), file.get(Keys.HAS_OWN_NUMBER)),
        new Settings.Timing(
            file.get(Keys.POLL_INTERVAL),
            file.get(Keys.SCHEDULER_POLL_INTERVAL),
            file.get(Keys.IDLE_TIMEOUT),
            file.get(Keys.IPC_POLL_INTERVAL)),
        container(file),
        agent(file),
        new Settings.Channels(
            new Settings.Local(file.get(Keys.LOCAL_ENABLED)),
            new Settings.WhatsApp(
                file.get(Keys.WHATSAPP_ENABLED),
                Optional.of(file.get(Keys.WHATSAPP_BRIDGE))
                    .filter(it -> !it.equals("auto"))
                    .map(it -> PlacesOnDisk.resolve(home, Path.of(it))),
                file.get(Keys.WHATSAPP_MESSAGES_PER_MINUTE))),
        new Settings.Tasks(file.get(Keys.MIN_TASK_INTERVAL), file.get(Keys.MAX_TASK_FAILURES)),
        new Settings.Paths(
            PlacesOnDisk.resolve(home, file.get(Keys.STORE_DIR)),
            PlacesOnDisk.resolve(home, file.get(Keys.GROUPS_DIR)),
            PlacesOnDisk.resolve(home, file.get(Keys.DATA_DIR))),
        new Settings.Logging(
            file.get(Keys.LEVEL),
            PlacesOnDisk.resolve(home, file.get(Keys.LOG_FILE)),
            file.get(Keys.MAX_MB),
            file.get(Keys.KEEP)),
        file.get(Keys.TIMEZONE));
  }

  private static Settings.Container container(Checker.Checked file) {
    return new Settings.Container(
        file.get(Keys.RUNTIME),
        file.get(Keys.IMAGE),
        file.get(Keys.TIMEOUT),
        file.get(Keys.MAX_OUTPUT_SIZE),
        file.get(Keys.MAX_CONCURRENT),
        file.get(Keys.MEMORY),
        file.get(Keys.CPUS),
        file.get(Keys.PIDS));
  }

  private static Settings.Agent agent(Checker.Checked file) {
    return new Settings.Agent(
        file.get(Keys.MODEL),
        file.get(Keys.BASE_URL),
        file.get(Keys.MAX_TURN_RETRIES),
        file.get(Keys.CONTEXT_MESSAGES),
        file.get(Keys.CONTEXT_BYTES));
  }
}
