package dev.nanoclaw.container;

import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.domain.Ids;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.SequencedSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// What an agent puts into `messages/` and `tasks/` of its run for the host, and the answers to it.
/// Used by one thread at a time.
///
/// An entry is renamed out, into a directory that no container sees, before anything is looked at:
/// what it is can no longer be changed then. Only its name is read where the agent can write.
public final class AgentFiles {

  private static final Logger log = LoggerFactory.getLogger(AgentFiles.class);

  /// So much is taken in one look, and as often is it tried.
  static final int AT_ONCE = 50;

  /// So many names are read at once; they are worked off in the next looks.
  static final int MOST_NAMES = 10_000;

  /// Looks without a listing after one that was long and had nothing to take.
  private static final int PAUSE = 100;

  /// So many entries that cannot be renamed are remembered, for so many looks.
  private static final int MOST_STUCK = 1000;

  private static final int FORGET_STUCK = 2000;

  /// So many warnings about a run are for the owner's eyes.
  private static final int MOST_WARNINGS = 10;

  /// So many answers lie there at once; an agent waits for few.
  private static final int MOST_RESPONSES = 1000;

  private static final Pattern TAKEN_OR_MARK =
      Pattern.compile("(?<host>[0-9]{8})-[0-9a-f]{8}(?<count>-[0-9]{8})?");

  private final AgentRun run;
  private final RunFiles files;
  private final BoundedReader reader;
  private final ErrorFiles errors;
  private final Queue<Path> waiting = new ArrayDeque<>();
  private final Set<Path> stuck = new HashSet<>();
  private final List<Entry> open = new ArrayList<>();
  private final SequencedSet<String> responses = new LinkedHashSet<>();
  private String prefix = "";
  private long count;
  private long looks;
  private long nextListing;
  private long warnings;

  /// @param run whose directories are there, or will be at the first look
  public AgentFiles(Path dataDir, AgentRun run) {
    this.run = run;
    this.files = new RunFiles(dataDir, run);
    this.errors = new ErrorFiles(dataDir.resolve("ipc").resolve("errors"));
    this.reader = new BoundedReader("read-" + run.runId());
  }

  /// Something that was taken.
  ///
  /// @param name chosen by the host: no two of a run have the same, and later ones sort behind
  /// @param origin where it was, for people
  public record Entry(String name, String origin) {}

  /// Takes what is there, at most 50 entries in the order of their names. What was taken and
  /// neither [#done] nor [#refuse]d comes first, also when an earlier host took it.
  public List<Entry> take() {
    if (++looks % FORGET_STUCK == 0) {
      stuck.clear();
    }
    if (waiting.isEmpty() && open.size() < AT_ONCE && looks >= nextListing) {
      try {
        begin();
        list();
      } catch (IOException e) {
        nextListing = looks + PAUSE;
        warn("What it has for the host cannot be looked at", e);
      }
    }
    for (int tries = 0; tries < AT_ONCE && open.size() < AT_ONCE && !waiting.isEmpty(); tries++) {
      take(waiting.remove());
    }
    return List.copyOf(open);
  }

  /// Whether names are known that are still to be taken.
  public boolean more() {
    return !waiting.isEmpty();
  }

  /// Reads a file.
  ///
  /// @throws UnusableFileException when it is not a readable file of text, at most 1 MB
  public String read(Entry entry) throws UnusableFileException {
    return reader.text(taken(entry));
  }

  /// Answers a request.
  ///
  /// @param id of the request, safe as a file name
  public void respond(String id, String json) throws IOException {
    files.putResponse(id, json);
    responses.addLast(id);
    if (responses.size() > MOST_RESPONSES) {
      files.removeResponse(responses.removeFirst());
    }
  }

