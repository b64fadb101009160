package dev.nanoclaw.load;

import dev.nanoclaw.channel.Channel;
import dev.nanoclaw.config.Credential;
import dev.nanoclaw.config.Home;
import dev.nanoclaw.config.Secret;
import dev.nanoclaw.config.Settings;
import dev.nanoclaw.container.AgentContainers;
import dev.nanoclaw.container.AgentUser;
import dev.nanoclaw.container.DockerLikeEngine;
import dev.nanoclaw.container.DockerLikeEngine.Dialect;
import dev.nanoclaw.container.Engines;
import dev.nanoclaw.container.GroupDirectories;
import dev.nanoclaw.container.Readiness;
import dev.nanoclaw.db.ChatStore;
import dev.nanoclaw.db.Database;
import dev.nanoclaw.db.FinishedWork;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.db.InputStore;
import dev.nanoclaw.db.InputStore.Which;
import dev.nanoclaw.db.MessageStore;
import dev.nanoclaw.db.OutboxStore;
import dev.nanoclaw.db.RunStore;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.IncomingMessage;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.queue.GroupQueue;
import dev.nanoclaw.router.AgentTurn;
import dev.nanoclaw.router.ChatCommands;
import dev.nanoclaw.router.Conversation;
import dev.nanoclaw.router.FilesFromAgent;
import dev.nanoclaw.router.Inbox;
import dev.nanoclaw.router.Outbox;
import dev.nanoclaw.router.TriggerRule;
import dev.nanoclaw.router.Troubles;
import dev.nanoclaw.testing.Samples;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// What `app.NanoClaw` wires, with one channel for any number of groups; without control socket and
/// without the safety net, but for its first look.
final class LoadHost implements AutoCloseable {

  private final Clock clock;
  private final Database database;
  private final GroupStore groups;
  private final InputStore inputs;
  private final Outbox outbox;
  private final GroupQueue queue;
  private final Inbox inbox;

  /// @param home with `store`, `groups` and `data`
  LoadHost(Path home, Settings settings, List<String> engine, Channel channel, Clock clock) {
    this.clock = clock;
    database = Database.open(settings.paths().storeDir());
    groups = new GroupStore(database);
    inputs = new InputStore(database);
    var messages = new MessageStore(database);
    var runs = new RunStore(database, (_, text) -> List.of(text), Samples.TASK_RULES);
    outbox =
        new Outbox(
            new OutboxStore(database), List.of(channel), settings.timing().pollInterval(), clock);
    Conversation conversation =
        new Conversation() {
          @Override
          public void typing(ChatJid chat, boolean on) {}

          @Override
          public void outboxChanged() {
            outbox.wake();
          }

          @Override
          public void tasksChanged() {}
        };
    AgentUser user = AgentUser.ofThisProcess();
    Engines engines = new Engines(List.of(new DockerLikeEngine(Dialect.DOCKER, engine)));
    var troubles = new Troubles();
    var turn =
        new AgentTurn(
            new AgentTurn.Stores(groups, messages, inputs, runs),
            new AgentContainers(
                settings.container(),
                settings.paths().dataDir(),
                new GroupDirectories(settings.paths(), new Home(home, home), user),
                user,
                engines,
                new AgentContainers.Placement("load", Optional.empty())),
            new Readiness(
                engines,
                settings.container().image(),
                () -> Optional.of(new Credential("ANTHROPIC_API_KEY", new Secret("k")))),
            settings,
            clock,
            conversation,
            troubles,
            (_, _, _) -> new FilesFromAgent.Taken(false, false));
    queue = new GroupQueue(settings.container().maxConcurrent(), turn::take, clock);
    inbox =
        new Inbox(
            messages,
            new ChatStore(database),
            groups,
            new TriggerRule(settings.assistant().name()),
            new ChatCommands(runs, queue, troubles, conversation, clock),
            group ->
                inputs
                    .nextWork(group, Which.CHAT, clock.instant())
                    .ifPresent(it -> queue.wakeAt(Lane.chat(group.folder()), it.when())));
    outbox.start();
    turn.findLeftBehind().forEach(queue::wake);
    wakeDue();
  }

  /// The settings, with room for so many messages in one prompt.
  static Settings withContext(Settings settings, int messages) {
    Settings.Agent agent = settings.agent();
    return new Settings(
        settings.assistant(),
        settings.timing(),
        settings.container(),
        new Settings.Agent(
            agent.model(), agent.baseUrl(), agent.maxTurnRetries(), messages, 10_000_000),
        settings.channels(),
        settings.tasks(),
        settings.paths(),
        settings.logging(),
        settings.timezone());
  }

  /// Registers a group, once.
  void register(String folder) {
    Group group = Samples.group(folder);
    if (groups.byFolder(group.folder()).isEmpty()) {
      groups.add(group, "load");
    }
  }

  /// A message from the channel; it is stored when this returns.
  void receive(IncomingMessage message) {
    var _ = inbox.received(message);
  }

  /// The look of the safety net.
  void wakeDue() {
    inputs.lanesWithWork().stream()
        .filter(it -> it.isDue(clock.instant()))
        .map(InputStore.LaneWork::lane)
        .forEach(queue::wake);
  }

  /// What housekeeping does once in a while.
  void clean() {
    var _ = new FinishedWork(database).clean();
  }

  /// Ends all containers as soon as nothing is open in them.
  void finish(Duration atMost) {
    queue.finish(atMost);
  }

  /// Leaves containers running.
  @Override
  public void close() {
    queue.close();
    outbox.close();
    database.close();
  }
}
