package dev.nanoclaw.channel.whatsapp;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.nanoclaw.channel.whatsapp.LinkState.Phase;
import dev.nanoclaw.jsonrpc.JsonRpc;
import dev.nanoclaw.jsonrpc.JsonRpc.RpcException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import tools.jackson.databind.JsonNode;

/// Keeps a bridge running, connected as long as WhatsApp lets it, and knows how things stand.
public final class WhatsAppLink implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(WhatsAppLink.class);
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
  private static final Duration LOOK_FOR_PROGRAM = Duration.ofSeconds(10);
  private static final Duration QUICK = Duration.ofSeconds(10);

  /// WhatsApp takes its time for a pairing code.
  private static final Duration PATIENT = Duration.ofSeconds(60);

  /// The bridge of a killed host may hold the session this long.
  private static final Duration REPLACED_BY_OURSELVES = Duration.ofSeconds(5);

  private static final Duration PING_EVERY = Duration.ofMinutes(1);
  private static final int MOST_SILENT = 3;
  private static final int STORE_IN_USE = 3;

  private final Path program;
  private final Path store;
  private final Handler handler;
  private final Clock clock;
  private final List<Consumer<LinkEvent>> watchers = new CopyOnWriteArrayList<>();

  /// The host ends within two seconds; what the bridge has not acknowledged by then comes again.
  private static final Duration LAST_WORD = Duration.ofSeconds(1);

  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread = Thread.ofVirtual().name("whatsapp").unstarted(this::run);
  private volatile Optional<Bridge> bridge = Optional.empty();

  @GuardedBy("this") private LinkState state = LinkState.START;

  /// Takes what comes from WhatsApp, each on a thread that may wait.
  interface Handler {

    /// Returns when the message is stored; throws when it is not.
    void message(Wire.Message message);

    /// Returns when it is stored; throws when it is not.
    void merged(Wire.ChatMerged merged);

    void connected();

    /// Nothing more happens until the owner acts.
    void stopped(String problem);

    /// For one who only pairs: messages are left to WhatsApp until the host runs.
    Handler NOBODY =
        new Handler() {
          @Override
          public void message(Wire.Message message) {
            throw new RpcException(JsonRpc.INTERNAL_ERROR, "no host runs");
          }

          @Override
          public void merged(Wire.ChatMerged merged) {
            throw new RpcException(JsonRpc.INTERNAL_ERROR, "no host runs");
          }

          @Override
          public void connected() {}

          @Override
          public void stopped(String problem) {}
        };
  }

  /// @param program the bridge; may come later
  /// @param store the file with the session
  WhatsAppLink(Path program, Path store, Handler handler, Clock clock) {
    this.program = program;
    this.store = store;
    this.handler = handler;
    this.clock = clock;
  }

  /// A link without a host, to pair a phone or to end that.
  public static WhatsAppLink alone(Path program, Path store, Clock clock) {
    return new WhatsAppLink(program, store, Handler.NOBODY, clock);
  }

  public void start() {
    thread.start();
  }

  public synchronized LinkState state() {
    return state;
  }

  private synchronized void set(LinkState next) {
    if (!next.inWords().equals(state.inWords())) {
      log.atLevel(next.problem().isPresent() ? Level.WARN : Level.INFO).log("{}", next.inWords());
    }
    state = next;
  }

  /// Hears what happens from now on, on the link's thread: the watcher must not block. While an
  /// unpaired link is watched it shows codes.
  ///
  /// @return ends it
  public Runnable watch(Consumer<LinkEvent> watcher) {
    watchers.add(watcher);
    return () -> {
      watchers.remove(watcher);
      if (watchers.isEmpty() && state().phase() == Phase.UNPAIRED) {
        bridge.ifPresent(Bridge::close); // a new one asks for no codes
      }
    };
  }

  /// Connects a link that waits for its owner: shows codes, or tries again after a stop.
  ///
  /// @throws LinkException when no bridge runs
  public void connect() throws InterruptedException {
    var _ = call("connect", new Wire.Nothing(), Wire.Nothing.class, QUICK);
  }

  /// The code to type into the phone with that number.
  ///
  /// @param phone digits, beginning with the country code
  /// @throws LinkException when there is none
  public String pairPhone(String phone) throws InterruptedException {
    return call("pair_phone", new Wire.PairPhone(phone), Wire.PairCode.class, PATIENT).code();
  }

  /// Unpairs.
  ///
  /// @throws LinkException when it is not connected
  public void logout() throws InterruptedException {
    var _ = call("logout", new Wire.Nothing(), Wire.Nothing.class, PATIENT);
    set(LinkState.START.in(Phase.UNPAIRED));
  }

  <T> T call(String method, Object params, Class<T> type, Duration atMost)
      throws InterruptedException {
    Optional<Bridge> running = bridge;
    if (running.isEmpty()) {
      throw new LinkException(Wire.NOT_CONNECTED, state().inWords(), Optional.empty());
    }
    return running.get().call(method, params, type, atMost);
  }

  private void run() {
    Duration pause = FIRST_PAUSE;
    while (closed.getCount() > 0) {
      if (!Files.isExecutable(program)) {
        set(
            LinkState.START.in(
                Phase.DOWN,
                "its bridge is missing (%s): install Go 1.26 or newer and start NanoClaw again, or name a built one in channels.whatsapp.bridge"
                    .formatted(program)));
        pause(LOOK_FOR_PROGRAM);
        continue;
      }
      Instant begin = clock.instant();
      String problem = runBridge();
      boolean lasted = begin.plus(LONGEST_PAUSE).isBefore(clock.instant());
      pause = lasted ? FIRST_PAUSE : pause;
      if (closed.getCount() > 0) {
        set(state().in(Phase.DOWN, problem));
        tell(new LinkEvent.Disconnected(problem));
        pause(pause);
        pause =
            pause.multipliedBy(2).compareTo(LONGEST_PAUSE) > 0
                ? LONGEST_PAUSE
                : pause.multipliedBy(2);
      }
    }
  }

  /// @return why it ended
  private String runBridge() {
    Session session = new Session();
    try {
      Bridge started = Bridge.start(program, store, session);
      bridge = Optional.of(started);
      started.listen();
      if (closed.getCount() == 0) {
        started.close();
      }
      watchOver(started, session);
    } catch (IOException e) {
      return "the bridge could not be started: " + e.getMessage();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      bridge = Optional.empty();
    }
    return session.problem;
  }

  /// A bridge that is there and answers nothing is ended, and a new one started.
  private static void watchOver(Bridge running, Session session) throws InterruptedException {
    int silent = 0;
    while (!session.over.await(PING_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
      try {
        var _ = running.call("status", new Wire.Nothing(), Object.class, QUICK);
        silent = 0;
      } catch (LinkException e) {
        silent++;
        log.warn("The bridge does not say how it is: {}", e.getMessage());
      }
      if (silent == MOST_SILENT) {
        session.problem = "the bridge did not answer any more";
        running.close();
      }
    }
  }

  private void pause(Duration time) {
    try {
      var _ = closed.await(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void tell(LinkEvent event) {
    watchers.forEach(it -> it.accept(event));
  }

  /// The life of one bridge.
  private final class Session implements Bridge.Listener {

    private final CountDownLatch over = new CountDownLatch(1);
    private volatile String problem = "the bridge ended";
    private Instant hello = Instant.EPOCH;
    private boolean triedAgain;

    @Override
    public void told(String method, JsonNode params) {
      switch (method) {
        case "hello" -> hello(JsonRpc.value(params, Wire.Hello.class));
        case "qr" -> {
          Wire.Qr qr = JsonRpc.value(params, Wire.Qr.class);
          set(LinkState.START.in(Phase.UNPAIRED)); // also after a logout from the phone
          tell(new LinkEvent.Qr(qr.code(), Duration.ofMillis(qr.expiresIn())));
        }
        case "paired" -> {
          Wire.Paired paired = JsonRpc.value(params, Wire.Paired.class);
          set(
              new LinkState(
                  Phase.CONNECTING,
                  Optional.of(paired.jid()),
                  Optional.of(paired.lid()),
                  Optional.empty(),
                  Optional.empty()));
          tell(new LinkEvent.Paired(paired.jid()));
        }
        case "connected" -> connected(JsonRpc.value(params, Wire.Connected.class));
        case "disconnected" -> {
          Wire.Disconnected it = JsonRpc.value(params, Wire.Disconnected.class);
          boolean paired = state().phase() != Phase.UNPAIRED;
          set(paired ? state().in(Phase.DISCONNECTED, it.reason()) : state());
          tell(new LinkEvent.Disconnected(it.reason()));
        }
        case "stopped" -> stopped(JsonRpc.value(params, Wire.Stopped.class));
        default -> log.warn("The bridge says {}, which this host does not know", method);
      }
    }

    private void hello(Wire.Hello it) {
      if (it.protocol() != Wire.PROTOCOL) {
        problem =
            "the bridge speaks version %d of the protocol, this host %d"
                .formatted(it.protocol(), Wire.PROTOCOL);
        bridge.ifPresent(Bridge::close);
        return;
      }
      hello = clock.instant();
      boolean unpaired = it.state().equals("unpaired");
      set(unpaired ? LinkState.START.in(Phase.UNPAIRED) : state().in(Phase.CONNECTING));
      if (!unpaired || !watchers.isEmpty()) {
        connectAgain();
      }
    }

    private void connected(Wire.Connected it) {
      Optional<String> name = Optional.of(it.name()).filter(text -> !text.isBlank());
      set(
          new LinkState(
              Phase.CONNECTED,
              Optional.of(it.jid()),
              Optional.of(it.lid()).filter(text -> !text.isBlank()),
              name,
              Optional.empty()));
      Thread.ofVirtual().name("whatsapp-connected").start(handler::connected);
      tell(new LinkEvent.Connected(it.jid(), it.name()));
    }

    private void stopped(Wire.Stopped it) {
      boolean ourselves =
          it.reason().equals("replaced")
              && clock.instant().isBefore(hello.plus(REPLACED_BY_OURSELVES));
      if (ourselves && !triedAgain) {
        triedAgain = true;
        connectAgain();
        return;
      }
      String until = it.until().map(when -> " Until " + Instant.ofEpochMilli(when)).orElse("");
      set(state().in(Phase.STOPPED, it.text() + until));
      tell(new LinkEvent.Stopped(it.text() + until));
      handler.stopped(it.text() + until);
    }

    private void connectAgain() {
      try {
        connect();
      } catch (LinkException e) {
        problem = "the bridge does not connect: " + e.getMessage();
        bridge.ifPresent(Bridge::close); // the next one may
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void asked(String method, JsonNode params) {
      switch (method) {
        case "message" -> handler.message(JsonRpc.value(params, Wire.Message.class));
        case "chat_merged" -> handler.merged(JsonRpc.value(params, Wire.ChatMerged.class));
        default -> throw new RpcException(JsonRpc.UNKNOWN_METHOD, "unknown method " + method);
      }
    }

    @Override
    public void ended(int exitCode, String lastError) {
      if (exitCode == STORE_IN_USE) {
        problem = "another program uses " + store;
      } else if (!lastError.isBlank()) {
        problem = lastError;
      }
      over.countDown();
    }
  }

  @Override
  public void close() {
    closed.countDown();
    bridge.ifPresent(it -> it.end(LAST_WORD));
    try {
      thread.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
