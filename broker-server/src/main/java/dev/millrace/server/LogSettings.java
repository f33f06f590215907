package dev.millrace.server;

import dev.millrace.server.config.Config;
import java.util.Locale;

/** Tells logback what the configuration says. Without it, commands log warnings only. */
public final class LogSettings {
    private LogSettings() {}

    /** Call before anything logs: logback.xml reads these properties once. A property given to the JVM wins. */
    public static void apply(Config.Logging logging) {
        set("millrace.log.level", logging.level().name().toLowerCase(Locale.ROOT));
        set("millrace.log.format", logging.format().name());
    }

    private static void set(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }
}
