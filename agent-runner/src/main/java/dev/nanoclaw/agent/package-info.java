/// The program inside an agent's container: reads one request, drives one Claude Code CLI for as
/// long as the container lives, hands follow-ups to it and says in frames what came of each turn.
/// It is the only process in there that holds the credential, which it adds to the CLI's API calls
/// in a proxy of its own. What the model reads is made by the host; nothing here adds to it.
@NullMarked
package dev.nanoclaw.agent;

import org.jspecify.annotations.NullMarked;
