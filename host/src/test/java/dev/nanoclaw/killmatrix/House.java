package dev.nanoclaw.killmatrix;

import dev.nanoclaw.baddays.Host;
import dev.nanoclaw.db.Database;
import dev.nanoclaw.db.GroupStore;
import dev.nanoclaw.domain.ChatJid;
import dev.nanoclaw.domain.Group;
import dev.nanoclaw.domain.GroupFolder;
import dev.nanoclaw.killmatrix.Journal.Chat;
import dev.nanoclaw.killmatrix.Journal.Kind;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.IntStream;

/// A home, one host after another on it, and the world around them.
final class House implements AutoCloseable {

  static final int CAP = 3;
  static final int CHATS = 6;

  /// How often an input that failed is tried again.
  static final int RETRIES = 1;

  private static final int KILLED = 137;

  /// Against hanging only.
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Duration LULL = Duration.ofMillis(250);

  private final Path dir;
  private final Host host;
  private final Journal journal = new Journal();
  private final Engine engine;
  private final WhatsApp whatsApp;
  private final Stage stage;
  private final Random random;
  private final Path agent;
  private final List<Chat> chats =
      IntStream.rangeClosed(1, CHATS)
          .mapToObj(it -> new Chat("12036300000000000%d@g.us".formatted(it), "g" + it))
          .toList();
  private List<String> options = List.of();
  private boolean onlyQuestions;
  private int kills;
  private int randomKills;

  /// @param dir an empty directory
  /// @param seed of everything that is left to chance
  House(Path dir, long seed) throws IOException {
    this.dir = dir;
    this.random = new Random(seed);
    this.engine = new Engine(journal, CAP, seed);
    this.whatsApp = new WhatsApp(journal, seed + 1);
    this.host = new Host(dir);
    this.stage = new Stage(dir.resolve("port"), engine, whatsApp);
    this.agent = agentJar(dir.resolve("agent.jar"));
    var _ = host.install("docker", "relay");
    var _ =
        host.configure("idle_timeout_ms: 1800000", "idle_timeout_ms: 400")
            .configure("ipc_poll_interval_ms: 1000", "ipc_poll_interval_ms: 100")
            .configure("max_concurrent: 5", "max_concurrent: " + CAP)
            .configure("max_turn_retries: 5", "max_turn_retries: " + RETRIES)
            .configure("enabled: false", "enabled: true")
            .configure("bridge: auto", "bridge: " + host.install("whatsapp-bridge", "relay"))
            .configure("messages_per_minute: 20", "messages_per_minute: 600");
    register();
  }

  private void register() {
    try (Database database = Database.open(host.home().resolve("store"))) {
      GroupStore groups = new GroupStore(database);
      for (int i = 0; i < CHATS; i++) {
        Chat chat = chats.get(i);
        groups.add(
            new Group(
                new ChatJid(chat.jid()),
                chat.folder(),
                new GroupFolder(chat.folder()),
                Optional.empty(),
                i % 2 == 0,
                false,
                Optional.empty(),
                Instant.EPOCH.plusSeconds(i)),
            "whatsapp");
      }
    }
    Stored.keepClaims(host.home());
  }

