package dev.nanoclaw.config;

import dev.nanoclaw.config.Kind.Choice;
import dev.nanoclaw.config.Kind.Flag;
import dev.nanoclaw.config.Kind.WholeNumber;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;

/// The table of all settings in `config.yml`, in the order of the file. To add one: a constant
/// here, its place in `TABLE`, a component in `Settings` and a line in `SettingsFile.bind`; the
/// tests then ask for the rest.
final class Keys {

  private static final int DAY_MS = 24 * 60 * 60 * 1000;
  private static final int HOUR_MS = 60 * 60 * 1000;
  private static final int TEN_MINUTES_MS = 10 * 60 * 1000;

  /// The protocol's limit for one text.
  private static final int MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

  static final Key<String> ASSISTANT_NAME =
      new Key<>(
          "assistant.name",
          Texts.NAME,
          "Andy",
          "What the assistant is called. In a group it answers to @ and this name.");

  static final Key<Boolean> HAS_OWN_NUMBER =
      new Key<>(
          "assistant.has_own_number",
          new Flag(),
          "false",
          "Whether the assistant has a WhatsApp number of its own. With the owner's, its messages"
              + " begin with its name.");

  static final Key<Duration> POLL_INTERVAL =
      new Key<>(
          "timing.poll_interval_ms",
          millis(10, TEN_MINUTES_MS),
          "2000",
          "How often to look for new messages, should the wake-up at their arrival have failed.");

  static final Key<Duration> SCHEDULER_POLL_INTERVAL =
      new Key<>(
          "timing.scheduler_poll_interval_ms",
          millis(1000, HOUR_MS),
          "60000",
          "How often to look for due tasks, should the wake-up at their time have failed.");

  static final Key<Duration> IDLE_TIMEOUT =
      new Key<>(
          "timing.idle_timeout_ms",
          millis(100, DAY_MS),
          "1800000",
          "How long an agent's container waits for more messages before it ends.");

  static final Key<Duration> IPC_POLL_INTERVAL =
      new Key<>(
          "timing.ipc_poll_interval_ms",
          millis(10, TEN_MINUTES_MS),
          "1000",
          "How often to look for requests of agents that have nothing to do.");

  static final Key<Settings.Runtime> RUNTIME =
      new Key<>(
          "container.runtime",
          new Choice<>(Settings.Runtime.class),
          "auto",
          "The container engine: auto takes the first that works, or apple (Apple's container),"
              + " docker or podman.");

  static final Key<String> IMAGE =
      new Key<>(
          "container.image",
          Texts.IMAGE,
          "\"nanoclaw-agent:latest\"",
          "The image that agents run in.");

  static final Key<Duration> TIMEOUT =
      new Key<>(
          "container.timeout_ms",
          millis(100, 7 * DAY_MS),
          "1800000",
          "How long an agent may work without a sign of life before it is stopped.");

  static final Key<Integer> MAX_OUTPUT_SIZE =
      new Key<>(
          "container.max_output_size_bytes",
          WholeNumber.count(1024, MAX_OUTPUT_BYTES),
          "10485760",
          "The longest line that an agent may put out; a longer one ends its run.");

  static final Key<Integer> MAX_CONCURRENT =
      new Key<>(
          "container.max_concurrent",
          WholeNumber.count(1, 100),
          "5",
          "How many containers may run at the same time.");

  static final Key<String> MEMORY =
      new Key<>(
          "container.memory",
          Texts.MEMORY,
          "2g",
          "Memory of one container: m for mebibytes, g for gibibytes.");

  static final Key<Integer> CPUS =
      new Key<>(
          "container.cpus",
          WholeNumber.count(1, 256),
          "2",
          "Processors that one container may use.");

  static final Key<Integer> PIDS =
      new Key<>(
          "container.pids",
          WholeNumber.count(64, 32768),
          "512",
          "Processes and threads that one container may have.");

  static final Key<String> MODEL =
      new Key<>(
          "agent.model",
          Texts.MODEL,
          "default",
          "The model, by a name that Claude Code knows; default leaves the choice to Claude Code.");

  static final Key<URI> BASE_URL =
      new Key<>(
          "agent.base_url", Texts.ORIGIN, "\"https://api.anthropic.com\"", "Where the API is.");

  static final Key<Integer> MAX_TURN_RETRIES =
      new Key<>(
          "agent.max_turn_retries",
          WholeNumber.count(0, 20),
          "5",
          "How often a message is tried again when the agent fails on it.");

