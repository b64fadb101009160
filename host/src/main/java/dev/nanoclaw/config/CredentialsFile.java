package dev.nanoclaw.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Reads `credentials.yml`. No message of it ever repeats what stands in the file.
public final class CredentialsFile {

  private static final Set<PosixFilePermission> OWNER_ONLY =
      EnumSet.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE);

  private static final Kind<String> KIND =
      Texts.matching("a key in one line without spaces, or \"\" for none", "[\\x21-\\x7e]{0,4096}");

  static final Key<String> API_KEY =
      new Key<>(
          "anthropic_api_key",
          KIND,
          "\"\"",
          "An API key of the Anthropic console (sk-ant-api…). When both are set, this one is"
              + " used.");

  static final Key<String> OAUTH_TOKEN =
      new Key<>(
          "claude_code_oauth_token",
          KIND,
          "\"\"",
          "Or the token of a Claude subscription (sk-ant-oat…), made with: claude setup-token");

  static final KeyTable TABLE = new KeyTable(List.of(API_KEY, OAUTH_TOKEN));

  private static final String HEAD =
      """
      Copy this file to credentials.yml, run "chmod 600 credentials.yml" and set one of the two.
      """;

  private CredentialsFile() {}

  /// A `credentials.yml` in which nothing is set.
  public static String template() {
    return Template.file(TABLE, HEAD);
  }

  /// The credential to use; empty when there is no file or nothing is set in it. When both are set,
  /// the API key is used, as Claude Code itself does it.
  ///
  /// @throws InvalidSettingsException when anything is wrong with the file, also when others may
  ///   read it
  public static Optional<Credential> read(Path credentialsYml) {
    if (Files.notExists(credentialsYml, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    refuseOthers(credentialsYml);
    Checker.Checked file = Checker.check(TABLE, ConfigText.read(credentialsYml), true);
    if (!file.problems().isEmpty()) {
      throw new InvalidSettingsException(credentialsYml, file.problems());
    }
    return credential("ANTHROPIC_API_KEY", file.get(API_KEY))
        .or(() -> credential("CLAUDE_CODE_OAUTH_TOKEN", file.get(OAUTH_TOKEN)));
  }

  private static Optional<Credential> credential(String variable, String value) {
    return value.isEmpty()
        ? Optional.empty()
        : Optional.of(new Credential(variable, new Secret(value)));
  }

  private static void refuseOthers(Path file) {
    try {
      var view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
      if (view != null && !OWNER_ONLY.containsAll(view.readAttributes().permissions())) {
        throw new InvalidSettingsException(
            file + " can be read or changed by others; run: chmod 600 " + file);
      }
    } catch (IOException e) {
      throw new InvalidSettingsException(file + " cannot be read: " + e);
    }
  }
}
