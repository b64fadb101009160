package dev.nanoclaw.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CredentialsFileTest {

  private static final String SECRET = "sk-ant-api03-canary";

  @TempDir Path dir;
  private Path file = Path.of("");

  @BeforeEach
  void createTheFileForItsOwnerOnly() throws IOException {
    file = Files.createFile(dir.resolve("credentials.yml"));
    allow("rw-------");
  }

  @Test
  void withoutAFileOrAValueThereIsNoCredential() throws IOException {
    write(CredentialsFile.template());
    assertThat(CredentialsFile.read(file)).isEmpty();
    write("anthropic_api_key:\nclaude_code_oauth_token: ''\n");
    assertThat(problem()).contains("anthropic_api_key: expected a key").contains("found nothing");
    Files.delete(file);
    assertThat(CredentialsFile.read(file)).isEmpty();
  }

  @Test
  void theOneThatIsSetIsUsedAndTheApiKeyBeforeTheToken() throws IOException {
    write("anthropic_api_key: " + SECRET + "\nclaude_code_oauth_token: ''\n");
    assertThat(CredentialsFile.read(file))
        .contains(new Credential("ANTHROPIC_API_KEY", new Secret(SECRET)));
    write("anthropic_api_key: ''\nclaude_code_oauth_token: token\n");
    assertThat(CredentialsFile.read(file))
        .contains(new Credential("CLAUDE_CODE_OAUTH_TOKEN", new Secret("token")));
    write("anthropic_api_key: " + SECRET + "\nclaude_code_oauth_token: token\n");
    assertThat(CredentialsFile.read(file))
        .contains(new Credential("ANTHROPIC_API_KEY", new Secret(SECRET)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r-----", "rw----r--", "rw--w----", "rw-----w-", "rwxrwxrwx"})
  void aFileThatOthersCanReadOrChangeIsRefused(String permissions) throws IOException {
    write("anthropic_api_key: " + SECRET + "\nclaude_code_oauth_token: ''\n");
    allow(permissions);
    assertThat(problem()).contains("by others; run: chmod 600 " + file);
  }

  @Test
  void thePermissionsOfALinksTargetCount() throws IOException {
    write(CredentialsFile.template());
    Path link = Files.createSymbolicLink(dir.resolve("link"), file);
    assertThat(CredentialsFile.read(link)).isEmpty();
    allow("rw-r--r--");
    file = link;
    assertThat(problem()).contains("chmod 600");
    Files.delete(dir.resolve("credentials.yml"));
    assertThat(problem()).contains("cannot be read");
  }

  @Test
  void everyProblemIsReportedWithoutTheValue() throws IOException {
    String ok = "claude_code_oauth_token: ''\n";
    for (String text :
        List.of(
            "anthropic_api_key: \"" + SECRET + " x\"\n" + ok,
            "anthropic_api_key: \"" + SECRET + "\\n\"\n" + ok,
            "anthropic_api_key: \"" + SECRET + "\\e\"\n" + ok,
            "anthropic_api_key: \"" + SECRET + "é\"\n" + ok,
            "anthropic_api_key: [" + SECRET + "]\n" + ok,
            "anthropic_api_key: {" + SECRET + ": 1}\n" + ok,
            "anthropic_api_key: !" + SECRET + " x\n" + ok,
            "anthropic_api_key: *" + SECRET + "\n" + ok,
            "anthropic_api_key: &" + SECRET + " x\n" + ok,
            "anthropic_api_key: \"" + SECRET + "\n" + ok,
            "anthropic_api_key=" + SECRET + "\n",
            "anthropic_api_key=" + SECRET + "\n" + ok,
            "anthropic_api_key: a: " + SECRET + "\n" + ok,
            SECRET,
            SECRET + ": x\n" + ok,
            "- " + SECRET + "\n",
            "\t" + SECRET + ": x\n")) {
      write(text);
      assertThat(problem()).as(text).startsWith(file.toString()).doesNotContain("canary");
    }
  }

  @Test
  void anUnknownOrMissingKeyIsNamed() throws IOException {
    write("anthropic_apikey: " + SECRET + "\n");
    assertThat(problem())
        .contains("line 1, anthropic_apikey: unknown key; did you mean anthropic_api_key?")
        .contains("line 1, claude_code_oauth_token: missing; expected a key in one line")
        .doesNotContain("canary");
  }

  @Test
  void aFileThatIsNotUtf8IsRefused() throws IOException {
    Files.write(file, (SECRET + "\u00e9").getBytes(StandardCharsets.ISO_8859_1));
    assertThat(problem()).contains("not UTF-8").doesNotContain("canary");
  }

  @Test
  void aCredentialDoesNotShowItsValue() {
    Credential credential = new Credential("ANTHROPIC_API_KEY", new Secret(SECRET));
    assertThat(credential).hasToString("Credential[variable=ANTHROPIC_API_KEY, value=[secret]]");
    assertThat(new Secret("a"))
        .isEqualTo(new Secret("a"))
        .hasSameHashCodeAs(new Secret("b"))
        .isNotEqualTo(new Secret("b"));
    assertThat(new Secret("a").reveal()).isEqualTo("a");
  }

  private String problem() {
    var e = catchThrowableOfType(InvalidSettingsException.class, () -> CredentialsFile.read(file));
    assertThat(e).isNotNull();
    return String.valueOf(e.getMessage());
  }

  private void write(String text) throws IOException {
    Files.writeString(file, text);
  }

  private void allow(String permissions) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
  }
}
