package dev.nanoclaw.app;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.filter.ThresholdFilter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.Duration;
import ch.qos.logback.core.util.FileSize;
import dev.nanoclaw.config.Secret;
import dev.nanoclaw.config.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Where log messages go: to standard error for people, and to a file of JSON lines that is put
/// aside at a certain size. Without a writable file the console alone goes on.
///
/// Our own messages come from the configured level on, those of libraries from `WARN` on.
public final class Logging implements AutoCloseable {

  private static final String OURS = "dev.nanoclaw";

  private final LoggerContext context;
  private final Redaction redaction = new Redaction();

  private Logging(LoggerContext context) {
    this.context = context;
  }

  /// Sets up the log of this process. Uncaught exceptions of all threads go there too.
  public static Logging start(Settings.Logging settings) {
    return start(settings, Level.TRACE);
  }

  /// The same for a program that talks to a person on the terminal: there only warnings appear, the
  /// file has everything.
  public static Logging startQuietly(Settings.Logging settings) {
    return start(settings, Level.WARN);
  }

  private static Logging start(Settings.Logging settings, Level onConsole) {
    System.setProperty("org.jooq.no-logo", "true");
    System.setProperty("org.jooq.no-tips", "true");
    Logging logging = start((LoggerContext) LoggerFactory.getILoggerFactory(), settings, onConsole);
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, e) -> logging.log().error("Thread {} ended by an exception", thread.getName(), e));
    return logging;
  }

  static Logging start(LoggerContext context, Settings.Logging settings) {
    return start(context, settings, Level.TRACE);
  }

  private static Logging start(LoggerContext context, Settings.Logging settings, Level onConsole) {
    context.reset();
    context.start();
    Logging logging = new Logging(context);
    logging.console(onConsole);
    context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.WARN);
    context.getLogger(OURS).setLevel(Level.valueOf(settings.level().name()));
    logging.file(settings);
    return logging;
  }

  /// Standard error alone, before the settings are known and in commands that have no log file.
  static void console(LoggerContext context) {
    new Logging(context).console(Level.TRACE);
    context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.WARN);
  }

  /// From now on this text does not appear in the log, wherever it comes from.
  public void hide(Secret secret) {
    redaction.hide(secret);
  }

  /// Writes what is left and closes the file. Later messages are lost.
  @Override
  public void close() {
    context.stop();
  }

  private void console(Level from) {
    ConsoleLines lines = new ConsoleLines(redaction);
    lines.setContext(context);
    lines.start();
    LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
    encoder.setLayout(lines);
    encoder.setContext(context);
    encoder.start();
    ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
    console.setTarget("System.err");
    console.setEncoder(encoder);
    ThresholdFilter threshold = new ThresholdFilter();
    threshold.setLevel(from.toString());
    threshold.start();
    console.addFilter(threshold);
    add(console);
  }

  private void file(Settings.Logging settings) {
    Path path = settings.file();
    try {
      Path directory = path.getParent();
      if (directory != null) {
        Files.createDirectories(directory);
      }
      // Logback itself would only note to itself why it could not open the file.
      Files.newOutputStream(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND).close();
      add(rolling(settings));
    } catch (IOException e) {
      log()
          .warn(
              "Cannot write the log file {}; the log goes to the console only: {}",
              path,
              e.toString());
    }
  }

  private RollingFileAppender<ILoggingEvent> rolling(Settings.Logging settings) {
    JsonLines encoder = new JsonLines(redaction);
    encoder.setContext(context);
    encoder.start();
    RollingFileAppender<ILoggingEvent> file = new RollingFileAppender<>();
    file.setFile(settings.file().toString());
    file.setEncoder(encoder);
    FixedWindowRollingPolicy names = new FixedWindowRollingPolicy();
    names.setFileNamePattern(settings.file().toString().replace("%", "\\%") + ".%i");
    names.setMinIndex(1);
    names.setMaxIndex(settings.keep());
    names.setParent(file);
    names.setContext(context);
    names.start();
    SizeBasedTriggeringPolicy<ILoggingEvent> size = new SizeBasedTriggeringPolicy<>();
    size.setMaxFileSize(new FileSize(settings.maxMb() * FileSize.MB_COEFFICIENT));
    size.setCheckIncrement(Duration.buildByMilliseconds(100));
    size.setContext(context);
    size.start();
    file.setRollingPolicy(names);
    file.setTriggeringPolicy(size);
    return file;
  }

  private void add(Appender<ILoggingEvent> appender) {
    appender.setContext(context);
    appender.start();
    context.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(appender);
  }

  private Logger log() {
    return context.getLogger(Logging.class);
  }
}
