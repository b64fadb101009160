package dev.nanoclaw.app;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.core.spi.ContextAwareBase;

/// Found by Logback through `META-INF/services` when the first logger is made: standard error,
/// until `Logging.start`. So Logback looks for no configuration files, and nothing goes to standard
/// output.
public final class EarlyLogging extends ContextAwareBase implements Configurator {

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    Logging.console(context);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }
}
