package dev.nanoclaw.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class TreesTest {

  private static final int DIRECTORIES = 5;

  @TempDir private Path dir;
  private Path tree;
  private Path outside;

  @BeforeEach
  void make() throws IOException {
    tree = Files.createDirectory(dir.resolve("tree"));
    outside = Files.createDirectories(dir.resolve("outside").resolve("deeper"));
    Files.writeString(outside.resolve("precious"), "x");
  }

  private void shell(String script) throws Exception {
    Process process = new ProcessBuilder("sh", "-c", script).directory(tree.toFile()).start();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }

  @Test
  void aTreeGoesWithAllThatIsInItAndWhatItsLinksLeadToStays() throws Exception {
    Path below = Files.createDirectories(tree.resolve("a").resolve("b").resolve("c"));
    Files.writeString(below.resolve("file"), "x");
    Files.createSymbolicLink(below.resolve("link"), outside);
    Files.createSymbolicLink(tree.resolve("up"), outside.getParent());
    Files.createSymbolicLink(tree.resolve("itself"), tree);
    Files.createSymbolicLink(tree.resolve("nowhere"), dir.resolve("nowhere"));
    Files.createLink(tree.resolve("hard"), outside.resolve("precious"));
    Files.createDirectory(
        below.resolve("locked"),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("---------")));
    shell("mkfifo a/fifo; mkdir -- '-rf' '\n'");

    Trees.delete(tree);
    assertThat(tree).doesNotExist();
    assertThat(outside.resolve("precious")).hasContent("x");
    Trees.delete(tree);
    Trees.delete(dir.resolve("no").resolve("parent"));
  }

  @Test
  void aLinkInPlaceOfTheTreeGoesAndWhatItLeadsToStays() throws IOException {
    Path link = Files.createSymbolicLink(dir.resolve("link"), outside);
    Trees.delete(link);
    assertThat(link).doesNotExist();
    assertThat(outside.resolve("precious")).hasContent("x");
  }

  @Test
  void noTreeIsTooDeep() throws Exception {
    String name = "d".repeat(250);
    shell("i=0; while [ $i -lt 40 ]; do mkdir %1$s; cd %1$s; i=$((i + 1)); done".formatted(name));
    Trees.delete(tree);
    assertThat(tree).doesNotExist();
  }

  /// Between the look at a directory and the step into it somebody may put a link in its place.
  @Test
  void whoeverSwapsADirectoryForALinkMeanwhileCannotLeadUsOutside() throws Exception {
    Assumptions.assumeTrue(opensDirectoriesSafely());
    var stop = new AtomicBoolean();
    Thread swapper =
        Thread.ofPlatform()
            .start(() -> {
              for (int i = 0; !stop.get(); i++) {
                swap(tree.resolve("d" + i % DIRECTORIES));
              }
            });
    try {
      for (int i = 0; i < 800; i++) {
        try {
          for (int d = 0; d < DIRECTORIES; d++) {
            Files.createDirectories(tree.resolve("d" + d).resolve("x"));
          }
          Trees.delete(tree);
        } catch (IOException _) {
          // somebody is in the way; what counts is below
        }
        assertThat(outside.resolve("precious")).as("round %d", i).exists();
      }
    } finally {
      stop.set(true);
      swapper.join();
    }
  }

  private void swap(Path swapped) {
    Path spare = dir.resolve("spare");
    try {
      Files.move(swapped, spare);
      Files.createSymbolicLink(swapped, outside);
      Files.move(spare, swapped, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException _) {
      spare.toFile().delete(); // the deletion was faster
    }
  }

  private boolean opensDirectoriesSafely() throws IOException {
    try (var stream = Files.newDirectoryStream(dir)) {
      return stream instanceof SecureDirectoryStream;
    }
  }
}
