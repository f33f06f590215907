package dev.millrace.server;

import dev.millrace.core.LocalBroker;
import dev.millrace.server.metrics.BrokerMetrics;
import dev.millrace.server.net.EventLoops;
import org.slf4j.LoggerFactory;

/**
 * Loads what every broker needs while the command line and the configuration are still being read, which takes one core a
 * third of the time to readiness: picocli's old class files fit no class data archive.
 *
 * <p>Thread: begun by the first, done by its own.
 */
final class Preloading {
    private Preloading() {}

    static void begin() {
        Thread thread = new Thread(Preloading::load, "millrace-preload");
        thread.setDaemon(true);
        // What cannot be loaded fails again where it is needed, and there it is told.
        thread.setUncaughtExceptionHandler((failed, again) -> {});
        thread.start();
    }

    private static void load() {
        LoggerFactory.getLogger(Preloading.class);
        EventLoops.load();
        LocalBroker.load();
        BrokerMetrics.load();
    }
}
