package dev.millrace.server.cli;

import dev.millrace.client.Admin.Backup;
import dev.millrace.client.MillraceClient;
import dev.millrace.server.cli.StorageTools.Restored;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace backup}: makes backups of a running broker, checks them, and makes data directories of them. */
@Command(
        name = "backup",
        synopsisSubcommandLabel = "COMMAND",
        abbreviateSynopsis = true,
        description = "Create, list, verify and restore backups.",
        footer = {"", "Example: millrace backup create before-upgrade"})
final class BackupCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Mixin(name = GlobalOptions.NAME)
    private GlobalOptions global;

    private BackupCommand() {}

    static CommandLine create(Session session) {
        return new CommandLine(new BackupCommand())
                .addSubcommand(new Create(session))
                .addSubcommand(new Listing(session))
                .addSubcommand(new Verify(session))
                .addSubcommand(new Restore(session));
    }

    @Override
    public void run() {
        throw RootCommand.missingCommand(spec);
    }

    @Command(
            name = "create",
            abbreviateSynopsis = true,
            description = {
                "Make a backup of a running broker; it holds all that was acknowledged before.",
                "It is made on the broker's machine, in the directory storage.backupDirectory, while the broker goes on."
            },
            footer = {
                "",
                "A backup shares its large files with the broker as hard links; copy it to another machine to be safe from"
                        + " the loss of the disk.",
                "",
                "Examples:",
                "  millrace backup create",
                "  millrace backup create before-upgrade --server broker.example:7650"
            })
    static final class Create implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Parameters(
                arity = "0..1",
                paramLabel = "NAME",
                description = "1 to 64 of a-z A-Z 0-9 . _ - without a leading dot. Default: made from the time.")
        private String name;

        Create(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                Backup backup = client.admin().createBackup(name);
                session.out()
                        .print(
                                global.json()
                                        ? json(new JsonWriter(), backup)
                                                .newLine()
                                                .toString()
                                        : "created " + backup.name() + ": " + Amounts.bytes(backup.bytes()) + " in "
                                                + Amounts.count(backup.files()) + " files, " + backup.path() + "\n");
            }
            return CommandRunner.OK;
        }
    }

    @Command(
            name = "list",
            aliases = "ls",
            abbreviateSynopsis = true,
            description = "List the complete backups in the broker's backup directory.",
            footer = {"", "Example: millrace backup list"})
    static final class Listing implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        Listing(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            List<Backup> backups;
            try (MillraceClient client = session.connect().apply(global.server(session))) {
                backups = client.admin().listBackups();
            }
            session.out().print(global.json() ? json(backups) : table(backups));
            return CommandRunner.OK;
        }

        private String table(List<Backup> backups) {
            TableWriter table = new TableWriter()
                    .text("NAME")
                    .text("CREATED")
                    .text("VERSION")
                    .number("SIZE")
                    .text("PATH");
            backups.forEach(backup -> table.row(
                    backup.name(), backup.createdAt(), backup.version(), Amounts.bytes(backup.bytes()), backup.path()));
            return table.render(session.terminal().columns());
        }

        private static String json(List<Backup> backups) {
            JsonWriter json = new JsonWriter().begin('[');
            backups.forEach(backup -> BackupCommand.json(json, backup));
            return json.end(']').newLine().toString();
        }
    }

    private static JsonWriter json(JsonWriter json, Backup backup) {
        return json.begin('{')
                .field("name", backup.name())
                .field("path", backup.path())
                .field("createdAt", backup.createdAt())
                .field("version", backup.version())
                .field("sequence", backup.sequence())
                .field("files", backup.files())
                .field("bytes", backup.bytes())
                .end('}');
    }

    @Command(
            name = "verify",
            abbreviateSynopsis = true,
            description = "Check a backup: each file against its manifest, then every checksum, row and record.",
            footer = {
                "",
                "Needs no broker, and changes nothing. Exits with 0 where all is good, with 1 where something is damaged.",
                "",
                "Example: millrace backup verify /var/lib/millrace-backups/before-upgrade"
            })
    static final class Verify implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Parameters(paramLabel = "PATH", description = "The backup's directory.")
        private Path path;

        Verify(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            return VerificationText.print(
                    session,
                    global.json(),
                    StorageCommand.watched(session, session.storage().verifyBackup(path)));
        }
    }

    @Command(
            name = "restore",
            abbreviateSynopsis = true,
            description = {
                "Make a data directory of a backup, for a broker that is started on it afterwards.",
                "Checks the backup first, and copies nothing of one that is damaged."
            },
            footer = {
                "",
                "Example: millrace backup restore /var/lib/millrace-backups/before-upgrade --data /var/lib/millrace-new"
            })
    static final class Restore implements Callable<Integer> {
        private final Session session;

        @Mixin(name = GlobalOptions.NAME)
        private GlobalOptions global;

        @Parameters(paramLabel = "PATH", description = "The backup's directory.")
        private Path path;

        @Option(
                names = "--data",
                required = true,
                paramLabel = "DIR",
                description = "The data directory to make: empty, or not there yet.")
        private Path target;

        Restore(Session session) {
            this.session = session;
        }

        @Override
        public Integer call() {
            Restored restored =
                    StorageCommand.watched(session, session.storage().restore(path, target));
            session.out().print(global.json() ? json(restored) : text(restored));
            return CommandRunner.OK;
        }

        private static String text(Restored restored) {
            return "restored " + restored.name() + " of " + restored.createdAt() + ": "
                    + Amounts.bytes(restored.bytes()) + " in " + Amounts.count(restored.files())
                    + " files. Start it with: millrace start --data " + restored.directory() + "\n";
        }

        private static String json(Restored restored) {
            return new JsonWriter()
                    .begin('{')
                    .field("name", restored.name())
                    .field("createdAt", restored.createdAt())
                    .field("directory", restored.directory())
                    .field("files", restored.files())
                    .field("bytes", restored.bytes())
                    .end('}')
                    .newLine()
                    .toString();
        }
    }
}
