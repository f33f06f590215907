package dev.millrace.server;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.util.ContextInitializer;
import ch.qos.logback.core.joran.spi.JoranException;
import dev.millrace.server.config.Config;
import java.util.Locale;
import org.slf4j.LoggerFactory;

/** Tells logback what the configuration says. Without it, commands log warnings only. */
final class LogSettings {
    private LogSettings() {}

    /** A property given to the JVM wins. Thread: the one that starts the broker, before there are others. */
    static void apply(Config.Logging logging) {
        set(LogConfigurator.LEVEL, logging.level().name().toLowerCase(Locale.ROOT));
        set(LogConfigurator.FORMAT, logging.format().name());
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext logback) {
            readAgain(logback);
        }
    }

    private static void set(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    /** Whatever logged before (SnakeYAML does, while it reads the configuration) made logback set itself up too early. */
    private static void readAgain(LoggerContext logback) {
        boolean ours = LogConfigurator.isInUse(logback);
        logback.reset();
        if (ours) {
            new LogConfigurator().configure(logback);
            return;
        }
        try {
            new ContextInitializer(logback).autoConfig();
        } catch (JoranException broken) {
            throw new IllegalStateException("logback's file cannot be read: " + broken.getMessage(), broken);
        }
    }
}