  /// It is taken care of, and goes.
  public void done(Entry entry) {
    open.remove(entry);
    Path path = taken(entry);
    try {
      Files.deleteIfExists(path);
    } catch (DirectoryNotEmptyException _) {
      putAway(entry, path); // emptying it could take long; it goes with the run
    } catch (IOException e) {
      log.warn("{} could not be removed: {}", path, e.toString());
    }
  }

  /// It is nothing to be carried out; it goes, and its content is kept for people with the reason.
  ///
  /// @param content what was read of it
  public void refuse(Entry entry, String reason, byte[] content, Instant now) {
    warn(entry.origin() + " was refused", reason);
    String text = "%s: %s".formatted(entry.origin(), reason);
    try {
      errors.add("%s-%s-%s".formatted(run.group(), run.runId(), entry.name()), text, content, now);
    } catch (IOException e) {
      warn("what was refused is not kept", e);
    }
    done(entry);
  }

  private Path taken(Entry entry) {
    return files.taken().resolve(entry.name());
  }

  private void putAway(Entry entry, Path path) {
    try {
      Files.move(path, files.putAway().resolve(entry.name()), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      log.warn("{} stays where it is: {}", path, e.toString());
    }
  }

  /// Finds what an earlier host had taken, and a beginning of names that it cannot have used: a
  /// mark with a higher number, which stays.
  private void begin() throws IOException {
    if (!prefix.isEmpty()) {
      return;
    }
    files.createTaken();
    List<Entry> earlier = new ArrayList<>();
    long last = 0;
    try (Stream<Path> there = Files.list(files.taken())) {
      for (String name : there.map(it -> it.getFileName().toString()).sorted().toList()) {
        Matcher own = TAKEN_OR_MARK.matcher(name);
        if (own.matches()) {
          last = Long.parseLong(own.group("host"));
          if (own.group("count") != null) {
            earlier.add(new Entry(name, "a file that an earlier host had taken"));
          }
        }
      }
    }
    String mark = "%08d-%s".formatted(last + 1, Ids.nonce().substring(0, 8));
    Files.createFile(files.taken().resolve(mark));
    open.addAll(earlier);
    prefix = mark;
  }

  private void list() throws IOException {
    List<Path> found = new ArrayList<>();
    int names = 0;
    for (Path directory : files.forHost()) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
        Iterator<Path> all = entries.iterator();
        for (int i = 0; i < MOST_NAMES / 2 && all.hasNext(); i++) {
          Path entry = all.next();
          names++;
          if (isForHost(entry)) {
            found.add(entry);
          }
        }
      } catch (DirectoryIteratorException e) {
        throw e.getCause();
      }
    }
    if (found.isEmpty() && names > AT_ONCE) {
      nextListing = looks + PAUSE;
    }
    found.sort(Comparator.comparing(Path::getFileName));
    waiting.addAll(found);
  }

  private boolean isForHost(Path entry) {
    return entry.getFileName().toString().endsWith(".json") && !stuck.contains(entry);
  }

  private void take(Path entry) {
    String name = "%s-%08d".formatted(prefix, ++count);
    try {
      Files.move(entry, files.taken().resolve(name), StandardCopyOption.ATOMIC_MOVE);
      open.add(new Entry(name, origin(entry)));
    } catch (NoSuchFileException _) {
      // the agent has thought better of it
    } catch (IOException e) {
      warn(origin(entry) + " cannot be taken", e);
      if (stuck.size() < MOST_STUCK) {
        stuck.add(entry);
      }
    }
  }

  /// An agent can bring about any number of these.
  private void warn(String what, Object why) {
    log.atLevel(warnings++ < MOST_WARNINGS ? Level.WARN : Level.DEBUG)
        .log("Run {}: {}: {}", run.runId(), what, why.toString());
  }

  /// For logs and people: names can hold anything.
  private static String origin(Path entry) {
    String name = entry.getFileName().toString().replaceAll("[^\\x20-\\x7e]", "?");
    return entry.getName(entry.getNameCount() - 2) + "/" + name;
  }
}
