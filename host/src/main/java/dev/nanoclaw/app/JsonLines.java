package dev.nanoclaw.app;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.temporal.ChronoUnit;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// Writes each event as one JSON object on a line of its own: `time` (UTC), `level`, `logger`,
/// `thread`, `message`, and `error` with the stack trace where there is one.
final class JsonLines extends EncoderBase<ILoggingEvent> {

  private static final byte[] NOTHING = {};

  private final JsonFactory json = new JsonFactory();
  private final Redaction redaction;

  JsonLines(Redaction redaction) {
    this.redaction = redaction;
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    StringWriter line = new StringWriter(256);
    try (JsonGenerator to = json.createGenerator(ObjectWriteContext.empty(), line)) {
      to.writeStartObject();
      to.writeStringProperty("time", event.getInstant().truncatedTo(ChronoUnit.MILLIS).toString());
      to.writeStringProperty("level", event.getLevel().toString());
      to.writeStringProperty("logger", event.getLoggerName());
      to.writeStringProperty("thread", event.getThreadName());
      to.writeStringProperty("message", clean(event.getFormattedMessage()));
      if (event.getThrowableProxy() != null) {
        String trace = ThrowableProxyUtil.asString(event.getThrowableProxy());
        to.writeStringProperty("error", clean(trace));
      }
      to.writeEndObject();
    }
    return line.append('\n').toString().getBytes(StandardCharsets.UTF_8);
  }

  private String clean(String text) {
    return redaction.clean(String.valueOf(text));
  }

  @Override
  public byte[] headerBytes() {
    return NOTHING;
  }

  @Override
  public byte[] footerBytes() {
    return NOTHING;
  }
}
