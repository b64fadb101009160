package dev.nanoclaw.control;

import dev.nanoclaw.config.Environment;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;

/// Where the control socket of a home directory is: outside of it, in a directory that only its
/// user can enter.
///
/// @param install tells this home and user from every other on the machine
public record ControlSocket(Path path, String install) {

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  /// Makes the directory, or checks the one that is there.
  ///
  /// @throws IOException when the directory is somebody else's or open to others
  public static ControlSocket prepare(Path home, Environment environment) throws IOException {
    Path self = Files.createTempFile("nanoclaw", ".uid");
    Object uid = Files.getAttribute(self, "unix:uid");
    Files.delete(self);
    String install = "nanoclaw-" + uid + "-" + hash(home.toRealPath());
    Path directory = environment.runtimeDir().resolve(install);
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    }
    boolean ours =
        Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
            && uid.equals(Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS))
            && Files.getPosixFilePermissions(directory, LinkOption.NOFOLLOW_LINKS)
                .equals(OWNER_ONLY);
    if (!ours) {
      throw new IOException(
          "%s is not a directory of this user with mode 0700: remove it and start again"
              .formatted(directory));
    }
    return new ControlSocket(directory.resolve("control.sock"), install);
  }

  private static String hash(Path home) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(home.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
