package dev.nanoclaw.router;

import dev.nanoclaw.config.Settings;
import dev.nanoclaw.db.InputStore;
import dev.nanoclaw.db.RunStore;
import java.time.Clock;

/// What every run needs.
record RunParts(
    RunStore runs,
    InputStore inputs,
    Prompts prompts,
    FilesFromAgent files,
    FrameEffects effects,
    Troubles troubles,
    Conversation conversation,
    Settings settings,
    Clock clock) {

  InputStore.Limits inputLimits() {
    return new InputStore.Limits(
        settings.agent().contextMessages(), settings.agent().contextBytes());
  }
}
