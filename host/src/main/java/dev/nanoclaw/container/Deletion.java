package dev.nanoclaw.container;

import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.UUID;

/// Removes a directory whose content somebody else made, and may still be making.
///
/// Every name is looked up in a directory that is open, never along a path: what is put in the
/// place of a directory meanwhile, such as a link, is not entered. What lies deeper is moved up
/// before it is emptied, so that no depth is too deep.
final class Deletion {

  private final SecureDirectoryStream<Path> top;
  private final Queue<Path> directories = new ArrayDeque<>();
  private final String prefix = "." + UUID.randomUUID() + "-"; // nobody can have made it before
  private long moved;

  private Deletion(SecureDirectoryStream<Path> top) {
    this.top = top;
  }

  /// Removes what has that name in an open directory: a directory with everything in it, or a file.
  static void delete(SecureDirectoryStream<Path> parent, Path name) throws IOException {
    if (deleteUnlessFull(parent, name)) {
      return;
    }
    try (SecureDirectoryStream<Path> top = open(parent, name)) {
      new Deletion(top).empty();
    } catch (NoSuchFileException _) {
      return; // gone already
    }
    var _ = deleteUnlessFull(parent, name);
  }

  private void empty() throws IOException {
    for (Path entry : top) {
      if (!deleteUnlessFull(top, entry.getFileName())) {
        directories.add(entry.getFileName());
      }
    }
    while (!directories.isEmpty()) {
      Path next = directories.remove();
      try (SecureDirectoryStream<Path> directory = open(top, next)) {
        for (Path entry : directory) {
          moveUp(directory, entry.getFileName());
        }
      } catch (NoSuchFileException _) {
        continue; // gone already
      }
      if (!deleteUnlessFull(top, next)) {
        directories.add(next); // somebody put something in
      }
    }
  }

  private void moveUp(SecureDirectoryStream<Path> directory, Path name) throws IOException {
    if (!deleteUnlessFull(directory, name)) {
      Path target = Path.of(prefix + moved++);
      directory.move(name, top, target);
      directories.add(target);
    }
  }

  /// @return false when it is a directory that is not empty
  private static boolean deleteUnlessFull(SecureDirectoryStream<Path> parent, Path name)
      throws IOException {
    try {
      if (isDirectory(parent, name)) {
        parent.deleteDirectory(name);
      } else {
        parent.deleteFile(name);
      }
    } catch (DirectoryNotEmptyException _) {
      return false;
    } catch (NoSuchFileException _) {
      return true; // gone already
    }
    return true;
  }

  private static boolean isDirectory(SecureDirectoryStream<Path> parent, Path name)
      throws IOException {
    return parent
        .getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
        .readAttributes()
        .isDirectory();
  }

  private static SecureDirectoryStream<Path> open(SecureDirectoryStream<Path> parent, Path name)
      throws IOException {
    return parent.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS);
  }
}
