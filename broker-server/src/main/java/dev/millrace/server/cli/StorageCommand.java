package dev.millrace.server.cli;

import dev.millrace.server.cli.StorageTools.Job;
import dev.millrace.server.config.ConfigException;
import dev.millrace.server.config.ConfigLoader;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code millrace storage}: looks at data directories without a broker. */
@Command(
        name = "storage",
        synopsisSubcommandLabel = "COMMAND",
        abbreviateSynopsis = true,
        description = "Check a data directory while no broker runs on it.",
        footer = {"", "Example: millrace storage verify --data /var/lib/millrace"})
final class StorageCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Mixin(name = GlobalOptions.NAME)
    private GlobalOptions global;

    private StorageCommand() {}

    static CommandLine create(Session session) {
        return new CommandLine(new StorageCommand()).addSubcommand(new Verify(session));
    }

    @Override
    public void run() {
        throw RootCommand.missingCommand(spec);
    }

    @Command(
            name = "verify",
            abbreviateSynopsis = true,
            description = {
                "Check every checksum, row and record of a data directory or a backup, and name what is damaged.",
                "Changes nothing. Refused while a broker runs on the directory; backups can always be checked."
            },
            footer = {
                "",
                "Exits with 0 where all is good, with 1 where something is damaged or nothing could be checked.",
                "",
                "Examples:",
                "  millrace storage verify",
                "  millrace storage verify --data /var/lib/millrace -o json"
            })
    static final class Verify implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Mixin
        private ConfigOptions options;

        Verify(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            return VerificationText.print(
                    session, global.json(), watched(session, session.storage().verify(chosen())));
        }

        private Path chosen() {
            try {
                return ConfigLoader.load(options.sources(session.env()))
                        .config()
                        .node()
                        .dataDir();
            } catch (ConfigException e) {
                throw new CommandFailure(e.getMessage(), e);
            }
        }
    }

    /** Runs a job under a progress bar, where a person watches. */
    static <T> T watched(Session session, Job<T> job) {
        if (!session.terminal().err()) return job.run();
        long startNanos = System.nanoTime();
        try (ProgressPainter painter = ProgressPainter.startBytes(
                session,
                () -> new ProgressBar.Bytes(
                        job.doneBytes(), job.totalBytes(), (System.nanoTime() - startNanos) / 1_000_000))) {
            return job.run();
        }
    }
}
