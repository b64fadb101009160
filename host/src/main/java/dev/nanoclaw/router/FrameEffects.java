package dev.nanoclaw.router;

import dev.nanoclaw.db.RunStore.Effect;
import dev.nanoclaw.db.RunStore.Fate;
import dev.nanoclaw.db.RunStore.Notice;
import dev.nanoclaw.db.RunStore.Session;
import dev.nanoclaw.domain.AgentInput;
import dev.nanoclaw.protocol.AgentFrame;
import dev.nanoclaw.protocol.AgentFrame.ErrorKind;
import dev.nanoclaw.protocol.AgentFrame.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Decides what a frame changes. Only inputs that are inside the run can be named by it, and only
/// success acknowledges them.
final class FrameEffects {

  private final Retries retries;

  FrameEffects(Retries retries) {
    this.retries = retries;
  }

  /// @param end position in the output behind the frame
  /// @param inside the inputs of the run that are not settled
  Effect of(AgentFrame frame, long end, List<AgentInput> inside, Instant now) {
    boolean success = frame.status() == Status.SUCCESS;
    List<AgentInput> acked = success ? named(frame.acked(), inside) : List.of();
    List<AgentInput> failed = named(frame.failed(), inside);
    failed = failed.stream().filter(it -> !acked.contains(it)).toList();
    Map<Long, Fate> fates = fates(frame, failed, now);
    boolean more = inside.size() > acked.size() + failed.size();
    return new Effect(
        end,
        success ? frame.result().flatMap(AnswerText::forChat) : Optional.empty(),
        session(frame),
        acked.stream().map(AgentInput::id).toList(),
        fates,
        reason(frame),
        notice(frame, fates),
        more);
  }

  private static List<AgentInput> named(List<String> keys, List<AgentInput> inside) {
    Set<String> wanted = new HashSet<>(keys);
    return inside.stream().filter(it -> wanted.contains(it.key())).toList();
  }

  private static Session session(AgentFrame frame) {
    if (frame.errorKind().filter(it -> it == ErrorKind.SESSION_LOST).isPresent()) {
      return new Session.Forget();
    }
    return frame.newSessionId().<Session>map(Session.Set::new).orElseGet(Session.Keep::new);
  }

  private Map<Long, Fate> fates(AgentFrame frame, List<AgentInput> failed, Instant now) {
    ErrorKind kind = frame.errorKind().orElse(ErrorKind.OTHER);
    if (kind == ErrorKind.SESSION_LOST) {
      return retries.uncounted(failed, Duration.ZERO, now);
    }
    return kind.parksTheGroup()
        ? retries.uncounted(failed, Retries.PARKED, now)
        : retries.counted(failed, reason(frame), now);
  }

  private static String reason(AgentFrame frame) {
    return frame.error().orElse("the agent reported an error without a word about it");
  }

  /// What the chat hears of inputs that will be tried again; dead letters speak for themselves.
  private static Optional<Notice> notice(AgentFrame frame, Map<Long, Fate> fates) {
    ErrorKind kind = frame.errorKind().orElse(ErrorKind.OTHER);
    return kind == ErrorKind.SESSION_LOST
        ? Optional.empty()
        : Retries.notice(kind.name().toLowerCase(Locale.ROOT), reason(frame), fates);
  }
}