  private static Path agentJar(Path file) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest
        .getMainAttributes()
        .put(new Attributes.Name("Premain-Class"), KillAgent.class.getName());
    try (OutputStream out = Files.newOutputStream(file);
        JarOutputStream jar = new JarOutputStream(out, manifest)) {
      for (Class<?> type :
          List.of(
              KillAgent.class,
              KillAgent.Order.class,
              KillAgent.Inserter.class,
              KillAgent.Call.class)) {
        String name = type.getName().replace('.', '/') + ".class";
        jar.putNextEntry(new JarEntry(name));
        try (var in = ClassLoader.getSystemResourceAsStream(name)) {
          if (in == null) {
            throw new IOException(name + " is not in the class path");
          }
          var _ = in.transferTo(jar);
        }
      }
    }
    return file;
  }

  /// Which program the next hosts are; at first it is the one that this test runs with.
  void use(Program next) {
    host.classPath(next.classPath());
    options = next.options();
  }

  Journal journal() {
    return journal;
  }

  Engine engine() {
    return engine;
  }

  WhatsApp whatsApp() {
    return whatsApp;
  }

  Host host() {
    return host;
  }

  int kills() {
    return kills;
  }

  /// How many of the kills were at random moments.
  int randomKills() {
    return randomKills;
  }

  /// From now on people talk of nothing else.
  void onlyQuestions() {
    onlyQuestions = true;
  }

  /// Somebody says something in one of the first chats.
  void saySomething(int among) {
    Chat chat = chats.get(random.nextInt(among));
    int chance = onlyQuestions ? 0 : random.nextInt(100);
    Kind kind =
        chance < 75
            ? Kind.QUESTION
            : chance < 88 ? Kind.ASIDE : chance < 97 ? Kind.COMMAND : Kind.POISON;
    say(chat, kind);
  }

  void say(int chat, Kind kind) {
    say(chats.get(chat), kind);
  }

  private void say(Chat chat, Kind kind) {
    whatsApp.say(journal.say(chat, kind));
  }

  /// Lets a host serve for a while and kills it.
  void killSometime() throws IOException, InterruptedException {
    for (int i = random.nextInt(4); i > 0; i--) {
      saySomething(CHATS);
    }
    boolean early = random.nextInt(5) == 0;
    int events = 1 + random.nextInt(14);
    Duration more = Duration.ofMillis(random.nextInt(early ? 1200 : 30));
    int connections = journal.connections();
    Process process = start(List.of());
    if (!early) {
      var _ = journal.awaitConnections(connections + 1, PATIENCE);
      serve(process, CHATS, events, Duration.ofSeconds(3));
    }
    var _ = process.waitFor(more.toMillis(), TimeUnit.MILLISECONDS);
    process.destroyForcibly();
    if (ended(process, "killed sometime")) {
      randomKills++;
    }
  }

  /// Lets a host serve until it comes to that step, where it dies.
  ///
  /// @param hold how long the step's thread stands there before
  /// @param among in how many of the chats people go on talking
  /// @return false when it did not come there
  boolean killAt(Step step, int passage, Duration hold, int among)
      throws IOException, InterruptedException {
    Path note = dir.resolve("note");
    Files.deleteIfExists(note);
    KillAgent.Order order =
        new KillAgent.Order(
            step.type(),
            step.method(),
            step.side() == Step.Side.AFTER,
            passage,
            (int) hold.toMillis(),
            note.toString());
    Process process = start(List.of("-javaagent:" + agent + "=" + order.argument()));
    int connections = journal.connections();
    var _ = journal.awaitConnections(connections + 1, Duration.ofSeconds(1));
    serve(process, among, Integer.MAX_VALUE, Duration.ofSeconds(30));
    process.destroyForcibly();
    var _ = ended(process, step.label());
    return Files.exists(note);
  }

  /// People say something now and then, until so much has happened, or that long.
  private void serve(Process process, int among, int events, Duration atMost)
      throws InterruptedException {
    long end = System.nanoTime() + atMost.toNanos();
    int last = journal.events() + Math.min(events, 1_000_000);
    for (int now = journal.events();
        now < last && process.isAlive() && System.nanoTime() < end;
        now = journal.events()) {
      if (among > 0 && random.nextInt(3) == 0 && whatsApp.waiting() < 6) {
        saySomething(among);
      }
      journal.awaitEvent(now, LULL);
    }
  }

  private Process start(List<String> more) throws IOException {
    List<String> all = new ArrayList<>(options);
    all.addAll(more);
    return host.launch(dir.resolve("host.out"), all, "start");
  }

  /// @return whether it was killed
  private boolean ended(Process process, String how) throws IOException, InterruptedException {
    boolean over = process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    boolean killed = over && process.exitValue() == KILLED;
    if (killed) {
      kills++;
      journal.note("host " + kills + " was " + how);
    } else {
      journal.add(
          new Violation(
              Violation.Kind.HOST,
              "%s: it ended by itself: %s"
                  .formatted(how, Files.readString(dir.resolve("host.out")))));
    }
    return killed;
  }

  /// Lets a last host do what is left to do, with everybody at their best.
  void becomeQuiet(Duration atMost) throws IOException, InterruptedException {
    engine.calm(true);
    engine.onlyCrashes(false);
    whatsApp.calm(true);
    chats.forEach(it -> say(it, Kind.QUESTION));
    Process process = start(List.of());
    long end = System.nanoTime() + atMost.toNanos();
    boolean quiet = false;
    while (!quiet && process.isAlive() && System.nanoTime() < end && isInnocent()) {
      journal.awaitEvent(journal.events(), LULL);
      quiet = whatsApp.waiting() == 0 && engine.running() == 0 && Stored.isQuiet(host.home());
    }
    if (!quiet && isInnocent()) {
      journal.add(
          new Violation(
              Violation.Kind.HOST, "not quiet: " + Files.readString(dir.resolve("host.out"))));
    }
    process.destroy();
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly();
      journal.add(new Violation(Violation.Kind.HOST, "it did not end when it was asked to"));
    }
  }

  private boolean isInnocent() {
    return journal.violations().isEmpty();
  }

  List<Violation> judge() {
    return Judge.judge(journal, new Stored(host.home()));
  }

  @Override
  public void close() throws IOException {
    stage.close();
    host.close();
  }
}
