package dev.nanoclaw.container;

/// What the agent of one run writes for the host, and what the host answers.
public final class AgentFiles {

  AgentFiles() {}
}
