package dev.millrace.server.cli;

import java.util.Locale;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.Logger;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/**
 * The tools' log: the client's warnings as {@code warning: ...} on standard error, with {@code --debug} everything.
 *
 * <p>Logback takes longer to start than most commands take to run, and would write to standard output.
 */
public final class StderrLog implements SLF4JServiceProvider {
    static final String PROVIDER_PROPERTY = "slf4j.provider";
    static final String DEBUG_PROPERTY = "millrace.debug";

    private final BasicMarkerFactory markers = new BasicMarkerFactory();
    private final MDCAdapter mdc = new NOPMDCAdapter();
    private Level least = Level.WARN;

    @Override
    public void initialize() {
        if (Boolean.getBoolean(DEBUG_PROPERTY)) least = Level.DEBUG;
    }

    @Override
    public ILoggerFactory getLoggerFactory() {
        return name -> new StderrLogger(name, least);
    }

    @Override
    public IMarkerFactory getMarkerFactory() {
        return markers;
    }

    @Override
    public MDCAdapter getMDCAdapter() {
        return mdc;
    }

    @Override
    public String getRequestedApiVersion() {
        return "2.0.99";
    }

    private static final class StderrLogger extends LegacyAbstractLogger implements Logger {
        private static final long serialVersionUID = 1;

        private final Level least;

        StderrLogger(String name, Level least) {
            this.name = name;
            this.least = least;
        }

        @Override
        protected void handleNormalizedLoggingCall(
                Level level, Marker marker, String pattern, Object[] arguments, Throwable failure) {
            String text = MessageFormatter.basicArrayFormat(pattern, arguments);
            boolean debug = least == Level.DEBUG;
            String word = level == Level.WARN ? "warning" : level.name().toLowerCase(Locale.ROOT);
            System.err.println(word + ": " + (debug ? name + " " : "") + text);
            if (debug && failure != null) failure.printStackTrace();
        }

        @Override
        protected String getFullyQualifiedCallerName() {
            return null;
        }

        private boolean enabled(Level level) {
            return level.toInt() >= least.toInt();
        }

        @Override
        public boolean isTraceEnabled() {
            return enabled(Level.TRACE);
        }

        @Override
        public boolean isDebugEnabled() {
            return enabled(Level.DEBUG);
        }

        @Override
        public boolean isInfoEnabled() {
            return enabled(Level.INFO);
        }

        @Override
        public boolean isWarnEnabled() {
            return enabled(Level.WARN);
        }

        @Override
        public boolean isErrorEnabled() {
            return enabled(Level.ERROR);
        }
    }
}
