package dev.millrace.server.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;

/** {@code millrace version}: which release this is, and on which Java. */
@Command(
        name = "version",
        abbreviateSynopsis = true,
        description = "Show the version of this command.",
        footer = {"", "Example: millrace version -o json", "The broker's version is shown by: millrace doctor"})
final class VersionCommand implements Callable<Integer> {
    private final Session session;

    @Mixin(name = GlobalOptions.NAME)
    private GlobalOptions global;

    VersionCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        if (global.json()) {
            JsonWriter json = new JsonWriter().begin('{').field("version", version());
            json.field("java", Runtime.version().toString()).end('}');
            session.out().println(json);
        } else {
            session.out().println(line());
        }
        return CommandRunner.OK;
    }

    /** The release, which only the jar knows. */
    static String version() {
        String version = VersionCommand.class.getPackage().getImplementationVersion();
        return version == null ? "unreleased" : version;
    }

    private static String line() {
        return "millrace " + version() + " (Java " + Runtime.version() + ")";
    }

    /** For {@code millrace --version}. */
    static final class Provider implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {line()};
        }
    }
}
