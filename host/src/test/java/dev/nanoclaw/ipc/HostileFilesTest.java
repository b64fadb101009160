package dev.nanoclaw.ipc;

import static dev.nanoclaw.ipc.RequestsFixture.FAMILY;
import static dev.nanoclaw.ipc.RequestsFixture.WORK;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// An agent that does its worst beside one that has a request.
@Timeout(180)
class HostileFilesTest {

  private static final String LIST = "{\"type\":\"list_tasks\"}";

  @TempDir private Path home;
  private RequestsFixture house;

  @BeforeEach
  void open() {
    house = new RequestsFixture(home);
  }

  @AfterEach
  void close() {
    house.close();
  }

  @Test
  void aHundredThousandFilesOfOneGroupDoNotDelayAnother() throws Exception {
    Path tasks = house.ipc(WORK, "tasks");
    Path template = Files.writeString(house.data("template"), LIST);
    for (int i = 0; i < 100_000; i++) {
      Path file = tasks.resolve("%06d.json".formatted(i));
      if (i % 1000 == 0) {
        template = Files.writeString(file, LIST); // a file has so many names at most
      } else {
        Files.createLink(file, template);
      }
    }
    assertThat(house.take(WORK).more()).isTrue();
    assertThat(house.ask(FAMILY, LIST).ok()).isTrue();
    assertThat(house.names(tasks)).as("one look is a small part of it").hasSizeGreaterThan(99_500);
  }

  @Test
  void nothingOutsideIsReadWrittenOrWaitedFor() throws Exception {
    Path other = house.ipc(FAMILY, "tasks").resolve("theirs.json");
    RequestsFixture.write(other, "{\"type\":\"message\",\"text\":\"theirs\"}");
    Path secret = Files.writeString(home.resolve("credentials.yml"), "secret");
    Path messages = house.ipc(WORK, "messages");
    Files.createSymbolicLink(messages.resolve("1.json"), other);
    Files.createSymbolicLink(messages.resolve("2.json"), house.file);
    Files.createSymbolicLink(messages.resolve("3.json"), secret);
    Files.createSymbolicLink(messages.resolve("4.json"), house.ipc(FAMILY, "tasks"));
    Files.createSymbolicLink(messages.resolve("5.json"), Path.of("/dev/zero"));
    assertThat(
            new ProcessBuilder("mkfifo", messages.resolve("6.json").toString()).start().waitFor())
        .isZero();
    Files.createDirectories(messages.resolve("7.json").resolve("x.json"));
    sparse(messages.resolve("8.json"));
    String id = house.put(WORK, "{\"type\":\"message\",\"text\":\"mine\"}");
    FutureTask<Boolean> taking = new FutureTask<>(() -> house.take(WORK).said());
    Thread.ofPlatform().daemon().start(taking);
    assertThat(taking.get(60, TimeUnit.SECONDS)).isTrue();
    assertThat(house.response(WORK, id).ok()).isTrue();
    assertThat(messages).isEmptyDirectory();
    assertThat(house.rows("SELECT text FROM outbox")).containsExactly("mine");
    assertThat(other).content().contains("theirs");
    assertThat(secret).hasContent("secret");
    List<String> errors = house.names(house.data("ipc", "errors"));
    assertThat(errors).hasSize(8).allMatch(it -> it.endsWith(".reason"));
  }

  private static void sparse(Path path) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(1L << 40);
    }
  }
}
