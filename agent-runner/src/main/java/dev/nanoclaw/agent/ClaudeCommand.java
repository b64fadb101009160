package dev.nanoclaw.agent;

import dev.nanoclaw.protocol.AgentRequest;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// How Claude Code is started: its arguments and the whole of its environment.
final class ClaudeCommand {

  /// 0.5, 1, 2, 4 and 8 seconds apart: a chat hears of trouble within a minute, even when each try
  /// takes the proxy's five seconds to connect.
  private static final String RETRIES = "5";

  /// The CLI's own alarms and watches begin turns that nobody asked for, and end with the
  /// container.
  private static final String OWN_SCHEDULES =
      "CronCreate,CronDelete,CronList,ScheduleWakeup,Monitor";

  private ClaudeCommand() {}

  static List<String> arguments(AgentRequest request, RunnerPaths paths) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                paths.claude().toString(),
                "--output-format",
                "stream-json",
                "--verbose",
                "--input-format",
                "stream-json",
                "--setting-sources=user,project,local",
                "--permission-mode=bypassPermissions",
                "--allow-dangerously-skip-permissions",
                "--disallowedTools=" + OWN_SCHEDULES));
    if (!request.model().equals("default")) {
      arguments.add("--model=" + request.model());
    }
    request.sessionId().ifPresent(it -> arguments.add("--resume=" + it));
    paths.additional().forEach(it -> arguments.add("--add-dir=" + it));
    return arguments;
  }

  /// Where the browser is, for tools that ask; the image sets them where it has one.
  private static final List<String> BROWSER = List.of("CHROME_PATH", "PUPPETEER_EXECUTABLE_PATH");

  /// Nothing of our own environment comes through but the few names copied here.
  static Map<String, String> environment(
      AgentRequest request, RunnerPaths paths, CredentialProxy proxy, Map<String, String> ours) {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("HOME", ours.getOrDefault("HOME", "/home/node"));
    environment.put("PATH", ours.getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin"));
    environment.put("LANG", ours.getOrDefault("LANG", "C.UTF-8"));
    for (String name : BROWSER) {
      if (ours.containsKey(name)) {
        environment.put(name, ours.get(name));
      }
    }
    environment.put("TZ", request.timezone());
    environment.put("CLAUDE_CONFIG_DIR", paths.configDirectory().toString());
    environment.put("ANTHROPIC_BASE_URL", proxy.address());
    environment.put(proxy.placeholder().variable(), proxy.placeholder().secret());
    environment.put("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1");
    environment.put("DISABLE_AUTOUPDATER", "1");
    environment.put("CLAUDE_CODE_DISABLE_AUTO_MEMORY", "1");
    environment.put("CLAUDE_CODE_SDK_READS_SESSION_STATE", "1");
    environment.put("CLAUDE_CODE_MAX_RETRIES", RETRIES);
    // A stream that broke off is asked for again as a stream: in one without, silence would tell
    // nothing about the API.
    environment.put("CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK", "1");
    // An idle container may be given up at any moment, and work in the background with it. Without
    // such work a turn's end is its end, and no turn begins that nobody asked for.
    environment.put("CLAUDE_CODE_DISABLE_BACKGROUND_TASKS", "1");
    if (Files.isDirectory(paths.global())) {
      environment.put("CLAUDE_CODE_ADDITIONAL_DIRECTORIES_CLAUDE_MD", "1");
    }
    environment.put("IS_SANDBOX", "1"); // which it is; else root is refused bypassPermissions
    return environment;
  }
}
