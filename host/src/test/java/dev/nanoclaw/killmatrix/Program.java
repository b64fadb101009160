package dev.nanoclaw.killmatrix;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/// The program in jars, with an archive of its loaded classes: so it starts in a third of the time,
/// which is most of what these tests take.
///
/// @param options of the JVM
record Program(String classPath, List<String> options) {

  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /// @param dir an empty directory
  static Program make(Path dir) throws IOException, InterruptedException {
    List<String> jars = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      if (!Files.isDirectory(Path.of(entry))) {
        jars.add(entry);
      } else if (!entry.endsWith("test-classes")) {
        jars.add(jar(Path.of(entry), dir.resolve("part" + jars.size() + ".jar")).toString());
      }
    }
    String classPath = String.join(File.pathSeparator, jars);
    Path archive = dir.resolve("classes.jsa");
    Program training = new Program(classPath, List.of("-XX:ArchiveClassesAtExit=" + archive));
    try (House house = new House(dir.resolve("training"), 0)) {
      house.use(training);
      house.becomeQuiet(PATIENCE);
    }
    return new Program(classPath, List.of("-XX:SharedArchiveFile=" + archive));
  }

  private static Path jar(Path classes, Path file) throws IOException {
    try (OutputStream out = Files.newOutputStream(file);
        JarOutputStream jar = new JarOutputStream(out);
        Stream<Path> found = Files.walk(classes)) {
      for (Path it : found.filter(Files::isRegularFile).sorted().toList()) {
        jar.putNextEntry(new JarEntry(classes.relativize(it).toString()));
        var _ = Files.copy(it, jar);
      }
    }
    return file;
  }
}
