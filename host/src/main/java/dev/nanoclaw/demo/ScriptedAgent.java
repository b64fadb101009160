package dev.nanoclaw.demo;

import dev.nanoclaw.protocol.AgentFrame;
import dev.nanoclaw.protocol.AgentFrame.Status;
import dev.nanoclaw.protocol.AgentRequest;
import dev.nanoclaw.protocol.FollowUp;
import dev.nanoclaw.protocol.Frames;
import dev.nanoclaw.protocol.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Speaks the agent's protocol and answers each message by saying what became of it. It does not
/// think.
final class ScriptedAgent {

  private static final Pattern MESSAGE =
      Pattern.compile(
          "<message sender=\"[^\"]*\" time=\"([^\"]*)\">(.*?)</message>", Pattern.DOTALL);
  private static final long LOOK_MS = 20;

  private final AgentRequest request;
  private final Path input;
  private final String session;
  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private int turns;

  ScriptedAgent(AgentRequest request, Path input) {
    this.request = request;
    this.input = input;
    this.session = request.sessionId().orElseGet(() -> UUID.randomUUID().toString());
  }

  /// Answers until it is asked to close.
  ///
  /// @return the exit code
  int run() throws IOException, InterruptedException {
    answer(request.prompt(), request.inputs());
    CountDownLatch never = new CountDownLatch(1);
    while (!Files.exists(input.resolve(FollowUp.CLOSE))) {
      for (Path file : followUps()) {
        FollowUp followUp = Json.read(Files.readString(file), FollowUp.class);
        Files.delete(file);
        answer(followUp.text(), List.of(followUp.id()));
      }
      var _ = never.await(LOOK_MS, TimeUnit.MILLISECONDS);
    }
    return 0;
  }

  private List<Path> followUps() throws IOException {
    try (Stream<Path> files = Files.list(input)) {
      return files.filter(it -> it.toString().endsWith(".json")).sorted().toList();
    }
  }

  private void answer(String prompt, List<String> inputs) {
    turns++;
    out.print(
        Frames.write(
            new AgentFrame(
                request.nonce(),
                Status.SUCCESS,
                Optional.of(text(prompt)),
                Optional.of(session),
                Optional.empty(),
                Optional.empty(),
                inputs,
                List.of(),
                true,
                Optional.empty())));
    out.flush();
  }

  private String text(String prompt) {
    int count = 0;
    String time = "";
    String last = "";
    for (Matcher found = MESSAGE.matcher(prompt); found.find(); count++) {
      time = found.group(1);
      last = found.group(2);
    }
    return "(scripted, no Claude) You wrote: %s\nSent %s; this is turn %d of run %s in process %d, with %d message%s in its prompt."
        .formatted(
            last.replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&amp;", "&"),
            time,
            turns,
            request.runId(),
            ProcessHandle.current().pid(),
            count,
            count == 1 ? "" : "s");
  }
}
