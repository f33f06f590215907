package dev.millrace.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import ch.qos.logback.core.status.NopStatusListener;
import org.slf4j.Logger;

/**
 * Sets logback up where no logback.xml does: to standard error, in the form and from the level that the properties {@code
 * millrace.log.format} and {@code millrace.log.level} say. Code, because reading a file of XML took a tenth of a start.
 */
@ConfiguratorRank(LogConfigurator.BEHIND_FILES)
public final class LogConfigurator extends ContextAwareBase implements Configurator {
    /** After those that look for a file, so that an application that embeds the broker keeps its own. */
    static final int BEHIND_FILES = ConfiguratorRank.NOMINAL - 5;

    static final String LEVEL = "millrace.log.level";
    static final String FORMAT = "millrace.log.format";

    /** Line breaks are replaced, so that no peer can forge a line of the log. */
    private static final String TEXT =
            "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %logger{0} %replace(%msg){'[\\r\\n]',' '}%n%ex";

    @Override
    public ExecutionStatus configure(LoggerContext logback) {
        // Logback would tell of its own set-up.
        logback.getStatusManager().add(new NopStatusListener());
        logback.putObject(LogConfigurator.class.getName(), this);
        ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
        console.setContext(logback);
        console.setTarget("System.err");
        console.setEncoder(encoder(logback));
        console.start();
        logback.getLogger("io.netty").setLevel(Level.WARN);
        ch.qos.logback.classic.Logger root = logback.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.toLevel(System.getProperty(LEVEL), Level.WARN));
        root.addAppender(console);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    /** Whether the present set-up is this one, not that of a file. */
    static boolean isInUse(LoggerContext logback) {
        return logback.getObject(LogConfigurator.class.getName()) != null;
    }

    private static Encoder<ILoggingEvent> encoder(LoggerContext logback) {
        if ("JSON".equals(System.getProperty(FORMAT))) {
            JsonEncoder json = new JsonEncoder();
            json.setContext(logback);
            json.start();
            return json;
        }
        PatternLayoutEncoder text = new PatternLayoutEncoder();
        text.setContext(logback);
        text.setPattern(TEXT);
        text.start();
        return text;
    }
}
