package dev.nanoclaw.app;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.LayoutBase;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/// Writes an event for a person at a terminal: time, level, class, message and stack trace. Control
/// characters do nothing there.
final class ConsoleLines extends LayoutBase<ILoggingEvent> {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT).withZone(ZoneId.systemDefault());

  private final Redaction redaction;

  ConsoleLines(Redaction redaction) {
    this.redaction = redaction;
  }

  @Override
  public String doLayout(ILoggingEvent event) {
    String logger = event.getLoggerName();
    String message =
        "%s %-5s %s: %s%n"
            .formatted(
                TIME.format(event.getInstant()),
                event.getLevel(),
                logger.substring(logger.lastIndexOf('.') + 1),
                event.getFormattedMessage());
    String text =
        event.getThrowableProxy() == null
            ? message
            : message + ThrowableProxyUtil.asString(event.getThrowableProxy());
    return LogLine.harmless(redaction.clean(text));
  }
}
