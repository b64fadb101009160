/// Tests against the real Claude Code and real container engines, with a stand-in for Anthropic's
/// API. Not part of a plain build.
@NullMarked
package dev.nanoclaw.e2e;

import org.jspecify.annotations.NullMarked;
