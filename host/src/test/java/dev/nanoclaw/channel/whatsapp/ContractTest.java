package dev.nanoclaw.channel.whatsapp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nanoclaw.jsonrpc.JsonRpc;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The examples of the contract that the bridge's own tests read, too: our records hold all of
/// each, and write what the bridge expects.
class ContractTest {

  private static final Path CONTRACT = Path.of("..", "whatsapp-bridge", "contract");

  private static final Map<String, Class<?>> PARAMS =
      Map.ofEntries(
          Map.entry("hello", Wire.Hello.class),
          Map.entry("message", Wire.Message.class),
          Map.entry("chat_merged", Wire.ChatMerged.class),
          Map.entry("qr", Wire.Qr.class),
          Map.entry("paired", Wire.Paired.class),
          Map.entry("connected", Wire.Connected.class),
          Map.entry("disconnected", Wire.Disconnected.class),
          Map.entry("stopped", Wire.Stopped.class),
          Map.entry("connect", Wire.Nothing.class),
          Map.entry("pair_phone", Wire.PairPhone.class),
          Map.entry("send", Wire.Send.class),
          Map.entry("typing", Wire.Typing.class),
          Map.entry("groups", Wire.Nothing.class),
          Map.entry("status", Wire.Nothing.class),
          Map.entry("logout", Wire.Nothing.class));

  /// Not asked for by this host.
  private static final List<String> UNUSED = List.of("mark_read");

  record Example(String method, String name, JsonNode params) {
    @Override
    public String toString() {
      return method + ": " + name;
    }
  }

  static Stream<JsonNode> files() throws IOException {
    try (Stream<Path> all = Files.list(CONTRACT)) {
      return all
          .filter(it -> it.toString().endsWith(".json"))
          .sorted()
          .map(ContractTest::read)
          .toList()
          .stream();
    }
  }

  static Stream<Example> examples() throws IOException {
    return files()
        .filter(it -> !UNUSED.contains(it.path("method").asString()))
        .flatMap(file -> {
          List<Example> examples = new ArrayList<>();
          for (JsonNode it : file.path("examples")) {
            JsonNode sent = it.has("request") ? it.path("request") : it.path("message");
            examples.add(
                new Example(
                    file.path("method").asString(),
                    it.path("name").asString(),
                    sent.path("params")));
          }
          return examples.stream();
        });
  }

  @Test
  void everyMethodOfTheContractIsKnown() throws IOException {
    assertThat(files().map(it -> it.path("method").asString()))
        .hasSizeGreaterThan(14)
        .allMatch(it -> PARAMS.containsKey(it) || UNUSED.contains(it));
  }

  @ParameterizedTest
  @MethodSource("examples")
  void ourRecordsHoldAllOfIt(Example example) {
    Class<?> type = PARAMS.get(example.method());
    assertThat(type).isNotNull();
    JsonNode written = JsonRpc.tree(JsonRpc.value(example.params(), type));
    assertThat(withoutNothing(written)).isEqualTo(withoutNothing(example.params()));
  }

  /// What is not there may also be null or an empty list.
  private static JsonNode withoutNothing(JsonNode tree) {
    if (tree instanceof ObjectNode object) {
      ObjectNode rest = JsonRpc.object();
      object
          .properties()
          .forEach(it -> {
            JsonNode value = withoutNothing(it.getValue());
            if (!value.isNull() && !(value.isArray() && value.isEmpty())) {
              rest.set(
                  it.getKey(), value.isIntegralNumber() ? JsonRpc.tree(value.asLong()) : value);
            }
          });
      return rest;
    }
    return tree;
  }

  private static JsonNode read(Path file) {
    try {
      return JsonRpc.parse(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
