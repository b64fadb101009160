package dev.nanoclaw.container;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Whole directories. No link is followed.
public final class Trees {

  private Trees() {}

  /// Removes a directory with everything in it; nothing happens when there is none.
  public static void delete(Path tree) throws IOException {
    try (DirectoryStream<Path> parent =
        Files.newDirectoryStream(tree.toAbsolutePath().getParent())) {
      if (parent instanceof SecureDirectoryStream<Path> secure) {
        Deletion.delete(secure, tree.getFileName());
      } else {
        Files.walkFileTree(tree, new DeletionByPaths());
      }
    } catch (NoSuchFileException _) {
      // gone already
    }
  }

  /// Copies a directory with everything in it, permissions too.
  public static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path source : all.toList()) {
        Path target = to.resolve(from.relativize(source));
        if (Files.isDirectory(source, LinkOption.NOFOLLOW_LINKS)) {
          Files.createDirectories(target);
        } else {
          Files.copy(source, target, StandardCopyOption.COPY_ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
        }
      }
    }
  }

  /// Where the system offers nothing better. The tree must be at rest.
  private static final class DeletionByPaths extends SimpleFileVisitor<Path> {

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.deleteIfExists(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
        throws IOException {
      if (failure != null) {
        throw failure;
      }
      Files.deleteIfExists(directory);
      return FileVisitResult.CONTINUE;
    }
  }
}
