package dev.nanoclaw.agent;

import dev.nanoclaw.protocol.AgentFrame.ErrorKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

/// Why a turn failed: who has to act, and one sentence for the chat.
record Trouble(ErrorKind kind, String sentence) {

  static final String DISK_FULL = "The disk is full, so Claude cannot work.";

  private static final int MAX_DETAIL = 300;
  private static final int KILLED = 137;

  /// @param result the CLI's `result` line
  /// @param cause what the CLI's last message gave as `error`, or nothing
  /// @param unreachable whether our proxy could not reach the API
  static Trouble of(JsonNode result, String cause, boolean unreachable) {
    String detail = detail(result);
    int status = result.path("api_error_status").asInt(0);
    ErrorKind kind = kind(status, cause, detail, unreachable, result);
    String code = status == 0 ? "" : " (" + status + ")";
    Log.line("a turn failed" + code + ": " + detail);
    String sentence =
        switch (kind) {
          case AUTH ->
              cause.equals("billing_error") || status == 402
                  ? "The Claude account has no credit left."
                  : "Claude refused the owner's key or token" + code + ".";
          case RATE_LIMIT -> "Claude's usage limit is reached" + code + ": " + detail;
          case OVERLOADED ->
              status == 529
                  ? "Claude's service is overloaded (529)."
                  : "Claude's service is out of order" + code + ".";
          case NETWORK -> "Claude's service cannot be reached or does not answer.";
          case MODEL -> "The configured model does not exist or may not be used" + code + ".";
          case SESSION_LOST -> "The earlier conversation is no longer there.";
          case OTHER -> other(detail, code);
        };
    return new Trouble(kind, sentence);
  }

  /// The CLI ended by itself.
  ///
  /// @param errors the last that it wrote on standard error
  static String ofExit(int code, String errors, boolean diskFull) {
    if (diskFull) {
      return DISK_FULL;
    }
    String sentence =
        code == KILLED
            ? "Claude Code was killed, most likely because the memory ran out"
            : "Claude Code ended unexpectedly";
    return sentence + " (exit code " + code + ")" + (errors.isEmpty() ? "." : ": " + errors);
  }

  private static String other(String detail, String code) {
    String text = detail.toLowerCase(Locale.ROOT);
    if (text.contains("prompt is too long") || text.contains("context limit")) {
      return "The conversation has become too long for Claude and could not be shortened; /new"
          + " begins a new one.";
    }
    if (text.contains("enospc") || text.contains("no space left")) {
      return DISK_FULL;
    }
    return "Claude could not finish" + code + ": " + detail;
  }

  private static ErrorKind kind(
      int status, String cause, String detail, boolean unreachable, JsonNode result) {
    if (detail.contains("No conversation found")) {
      return ErrorKind.SESSION_LOST;
    }
    if (unreachable && (status == 0 || status == 502)) {
      return ErrorKind.NETWORK;
    }
    return switch (cause) {
      case "authentication_failed", "billing_error", "oauth_org_not_allowed" -> ErrorKind.AUTH;
      case "model_not_found" -> ErrorKind.MODEL;
      default -> byStatus(status, result);
    };
  }

  private static ErrorKind byStatus(int status, JsonNode result) {
    return switch (status) {
      case 401, 402, 403 -> ErrorKind.AUTH;
      case 404 -> ErrorKind.MODEL;
      case 429 -> ErrorKind.RATE_LIMIT;
      case 0 ->
          result.path("terminal_reason").asString("").equals("api_error")
              ? ErrorKind.NETWORK
              : ErrorKind.OTHER;
      default -> status >= 500 ? ErrorKind.OVERLOADED : ErrorKind.OTHER;
    };
  }

  private static String detail(JsonNode result) {
    List<String> parts = new ArrayList<>();
    parts.add(result.path("result").asString(""));
    result.path("errors").forEach(it -> parts.add(it.asString("")));
    parts.removeIf(String::isBlank);
    String text = String.join("; ", parts).replaceAll("\\s+", " ").strip();
    if (text.isEmpty()) {
      return result.path("subtype").asString("no reason given");
    }
    return text.length() <= MAX_DETAIL ? text : text.substring(0, MAX_DETAIL) + "…";
  }
}
