package dev.nanoclaw.app;

import dev.nanoclaw.channel.Channel;
import dev.nanoclaw.channel.local.LocalChannel;
import dev.nanoclaw.channel.whatsapp.WhatsAppChannel;
import dev.nanoclaw.config.Credential;
import dev.nanoclaw.config.Environment;
import dev.nanoclaw.config.Home;
import dev.nanoclaw.config.Settings;
import dev.nanoclaw.container.AgentContainers;
import dev.nanoclaw.container.AgentUser;
import dev.nanoclaw.container.Engines;
import dev.nanoclaw.container.GroupDirectories;
import dev.nanoclaw.container.ImageRecipe;
import dev.nanoclaw.container.Readiness;
import dev.nanoclaw.container.RunDirectories;
import dev.nanoclaw.control.ChatService;
import dev.nanoclaw.control.ControlServer;
import dev.nanoclaw.control.ControlSocket;
import dev.nanoclaw.control.DeadLetterService;
import dev.nanoclaw.control.GroupDetailService;
import dev.nanoclaw.control.GroupService;
import dev.nanoclaw.control.StatusService;
import dev.nanoclaw.control.TaskLists;
import dev.nanoclaw.control.TaskService;
import dev.nanoclaw.control.WhatsAppService;
import dev.nanoclaw.db.ChatStore;
import dev.nanoclaw.db.Database;
import dev.nanoclaw.db.DatabaseException;
import dev.nanoclaw.db.DeadLetterStore;
import dev.nanoclaw.db.FinishedWork;
import dev.nanoclaw.db.GroupRemoval;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.db.HandledFiles;
import dev.nanoclaw.db.InputStore;
import dev.nanoclaw.db.InputStore.Which;
import dev.nanoclaw.db.MessageStore;
import dev.nanoclaw.db.OutboxStore;
import dev.nanoclaw.db.RunStore;
import dev.nanoclaw.db.TaskStore;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.ChatFormat;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Lane;
import dev.nanoclaw.domain.TaskRules;
import dev.nanoclaw.ipc.AgentRequests;
import dev.nanoclaw.queue.GroupQueue;
import dev.nanoclaw.router.AgentTurn;
import dev.nanoclaw.router.ChatCommands;
import dev.nanoclaw.router.Inbox;
import dev.nanoclaw.router.Outbox;
import dev.nanoclaw.router.Registrations;
import dev.nanoclaw.router.Removals;
import dev.nanoclaw.router.TriggerRule;
import dev.nanoclaw.router.Troubles;
import dev.nanoclaw.scheduler.TaskScheduler;
import dev.nanoclaw.scheduler.Tasks;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The daemon. What is built here first starts first; stopping goes the other way.
public final class NanoClaw implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(NanoClaw.class);

  private final CloseStack opened = new CloseStack();
  private Consumer<Duration> finishRuns = _ -> {};

  /// Starts everything and returns when the daemon listens.
  ///
  /// @throws StartException when another host runs on this home, or the database or the control
  ///   socket cannot be opened
  public static NanoClaw start(
      Home home, Settings settings, Environment environment, Agents agents, Clock clock) {
    NanoClaw host = new NanoClaw();
    try {
      host.open(home, settings, environment, agents, clock);
      return host;
    } catch (IOException | DatabaseException e) {
      host.close();
      throw new StartException("cannot start: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      host.close();
      throw e;
    }
  }

  private NanoClaw() {}

  /// What agents need from outside.
  ///
  /// @param engines the container engines that may run them
  /// @param credential read before each start of one
  public record Agents(Engines engines, Supplier<Optional<Credential>> credential) {}

  private void open(
      Home home, Settings settings, Environment environment, Agents agents, Clock clock)
      throws IOException {
    Instant startedAt = clock.instant();
    ControlSocket socket = ControlSocket.prepare(home.dir(), environment);
    opened.add(HomeLock.take(home.dir(), socket.path()));

    // what is stored
    Database database = opened.add(Database.open(settings.paths().storeDir()));
    MessageStore messages = new MessageStore(database);
    ChatStore chats = new ChatStore(database);
    GroupStore groups = new GroupStore(database);
    InputStore inputs = new InputStore(database);
    ChatFormat formats = new ChannelFormats(settings.assistant());
    TaskRules taskRules = settings.taskRules();
    RunStore runs = new RunStore(database, formats, taskRules);
    TaskStore taskStore = new TaskStore(database, formats, taskRules);
    OutboxStore unsent = new OutboxStore(database);
    DeadLetterStore deadLetters = new DeadLetterStore(database);

    // how agents are run
    AgentUser user = AgentUser.ofThisProcess();
    GroupDirectories directories = new GroupDirectories(settings.paths(), home, user);
    AgentContainers containers =
        new AgentContainers(
            settings.container(),
            settings.paths().dataDir(),
            directories,
            user,
            agents.engines(),
            new AgentContainers.Placement(socket.install(), environment.testNetwork()));
    String image = settings.container().image();
    Readiness readiness = new Readiness(agents.engines(), image, agents.credential());
    Optional<ImageRecipe> recipe = environment.build().map(ImageRecipe::new);

    // from a message to its answer
    Troubles troubles = new Troubles();
    var conversation = new LateConnections();
    AgentTurn turn =
        new AgentTurn(
            new AgentTurn.Stores(groups, messages, inputs, runs),
            containers,
            readiness,
            settings,
            clock,
            conversation,
            troubles,
            conversation);
    GroupQueue queue = new GroupQueue(settings.container().maxConcurrent(), turn::take, clock);
    Inbox inbox =
        new Inbox(
            messages,
            chats,
            groups,
            new TriggerRule(settings.assistant().name()),
            new ChatCommands(runs, queue, troubles, conversation, clock),
            // not before it is due: who waits in the queue costs another group its container
            group ->
                inputs
                    .nextWork(group, Which.CHAT, clock.instant())
                    .ifPresent(it -> queue.wakeAt(Lane.chat(group.folder()), it.when())));

    // channels, and the way out to them
    String name = settings.assistant().name();
    LocalChannel local =
        new LocalChannel(
            inbox,
            it -> messages.addOwn(it.chat(), it.messageId(), name, it.text(), clock.instant()),
            clock);
    Optional<WhatsAppChannel> whatsapp =
        Optional.of(settings.channels().whatsapp())
            .filter(Settings.WhatsApp::enabled)
            .map(it ->
                new WhatsAppChannel(
                    settings,
                    it.bridge().orElse(environment.whatsAppBridge()),
                    settings.paths().storeDir().resolve("whatsapp.db"),
                    new WhatsAppHost(
                        inbox,
                        messages,
                        chats,
                        groups,
                        unsent,
                        runs,
                        name,
                        conversation::flushOutbox,
                        conversation::outboxChanged,
                        group -> queue.finish(Lane.chat(group)),
                        clock),
                    clock));
    List<Channel> channels = new ArrayList<>();
    if (settings.channels().local().enabled()) {
      channels.add(local);
    }
    whatsapp.ifPresent(channels::add);
    Outbox outbox = new Outbox(unsent, channels, settings.timing().pollInterval(), clock);

    // what agents ask for, and tasks
    TaskScheduler scheduler =
        new TaskScheduler(
            taskStore,
            settings.timing().schedulerPollInterval(),
            clock,
            queue::wake,
            conversation::outboxChanged);
    Tasks tasks = new Tasks(taskStore, taskRules, clock, scheduler::changed, queue::wake);
    Registrations registrations =
        new Registrations(chats, groups, it -> channelOf(channels, it), clock);
    AgentRequests requests =
        new AgentRequests(
            new AgentRequests.Parts(
                new HandledFiles(database),
                runs,
                unsent,
                groups,
                tasks,
                registrations,
                directories,
                () -> refreshGroups(whatsapp),
                name),
            clock);
    conversation.connect(channels, outbox, scheduler::changed, requests);

    // what can be asked
    ChatService chat = new ChatService(local, messages, groups, inputs, unsent, troubles);
    StatusService status =
        new StatusService(
            home.dir(),
            startedAt,
            new StatusService.Checks(
                () -> missing(readiness),
                () -> hint(readiness, recipe, image),
                () -> whatsapp.map(it -> it.link().state().inWords()),
                deadLetters::count),
            groups,
            runs,
            queue,
            troubles);
    GroupService groupService =
        new GroupService(
            groups,
            registrations,
            new Removals(
                registrations, new GroupRemoval(database, taskStore), queue, troubles, clock),
            queue,
            whatsapp,
            name);
    GroupDetailService groupDetailService =
        new GroupDetailService(
            settings.paths().groupsDir(),
            registrations,
            groupService,
            new GroupDetailService.Stores(groups, messages, runs, taskStore, deadLetters),
            troubles);
    TaskService taskService = new TaskService(tasks, new TaskLists(tasks, groups), registrations);
    WhatsAppService whatsAppService = new WhatsAppService(whatsapp);
    DeadLetterService deadLetterService = new DeadLetterService(deadLetters, queue, outbox, clock);
    ControlServer control =
        new ControlServer(
            socket.path(),
            new ControlMethods(
                    chat,
                    status,
                    groupService,
                    groupDetailService,
                    taskService,
                    deadLetterService,
                    whatsAppService)
                .byName());

    // everything is there: begin
    new FirstStart(groups, directories, clock).registerLocalChat(settings);
    whatsapp.ifPresent(opened::add);
    opened.add(outbox).start();
    opened.add(queue);
    finishRuns = queue::finish;
    turn.findLeftBehind().forEach(queue::wake);
    opened
        .add(
            new SafetyNet(
                database.remembering(inputs::lanesWithWork),
                queue,
                settings.timing().pollInterval(),
                clock))
        .start();
    opened.add(scheduler).start();
    opened.add(control).start();
    whatsapp.ifPresent(WhatsAppChannel::start);
    Thread.ofVirtual()
        .name("readiness")
        .start(() ->
            missing(readiness)
                .or(() -> hint(readiness, recipe, image))
                .ifPresent(it -> log.warn("{}", it)));
    RunDirectories runDirectories = new RunDirectories(settings.paths().dataDir());
    opened
        .add(
            new Housekeeping(
                new FinishedWork(database),
                () -> {
                  containers.endLeftovers(() -> namesOf(runs, AgentRun::container));
                  runDirectories.sweep(() -> namesOf(runs, AgentRun::runId));
                }))
        .start();
    log.info("NanoClaw is ready: home {}, control socket {}", home.dir(), socket.path());
  }

  private static Set<String> namesOf(RunStore runs, Function<AgentRun, String> name) {
    return runs.open().stream().map(name).collect(Collectors.toSet());
  }

  private static Optional<String> channelOf(List<Channel> channels, ChatJid chat) {
    return channels.stream().filter(it -> it.owns(chat)).map(Channel::name).findFirst();
  }

  private static void refreshGroups(Optional<WhatsAppChannel> whatsapp)
      throws InterruptedException {
    if (whatsapp.isPresent()) {
      whatsapp.get().refreshGroups();
    }
  }

  private static Optional<String> missing(Readiness readiness) {
    return switch (readiness.check()) {
      case Readiness.State.Ready _ -> Optional.empty();
      case Readiness.State.Missing missing -> Optional.of(missing.text());
    };
  }

  private static Optional<String> hint(
      Readiness readiness, Optional<ImageRecipe> recipe, String image) {
    return recipe.isPresent() && readiness.check() instanceof Readiness.State.Ready ready
        ? recipe.get().mismatch(ready.engine(), image)
        : Optional.empty();
  }

  /// Lets every agent finish its turn and ends its container, but waits no longer than that.
  public void finishRuns(Duration atMost) {
    finishRuns.accept(atMost);
  }

  /// Stops in reverse order. Containers go on without the host; the next start takes them up again.
  @Override
  public void close() {
    opened.close();
  }
}
