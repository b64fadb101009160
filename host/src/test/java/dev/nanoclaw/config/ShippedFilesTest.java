package dev.nanoclaw.config;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The files that follow from the tables. After a change of a table this test fails and leaves the
/// right text below `host/target/expected/`, to be copied.
class ShippedFilesTest {

  private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();
  private static final Path EXPECTED = Path.of("target", "expected");

  @TempDir Path dir;

  @Test
  void configYmlHasEveryKeyWithItsDefaultAndComment() throws IOException {
    assertShipped("config.yml", SettingsFile.template());
  }

  @Test
  void credentialsYmlDistHasEveryKey() throws IOException {
    assertShipped("credentials.yml.dist", CredentialsFile.template());
  }

  @Test
  void theDocumentationListsEveryKey() throws IOException {
    Path file = PROJECT.resolve("docs/settings.md");
    String head = Files.readString(file).split("\\| key \\|", 2)[0];
    assertShipped("docs/settings.md", head + table());
  }

  @Test
  void theShippedFilesAreValid() throws IOException {
    Path credentials = dir.resolve("credentials.yml");
    Files.copy(PROJECT.resolve("credentials.yml.dist"), credentials);
    Files.setPosixFilePermissions(credentials, PosixFilePermissions.fromString("rw-------"));

    assertThat(SettingsFile.read(PROJECT.resolve("config.yml"), dir).assistant().name())
        .isEqualTo("Andy");
    assertThat(CredentialsFile.read(credentials)).isEmpty();
  }

  private static void assertShipped(String name, String text) throws IOException {
    Path expected = EXPECTED.resolve(name);
    Files.createDirectories(expected.getParent());
    Files.writeString(expected, text);
    assertThat(PROJECT.resolve(name)).exists().content().isEqualTo(text);
  }

  private static String table() {
    return "| key | default | expected | meaning |\n|---|---|---|---|\n"
        + Keys.TABLE.keys().stream()
            .map(it ->
                "| `%s` | `%s` | %s | %s |%n"
                    .formatted(it.path(), it.preset(), it.kind().expected(), it.comment()))
            .collect(joining());
  }
}
