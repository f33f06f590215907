package dev.millrace.server.cli;

import dev.millrace.server.config.ConfigException;
import dev.millrace.server.config.ConfigLoader;
import dev.millrace.server.config.Loaded;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace start}: runs the broker until it is told to stop. */
@Command(
        name = "start",
        abbreviateSynopsis = true,
        description = "Run the broker until Ctrl-C or SIGTERM, which end it in order.",
        footer = {
            "",
            "Exits with 0 after a stop, with 1 where it cannot start or its storage fails.",
            "",
            "Examples:",
            "  millrace start",
            "  millrace start --data /var/lib/millrace --set listeners.native.bind=127.0.0.1:7651"
        })
final class StartCommand implements Callable<Integer> {
    /** What closing may take beyond draining: flushing and closing the store. */
    private static final Duration CLOSE_GRACE = Duration.ofSeconds(30);

    /** Set by the launcher for a start that only shows the JVM which classes one needs; it ends after its first answers. */
    private static final String REHEARSAL_PROPERTY = "millrace.rehearsal";

    private final Session session;

    @Mixin(name = GlobalOptions.NAME)
    private GlobalOptions global;

    @Mixin
    private ConfigOptions options;

    StartCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() throws IOException {
        Loaded configuration = configuration();
        session.stop().arm(configuration.config().shutdown().drainTimeout().plus(CLOSE_GRACE));
        String whyHalted;
        try (Daemon.Running broker = session.daemon().open(configuration, session.out())) {
            session.out().flush();
            CompletableFuture<String> end = broker.halted().thenApply(why -> why);
            session.stop().onRequest(() -> end.complete(null));
            if (Boolean.getBoolean(REHEARSAL_PROPERTY)) {
                broker.rehearse();
                end.complete(null);
            }
            whyHalted = end.join();
        }
        if (whyHalted != null) throw new CommandFailure("the broker has stopped: " + whyHalted);
        return CommandRunner.OK;
    }

    private Loaded configuration() {
        try {
            return ConfigLoader.load(options.sources(session.env()));
        } catch (ConfigException e) {
            throw new CommandFailure(e.getMessage(), e);
        }
    }
}