  static final Key<Integer> CONTEXT_MESSAGES =
      new Key<>(
          "agent.context_messages",
          WholeNumber.count(0, 1000),
          "50",
          "How many earlier messages of the group come along with the one that is answered.");

  static final Key<Integer> CONTEXT_BYTES =
      new Key<>(
          "agent.context_bytes",
          WholeNumber.count(1000, 1_000_000),
          "100000",
          "How long all these messages may be together.");

  static final Key<Boolean> LOCAL_ENABLED =
      new Key<>(
          "channels.local.enabled",
          new Flag(),
          "true",
          "The chat in the terminal and in the web console.");

  static final Key<Boolean> WHATSAPP_ENABLED =
      new Key<>(
          "channels.whatsapp.enabled",
          new Flag(),
          "false",
          "WhatsApp, once a phone is paired: nanoclaw whatsapp pair.");

  static final Key<String> WHATSAPP_BRIDGE =
      new Key<>(
          "channels.whatsapp.bridge",
          Texts.AUTO_OR_PATH,
          "auto",
          "The program that speaks to WhatsApp: auto is the one that was built with NanoClaw, which"
              + " takes Go.");

  static final Key<Integer> WHATSAPP_MESSAGES_PER_MINUTE =
      new Key<>(
          "channels.whatsapp.messages_per_minute",
          WholeNumber.count(1, 600),
          "20",
          "How many messages are sent within a minute; WhatsApp bans those who send too many.");

  static final Key<Duration> MIN_TASK_INTERVAL =
      new Key<>(
          "tasks.min_interval_ms",
          millis(1000, DAY_MS),
          "60000",
          "The shortest time between two runs of a scheduled task.");

  static final Key<Integer> MAX_TASK_FAILURES =
      new Key<>(
          "tasks.max_failures",
          WholeNumber.count(1, 100),
          "5",
          "After how many failures in a row a task is paused and its chat told.");

  static final Key<Path> STORE_DIR =
      new Key<>("paths.store_dir", Texts.PATH, "store", "The database.");

  static final Key<Path> GROUPS_DIR =
      new Key<>("paths.groups_dir", Texts.PATH, "groups", "One directory for each group.");

  static final Key<Path> DATA_DIR =
      new Key<>(
          "paths.data_dir", Texts.PATH, "data", "What passes between the host and its containers.");

  static final Key<Settings.Level> LEVEL =
      new Key<>(
          "logging.level",
          new Choice<>(Settings.Level.class),
          "INFO",
          "TRACE also logs what people write.");

  static final Key<Path> LOG_FILE =
      new Key<>(
          "logging.file",
          Texts.PATH,
          "logs/nanoclaw.log",
          "The log, one JSON object on each line.");

  static final Key<Integer> MAX_MB =
      new Key<>(
          "logging.max_mb",
          WholeNumber.count(1, 1024),
          "10",
          "At this size (in MiB) the log is put aside and a new one begun.");

  static final Key<Integer> KEEP =
      new Key<>("logging.keep", WholeNumber.count(1, 20), "7", "How many old logs are kept.");

  static final Key<ZoneId> TIMEZONE =
      new Key<>(
          "timezone",
          Texts.ZONE,
          "system",
          "The time zone that schedules are meant in: system, or a name like Europe/Paris.");

  static final KeyTable TABLE =
      new KeyTable(
          List.of(
              ASSISTANT_NAME,
              HAS_OWN_NUMBER,
              POLL_INTERVAL,
              SCHEDULER_POLL_INTERVAL,
              IDLE_TIMEOUT,
              IPC_POLL_INTERVAL,
              RUNTIME,
              IMAGE,
              TIMEOUT,
              MAX_OUTPUT_SIZE,
              MAX_CONCURRENT,
              MEMORY,
              CPUS,
              PIDS,
              MODEL,
              BASE_URL,
              MAX_TURN_RETRIES,
              CONTEXT_MESSAGES,
              CONTEXT_BYTES,
              LOCAL_ENABLED,
              WHATSAPP_ENABLED,
              WHATSAPP_BRIDGE,
              WHATSAPP_MESSAGES_PER_MINUTE,
              MIN_TASK_INTERVAL,
              MAX_TASK_FAILURES,
              STORE_DIR,
              GROUPS_DIR,
              DATA_DIR,
              LEVEL,
              LOG_FILE,
              MAX_MB,
              KEEP,
              TIMEZONE));

  private Keys() {}

  private static Kind<Duration> millis(int min, int max) {
    return new WholeNumber<>(min, max, "milliseconds", Duration::ofMillis);
  }
}
