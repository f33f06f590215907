package dev.millrace.server.cli;

import dev.millrace.server.config.Loaded;
import java.io.IOException;
import java.io.PrintStream;
import java.util.concurrent.CompletableFuture;

/** The broker as {@code millrace start} sees it; the package above, which knows how to wire one, implements it. */
public interface Daemon {
    /** For sessions that only talk to brokers. */
    Daemon NONE = (loaded, banner) -> {
        throw new CommandFailure("no broker can be started from here. Use the millrace command.");
    };

    /**
     * Starts a broker and prints its banner.
     *
     * @throws CommandFailure naming the cause and the remedy: port in use, data directory in use, not writable, of
     *     another format, damaged
     */
    Running open(Loaded configuration, PrintStream banner);

    /** A broker that serves. */
    interface Running extends AutoCloseable {
        /** Completes with the reason when the broker stops by itself, because its storage failed. */
        CompletableFuture<String> halted();

        /** Asks it what clients ask first, for a start that shows the JVM which classes that takes. */
        void rehearse() throws IOException;

        /** Drains: stops accepting, finishes what is in flight, makes it durable. Safe to call twice. */
        @Override
        void close();
    }
}
