package dev.nanoclaw.config;

/// What agents authenticate with.
///
/// @param variable the environment variable that Claude Code expects it in: `ANTHROPIC_API_KEY` or
///   `CLAUDE_CODE_OAUTH_TOKEN`
public record Credential(String variable, Secret value) {}
