package dev.nanoclaw.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nanoclaw.container.AgentFiles.Entry;
import dev.nanoclaw.domain.AgentRun;
import dev.nanoclaw.testing.Samples;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class AgentFilesTest {

  private static final AgentRun RUN = Samples.run(Samples.group("family"), "r1");
  private static final String CANARY = "{\"type\":\"list_tasks\",\"secret\":true}";

  @TempDir private Path dir;
  private Path data;
  private Path messages;
  private Path tasks;
  private Path canary;
  private AgentFiles files;

  @BeforeEach
  void make() throws IOException {
    data = dir.resolve("data");
    RunFiles runFiles = new RunFiles(data, RUN);
    runFiles.create(AgentUser.ofThisProcess());
    messages = runFiles.forHost().getFirst();
    tasks = runFiles.forHost().getLast();
    canary = Files.writeString(dir.resolve("canary.json"), CANARY);
    files = new AgentFiles(data, RUN);
  }

  @AfterEach
  void nothingOutsideIsTouched() {
    assertThat(canary).hasContent(CANARY);
  }

  private static void run(Path directory, String... command) {
    try {
      Process process =
          new ProcessBuilder(command).directory(directory.toFile()).inheritIO().start();
      assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean isRoot() {
    return AgentUser.ofThisProcess().hostIsRoot();
  }

  private List<String> taken() {
    return files.take().stream().map(Entry::origin).toList();
  }

  /// What became of everything that one look takes: its text, or why it has none.
  private Map<String, String> read() {
    Map<String, String> read = new TreeMap<>();
    for (Entry entry : files.take()) {
      try {
        read.put(entry.origin(), files.read(entry));
        files.done(entry);
      } catch (UnusableFileException e) {
        read.put(entry.origin(), String.valueOf(e.getMessage()));
        files.refuse(entry, String.valueOf(e.getMessage()), e.content(), Samples.NOW);
      }
    }
    return read;
  }

  private List<Path> list(String directory) throws IOException {
    try (Stream<Path> all = Files.list(data.resolve(directory))) {
      return all.sorted().toList();
    }
  }

  @Test
  void bothDirectoriesAreTakenInTheOrderOfNamesAndOnlyWhatIsForTheHost() throws IOException {
    Files.writeString(messages.resolve("2.json"), "two");
    Files.writeString(tasks.resolve("1.json"), "one");
    Files.writeString(tasks.resolve("3.json"), "three");
    Files.writeString(tasks.resolve(".4.json.part"), "not yet");
    assertThat(read())
        .isEqualTo(
            Map.of("messages/2.json", "two", "tasks/1.json", "one", "tasks/3.json", "three"));
    assertThat(taken()).isEmpty();
    assertThat(tasks).isDirectoryContaining(it -> it.endsWith(".4.json.part"));
    assertThat(list("runs/r1/taken")).as("the mark of this host").hasSize(1);
  }

  @Test
  void whatAnEarlierHostHadTakenComesFirstAndNoNameIsUsedTwice() throws IOException {
    Files.writeString(messages.resolve("1.json"), "one");
    Files.writeString(messages.resolve("2.json"), "two");
    List<Entry> before = files.take();
    files.done(before.getFirst());
    Set<String> names = new HashSet<>(before.stream().map(Entry::name).toList());
    for (int host = 0; host < 3; host++) {
      Files.writeString(messages.resolve("0.json"), "new");
      files = new AgentFiles(data, RUN);
      List<Entry> now = files.take();
      assertThat(now.stream().map(Entry::name)).isSorted();
      assertThat(now.getFirst().name()).isEqualTo(before.getLast().name());
      assertThat(now).hasSize(2);
      assertThat(names.add(now.getLast().name())).isTrue();
      files.done(now.getLast());
    }
    assertThat(read()).containsValue("two");
  }

  @Test
  void whatIsNeitherDoneNorRefusedComesAgain() throws Exception {
    Files.writeString(messages.resolve("1.json"), "one");
    List<Entry> first = files.take();
    Files.writeString(messages.resolve("0.json"), "zero");
    assertThat(files.take()).hasSize(2).first().isEqualTo(first.getFirst());
    assertThat(files.read(first.getFirst())).isEqualTo("one");
  }

  @Test
  void onlyReadableSmallTextIsReadAndTheRestIsKeptWithItsReason() throws Exception {
    Files.createSymbolicLink(messages.resolve("a-link.json"), canary);
    Files.createSymbolicLink(messages.resolve("b-zero.json"), Path.of("/dev/zero"));
    Files.createSymbolicLink(messages.resolve("c-loop.json"), Path.of("c-loop.json"));
    run(messages, "mkfifo", "d-fifo.json");
    Path full = Files.createDirectories(messages.resolve("e-full.json").resolve("deep"));
    Files.writeString(full.resolve("x.json"), "x");
    Files.createDirectory(messages.resolve("f-empty.json"));
    try (RandomAccessFile sparse =
        new RandomAccessFile(messages.resolve("g-sparse.json").toFile(), "rw")) {
      sparse.setLength(1L << 40);
    }
    Files.write(messages.resolve("h-latin.json"), "{\"é\"}".getBytes(StandardCharsets.ISO_8859_1));
    Files.write(messages.resolve("i-large.json"), new byte[1024 * 1024 + 1]);
    Files.write(messages.resolve("j-most.json"), new byte[1024 * 1024]);
    socket(messages.resolve("k-socket.json"));
    Files.createLink(messages.resolve("l-hard.json"), messages.resolve("h-latin.json"));
    Map<String, String> read = read();
    assertThat(read.remove("messages/j-most.json")).hasSize(1024 * 1024);
    assertThat(read.toString().replace("messages/", ""))
        .isEqualTo(
            """
            {a-link.json=a link, not a file, b-zero.json=a link, not a file, c-loop.json=a link, not a file, \
            d-fifo.json=a device, not a file, e-full.json=a directory, not a file, f-empty.json=a directory, not a file, \
            g-sparse.json=larger than 1048576 bytes, h-latin.json=not UTF-8, i-large.json=larger than 1048576 bytes, \
            k-socket.json=a device, not a file, l-hard.json=not UTF-8}\
            """);
    assertThat(messages).isEmptyDirectory();
    assertThat(list("runs/r1/put-away")).as("emptied with the run").hasSize(1);
    assertThat(list("ipc/errors")).hasSize(11 + 2);
    Path latin =
        list("ipc/errors").stream()
            .filter(it -> !it.toString().endsWith(".reason"))
            .findFirst()
            .orElseThrow();
    assertThat(latin.getFileName().toString()).startsWith("20260301-120000-000-family-r1-");
    assertThat(Path.of(latin + ".reason")).hasContent("messages/h-latin.json: not UTF-8\n");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(latin)))
        .isEqualTo("rw-------");
  }

  private static void socket(Path file) throws IOException {
    Path shorter = Files.createTempDirectory("nc").resolve("s");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      var _ = server.bind(UnixDomainSocketAddress.of(shorter));
      Files.move(shorter, file);
    }
    Files.delete(shorter.getParent());
  }

  @Test
  void whatMayNotBeReadOrMovedIsPassedOver() throws IOException {
    Files.writeString(messages.resolve("1.json"), "1");
    Files.setPosixFilePermissions(messages.resolve("1.json"), Set.of());
    Path shut = Files.createDirectory(messages.resolve("2.json"));
    Files.writeString(shut.resolve("x"), "x");
    Files.setPosixFilePermissions(shut, Set.of());
    Files.writeString(messages.resolve("3.json"), "3");
    // Root may read and move everything.
    assertThat(read())
        .isEqualTo(
            isRoot()
                ? Map.of(
                    "messages/1.json", "1",
                    "messages/2.json", "a directory, not a file",
                    "messages/3.json", "3")
                : Map.of(
                    "messages/1.json", "its mode does not let it be read", "messages/3.json", "3"));
    assertThat(read()).isEmpty();
    assertThat(files.more()).isFalse();
    Files.setPosixFilePermissions(messages, Set.of());
    assertThat(read()).isEmpty();
    Files.setPosixFilePermissions(messages, PosixFilePermissions.fromString("rwx------"));
    if (Files.exists(shut)) {
      Files.setPosixFilePermissions(shut, PosixFilePermissions.fromString("rwx------"));
    }
  }

  @Test
  void namesCanBeAnything() throws IOException {
    run(
        messages,
        "sh",
        "-c",
        "echo a >\"$(printf 'new\\nline.json')\"; echo b >\"$(printf 'bytes\\377\\376.json')\";"
            + " echo c >-rf.json");
    Files.writeString(messages.resolve("x".repeat(250) + ".json"), "d");
    assertThat(read().values()).containsExactlyInAnyOrder("a\n", "b\n", "c\n", "d");
    assertThat(messages).isEmptyDirectory();
  }

  @Test
  void aFileThatGrowsAfterItWasTakenIsReadNoFurther() throws Exception {
    Path file = Files.writeString(messages.resolve("1.json"), "{}");
    try (var writer = Files.newByteChannel(file, StandardOpenOption.WRITE)) {
      Entry entry = files.take().getFirst();
      writer.position(64L * 1024 * 1024).write(java.nio.ByteBuffer.wrap(new byte[] {1}));
      assertThatThrownBy(() -> files.read(entry)).hasMessage("larger than 1048576 bytes");
    }
  }

  /// On Linux a lease makes every other program wait that opens the file.
  @Test
  @EnabledOnOs(OS.LINUX)
  void aFileThatIsHeldOpenKeepsNobody() throws Exception {
    Path held = Files.writeString(messages.resolve("1.json"), "{}");
    Files.writeString(messages.resolve("2.json"), "{}");
    Process holder =
        new ProcessBuilder(
                "perl", // a part of every Debian
                "-e",
                """
                $SIG{IO} = "IGNORE";
                open(my $file, "+<", $ARGV[0]) or die $!;
                fcntl($file, 1024, 1) or die $!; # F_SETLEASE, F_WRLCK
                $| = 1;
                print "held\\n";
                <STDIN>;
                """,
                held.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      assertThat(holder.inputReader().readLine()).isEqualTo("held");
      assertThat(read())
          .isEqualTo(
              Map.of(
                  "messages/1.json", "something keeps it from being opened",
                  "messages/2.json", "an earlier file cannot be opened"));
    } finally {
      holder.destroyForcibly();
    }
  }

  @Test
  void aFloodIsWorkedOffFromMemoryInSmallPieces() throws IOException {
    int many = AgentFiles.MOST_NAMES / 2 + AgentFiles.AT_ONCE;
    for (int i = 0; i < many; i++) {
      Files.createFile(messages.resolve(i + ".json"));
    }
    int read = 0;
    int looks = 0;
    do {
      int now = read().size();
      assertThat(now).isLessThanOrEqualTo(AgentFiles.AT_ONCE);
      read += now;
      looks++;
    } while (files.more());
    assertThat(looks).isEqualTo(AgentFiles.MOST_NAMES / 2 / AgentFiles.AT_ONCE);
    assertThat(read()).hasSize(many - read);
  }

  @Test
  void aLongListingInVainIsNotRepeatedAtOnce() throws IOException {
    for (int i = 0; i < 100; i++) {
      Files.createFile(messages.resolve("noise-" + i));
    }
    assertThat(taken()).isEmpty();
    Files.createFile(messages.resolve("1.json"));
    int looks = 1;
    while (taken().isEmpty()) {
      looks++;
    }
    assertThat(looks).isEqualTo(100);
  }

  /// At every moment something else has the name.
  @Test
  void whateverIsSwappedInIsTakenAsWhatItIs() throws Exception {
    int rounds = 4000;
    Path prepared = Files.createDirectory(messages.resolve("prepared"));
    run(prepared, "sh", "-c", "seq -f '%g' 0 4 " + (rounds - 1) + " | xargs mkfifo");
    FutureTask<Integer> swapping =
        new FutureTask<>(() -> {
          int swapped = 0;
          for (int i = 0; i < rounds; i++) {
            Path next = prepared.resolve(Integer.toString(i));
            switch (i % 4) {
              case 1 -> Files.createSymbolicLink(next, canary);
              case 2 -> Files.createDirectories(next.resolve("deep"));
              case 3 -> Files.writeString(next, "text");
              default -> {} // a FIFO is there
            }
            swapped += swap(next, messages.resolve("x.json")) ? 1 : 0;
          }
          return swapped;
        });
    Thread.ofPlatform().start(swapping);
    Set<String> seen = new HashSet<>();
    boolean done;
    do {
      done = swapping.isDone(); // and once more: the last one may still be there
      seen.addAll(read().values());
    } while (!done);
    assertThat(swapping.get()).isPositive();
    assertThat(seen).isNotEmpty();
    assertThat(
            Set.of("text", "a link, not a file", "a directory, not a file", "a device, not a file"))
        .containsAll(seen);
  }

  private static boolean swap(Path next, Path place) throws IOException {
    try {
      Files.move(next, place, StandardCopyOption.ATOMIC_MOVE);
      return true;
    } catch (AtomicMoveNotSupportedException e) {
      throw e;
    } catch (FileSystemException _) {
      return false; // a directory is there, or is to come where a file is
    }
  }

  @Test
  void answersAreRenamedInAndTheOldestGo() throws IOException {
    Path responses = data.resolve("ipc/family/r1/responses");
    for (int i = 0; i < 1002; i++) {
      files.respond("id-" + i, "{}");
    }
    files.respond("id-1001", "{\"ok\":true}");
    assertThat(responses.resolve("id-1001.json")).hasContent("{\"ok\":true}");
    assertThat(responses.resolve("id-2.json")).exists();
    assertThat(responses.resolve("id-1.json")).doesNotExist();
    assertThat(list("runs/r1/aside")).isEmpty();
  }
}
