package dev.nanoclaw.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoriesTest {

  private static final String OVER = "20260301-120000-0123abcd";
  private static final String OPEN = "20260301-120001-0123abcd";
  private static final String BEGINNING = "20260301-120002-0123abcd";

  @TempDir private Path dir;
  private Path data;
  private RunDirectories directories;

  @BeforeEach
  void make() {
    data = dir.resolve("data");
    directories = new RunDirectories(data);
  }

  private Path ipc(String group, String run) throws IOException {
    Path ipc = data.resolve("ipc").resolve(group).resolve(run);
    Files.writeString(Files.createDirectories(ipc.resolve("input")).resolve("1.json"), "{}");
    return ipc;
  }

  private Path run(String run) throws IOException {
    Path directory = data.resolve("runs").resolve(run);
    Files.createDirectories(directory.resolve("aside"));
    Files.writeString(directory.resolve("out"), "x");
    return directory;
  }

  @Test
  void theDirectoriesOfRunsThatAreOverGoAndThoseOfOpenRunsStay() throws IOException {
    run(OVER);
    run(OPEN);
    ipc("main", OVER);
    ipc("main", OPEN);
    ipc("family", OVER);
    directories.sweep(() -> Set.of(OPEN, "20260301-120003-0123abcd"));
    assertThat(data.resolve("runs")).isDirectoryNotContaining("glob:**" + OVER);
    assertThat(data.resolve("runs").resolve(OPEN).resolve("out")).hasContent("x");
    assertThat(data.resolve("ipc").resolve("main").resolve(OVER)).doesNotExist();
    assertThat(data.resolve("ipc").resolve("family")).isEmptyDirectory();
    assertThat(data.resolve("ipc").resolve("main").resolve(OPEN).resolve("input"))
        .isNotEmptyDirectory();
  }

  @Test
  void aRunThatBeginsMeanwhileIsNotTakenForALeftover() throws IOException {
    Path over = run(OVER);
    directories.sweep(() -> {
      Set<String> open = Set.of();
      make(BEGINNING); // its row came after the question, and so did its directories
      return open;
    });
    assertThat(over).doesNotExist();
    assertThat(data.resolve("runs").resolve(BEGINNING)).exists();
    assertThat(data.resolve("ipc").resolve("main").resolve(BEGINNING)).exists();
  }

  private void make(String run) {
    try {
      run(run);
      ipc("main", run);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void whatIsNoRunIsLeftAlone() throws IOException {
    Path errors = Files.createDirectories(data.resolve("ipc").resolve("errors").resolve("kept"));
    Path file = Files.writeString(data.resolve("ipc").resolve(OVER), "a file");
    Path other = Files.createDirectories(data.resolve("runs").resolve("mine"));
    Path outside = Files.createDirectories(dir.resolve("outside").resolve(OVER));
    Files.createDirectories(data.resolve("ipc").resolve("main"));
    Path link =
        Files.createSymbolicLink(data.resolve("ipc").resolve("main").resolve(OVER), outside);
    Files.createSymbolicLink(data.resolve("ipc").resolve("linked"), outside.getParent());
    directories.sweep(Set::of);
    assertThat(errors).exists();
    assertThat(file).hasContent("a file");
    assertThat(other).exists();
    assertThat(outside).exists();
    assertThat(link).isSymbolicLink();
  }

  @Test
  void withoutDirectoriesNobodyIsAsked() {
    directories.sweep(() -> {
      throw new IllegalStateException("asked");
    });
    assertThat(data).doesNotExist();
  }
}
