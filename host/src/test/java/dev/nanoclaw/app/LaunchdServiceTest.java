package dev.nanoclaw.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nanoclaw.testing.ServiceTools;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.InputSource;

@Timeout(60)
class LaunchdServiceTest {

  private static final Path CHECKOUT = Path.of("").toAbsolutePath().resolve("..").normalize();
  private static final String PRINT = "launchctl print gui/501/com.nanoclaw";
  private static final String ENABLE = "launchctl enable gui/501/com.nanoclaw";
  private static final String BOOTOUT = "launchctl bootout gui/501/com.nanoclaw";

  @TempDir private Path dir;
  private ServiceTools tools;
  private LaunchdService service;
  private Path home;

  @BeforeEach
  void aMac() throws IOException {
    tools = new ServiceTools(dir.resolve("tools"));
    tools.set("running", "\tstate = running\n\tpid = 4711\n\tlast exit code = (never exited)\n");
    service = new LaunchdService(501, dir.resolve("agents"), tools.tool("launchctl").toString());
    home = dir.resolve("h & <home> \"q\" ]]> é %h");
  }

  private void install() {
    service.install(new ServicePlan(CHECKOUT, home, Map.of("PATH", "/a&b:/<c>", "TZ", "UTC")));
  }

  private String bootstrap() {
    return "launchctl bootstrap gui/501 " + service.file();
  }

  @Test
  void installingWritesThePropertyListAndLoadsIt() throws Exception {
    assertThat(service.state()).isEqualTo(new ServiceState.NotInstalled());
    install();
    assertThat(properties(Files.readString(service.file())))
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("Label", "com.nanoclaw"),
                Map.entry(
                    "ProgramArguments",
                    List.of(CHECKOUT + "/nanoclaw", "start", "--quiet", "--home", home.toString())),
                Map.entry("WorkingDirectory", home.toString()),
                Map.entry(
                    "EnvironmentVariables",
                    Map.of("NANOCLAW_SERVICE", "launchd", "PATH", "/a&b:/<c>", "TZ", "UTC")),
                Map.entry("StandardOutPath", home + "/logs/service.log"),
                Map.entry("StandardErrorPath", home + "/logs/service.log"),
                Map.entry("AbandonProcessGroup", true),
                Map.entry("RunAtLoad", true),
                Map.entry("KeepAlive", true),
                Map.entry("ThrottleInterval", 60)));
    assertThat(home.resolve("logs")).as("launchd would not make it").isDirectory();
    assertThat(tools.calls()).containsExactly(PRINT, ENABLE, bootstrap());
    assertThat(service.state()).isEqualTo(new ServiceState.Running(4711));
    assertThat(service.home()).contains(home);
    assertThat(service.file()).isEqualTo(dir.resolve("agents/com.nanoclaw.plist"));
    assertThat(service.whereToRead()).isEqualTo("tail " + home + "/logs/service.log");
  }

  @Test
  void installingAgainWaitsUntilTheOldOneIsGone() throws IOException {
    install();
    tools.calls();
    install();
    assertThat(tools.calls())
        .containsExactly(PRINT, BOOTOUT, PRINT, PRINT, PRINT, PRINT, ENABLE, bootstrap());
    assertThat(service.state()).isInstanceOf(ServiceState.Running.class);
  }

  @Test
  void whatIsStoppedIsNotLoadedAndUninstallingRemovesItsFile() throws IOException {
    install();
    service.stop();
    assertThat(service.state()).isEqualTo(new ServiceState.Stopped());
    assertThat(tools.has("loaded")).isFalse();
    service.stop();
    tools.calls();
    service.start();
    assertThat(tools.calls()).containsExactly(PRINT, ENABLE, bootstrap());
    service.uninstall();
    assertThat(service.state()).isEqualTo(new ServiceState.NotInstalled());
    assertThat(tools.has("loaded")).isFalse();
    assertThat(home.resolve("logs")).isDirectory();
  }

  @Test
  void anEndIsToldAndAStartDoesNotWaitForItsTurn() throws IOException {
    install();
    tools.set("running", "\tstate = spawn scheduled\n\tlast exit code = 78: EX_CONFIG\n");
    assertThat(service.state()).isEqualTo(new ServiceState.Failed("exit code 78", true));
    tools.set("running", "\tstate = not running\n\tlast exit code = (never exited)\n");
    assertThat(service.state()).isEqualTo(new ServiceState.Starting());
    tools.calls();
    service.start();
    assertThat(tools.calls()).containsExactly(PRINT, "launchctl kickstart gui/501/com.nanoclaw");
  }

  @Test
  void aLogThatHasGrownLargeIsPutAside() throws IOException {
    Path log = Files.createDirectories(home.resolve("logs")).resolve("service.log");
    Files.writeString(log, "x".repeat(1024 * 1024));
    install();
    assertThat(log).exists();
    Files.writeString(log, "x".repeat(1024 * 1024 + 1));
    service.stop();
    service.start();
    assertThat(log).doesNotExist();
    assertThat(home.resolve("logs/service.log.1")).hasSize(1024 * 1024 + 1);
  }

  @Test
  void withoutASessionAtTheScreenNothingIsWrittenAndThatIsTold() throws IOException {
    tools.set("down", "Could not find domain for user gui: 501\n");
    assertThatThrownBy(this::install)
        .isInstanceOf(ServiceException.class)
        .hasMessageStartingWith(
            "launchctl cannot ask about gui/501/com.nanoclaw (125): Could not find domain for user"
                + " gui: 501. ")
        .hasMessageContaining("logged in at the Mac's screen");
    assertThat(service.file()).doesNotExist();
  }

  @Test
  void theTemplateIsAPropertyListByItself() throws Exception {
    Map<String, Object> template =
        properties(ServiceFile.template(CHECKOUT, "launchd/com.nanoclaw.plist"));
    assertThat(template)
        .containsEntry("WorkingDirectory", "/@home@")
        .containsEntry("AbandonProcessGroup", true);
  }

  private static Map<String, Object> properties(String plist) throws Exception {
    var factory = DocumentBuilderFactory.newInstance();
    factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
    Element root =
        factory
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(plist)))
            .getDocumentElement();
    assertThat(root.getTagName()).isEqualTo("plist");
    return dictionary(children(root).getFirst());
  }

  private static Map<String, Object> dictionary(Element dict) {
    assertThat(dict.getTagName()).isEqualTo("dict");
    List<Element> children = children(dict);
    Map<String, Object> entries = new LinkedHashMap<>();
    for (int i = 0; i < children.size(); i += 2) {
      assertThat(children.get(i).getTagName()).isEqualTo("key");
      assertThat(entries.put(children.get(i).getTextContent(), value(children.get(i + 1))))
          .isNull();
    }
    return entries;
  }

  private static Object value(Element element) {
    return switch (element.getTagName()) {
      case "string" -> element.getTextContent();
      case "integer" -> Integer.valueOf(element.getTextContent());
      case "true" -> true;
      case "array" -> children(element).stream().map(LaunchdServiceTest::value).toList();
      case "dict" -> dictionary(element);
      default -> throw new AssertionError(element.getTagName());
    };
  }

  private static List<Element> children(Element parent) {
    List<Element> elements = new ArrayList<>();
    for (Node it = parent.getFirstChild(); it != null; it = it.getNextSibling()) {
      if (it instanceof Element element) {
        elements.add(element);
      }
    }
    return elements;
  }
}
