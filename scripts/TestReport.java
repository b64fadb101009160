import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;

/**
 * Adds up the test reports of all modules and says "N passed, N failed" on its last line. A skipped test counts as
 * failed: on the machine that decides, every test has to run. Arguments: the directory of the project, and Go's test
 * output if there is any.
 */
final class TestReport {
  private int passed;
  private final List<String> failed = new ArrayList<>();

  static void main(String[] args) throws Exception {
    var report = new TestReport();
    for (Path file : reports(Path.of(args[0]))) {
      report.addXml(file);
    }
    for (int i = 1; i < args.length; i++) {
      report.addGo(Path.of(args[i]));
    }
    if (report.passed + report.failed.size() == 0) {
      report.failed.add("FAILED   no test ran");
    }
    report.failed.forEach(System.out::println);
    System.out.println(report.passed + " passed, " + report.failed.size() + " failed");
    System.exit(report.failed.isEmpty() ? 0 : 1);
  }

  private static List<Path> reports(Path project) throws IOException {
    var found = new ArrayList<Path>();
    try (var modules = Files.newDirectoryStream(project, Files::isDirectory)) {
      for (Path module : modules) {
        for (String directory : List.of("surefire-reports", "failsafe-reports")) {
          Path reports = module.resolve("target").resolve(directory);
          if (Files.isDirectory(reports)) {
            try (Stream<Path> files = Files.list(reports)) {
              files.filter(f -> f.getFileName().toString().matches("TEST-.*\\.xml")).sorted().forEach(found::add);
            }
          }
        }
      }
    }
    return found;
  }

  private void addXml(Path file) {
    try {
      var cases =
          DocumentBuilderFactory.newInstance()
              .newDocumentBuilder()
              .parse(file.toFile())
              .getElementsByTagName("testcase");
      for (int i = 0; i < cases.getLength(); i++) {
        var test = (Element) cases.item(i);
        String name = test.getAttribute("classname") + "." + test.getAttribute("name");
        if (has(test, "failure") || has(test, "error")) {
          failed.add("FAILED   " + name);
        } else if (has(test, "skipped")) {
          failed.add("SKIPPED  " + name);
        } else {
          passed++;
        }
      }
    } catch (Exception e) {
      failed.add("UNREADABLE " + file + ": " + e.getMessage());
    }
  }

  private static boolean has(Element test, String child) {
    return test.getElementsByTagName(child).getLength() > 0;
  }

  private void addGo(Path output) throws IOException {
    for (String line : Files.readAllLines(output)) {
      if (line.startsWith("--- PASS: ")) {
        passed++;
      } else if (line.startsWith("--- FAIL: ")) {
        failed.add("FAILED   go " + line.substring(10));
      } else if (line.startsWith("--- SKIP: ")) {
        failed.add("SKIPPED  go " + line.substring(10));
      }
    }
  }
}
