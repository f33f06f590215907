package dev.millrace.server.config;

import dev.millrace.server.config.Config.Groups;
import dev.millrace.server.config.Config.Limits;
import dev.millrace.server.config.Config.Listener;
import dev.millrace.server.config.Config.Listeners;
import dev.millrace.server.config.Config.Logging;
import dev.millrace.server.config.Config.Node;
import dev.millrace.server.config.Config.Producers;
import dev.millrace.server.config.Config.Security;
import dev.millrace.server.config.Config.Shutdown;
import dev.millrace.server.config.Config.Storage;
import dev.millrace.server.config.Config.Timers;
import dev.millrace.server.config.Config.Topics;
import dev.millrace.server.config.Config.Transactions;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes a configuration from its sources: defaults, then the file, then the environment, then {@code --set}, then
 * {@code --data}; the later one wins. Nothing is ignored: what is not understood is reported, all at once.
 */
public final class ConfigLoader {
    private final Draft draft = new Draft();

    private ConfigLoader() {}

    /** Fails: ConfigException with every problem of every source. */
    public static Loaded load(Sources sources) throws ConfigException {
        return new ConfigLoader().loaded(sources);
    }

    /** The configuration of a broker that nobody configured. */
    public static Config defaults() {
        return bind(new Draft());
    }

    private Loaded loaded(Sources sources) throws ConfigException {
        Optional<ChosenFile> file = file(sources);
        file.ifPresent(chosen -> FileSource.read(chosen.path, chosen.namedBy, draft));
        EnvironmentSource.read(sources.environment(), draft);
        for (String set : sources.sets()) set(set);
        sources.dataDir().ifPresent(dir -> draft.offer(Keys.DATA_DIR, dir, new Origin.Option("--data")));
        Rules.check(draft);
        List<ConfigProblem> problems = draft.problems();
        if (!problems.isEmpty()) throw new ConfigException(problems);
        Config config = bind(draft);
        return new Loaded(config, file.map(ChosenFile::path), draft.settings(config), draft.warnings());
    }

    private record ChosenFile(Path path, String namedBy) {}

    /** A file that somebody named must exist; the one of the distribution need not. */
    private Optional<ChosenFile> file(Sources sources) {
        if (sources.file().isPresent()) {
            return sources.file().map(path -> new ChosenFile(path, "the command line"));
        }
        Optional<Path> named = path(sources.environment(), "MILLRACE_CONFIG");
        if (named.isPresent()) return named.map(path -> new ChosenFile(path, "MILLRACE_CONFIG"));
        return path(sources.environment(), "MILLRACE_HOME")
                .map(home -> home.resolve("config").resolve("millrace.yaml"))
                .filter(Files::exists)
                .map(path -> new ChosenFile(path, "MILLRACE_HOME"));
    }

    private Optional<Path> path(Map<String, String> environment, String variable) {
        String text = environment.getOrDefault(variable, "");
        try {
            return text.isEmpty() ? Optional.empty() : Optional.of(Path.of(text));
        } catch (InvalidPathException invalid) {
            draft.problem(new ConfigProblem(
                    new Origin.Environment(variable),
                    "",
                    text,
                    "is not a path: " + invalid.getReason(),
                    Optional.empty()));
            return Optional.empty();
        }
    }

    private void set(String assignment) {
        Origin origin = new Origin.Option("--set");
        int equals = assignment.indexOf('=');
        if (equals <= 0) {
            String message = Draft.shown(assignment) + " is not of the form key=value";
            Optional<String> example = Optional.of("write, say, --set storage.blockCache=64MiB");
            draft.problem(new ConfigProblem(origin, "", assignment, message, example));
            return;
        }
        String path = assignment.substring(0, equals).strip();
        String value = assignment.substring(equals + 1).strip();
        KeyIndex.key(path).ifPresentOrElse(key -> draft.offer(key, value, origin), () -> draft.unknown(path, origin));
    }

    private static Config bind(Draft d) {
        return new Config(
                new Node(d.value(Keys.DATA_DIR)),
                new Listeners(new Listener(d.value(Keys.NATIVE_BIND)), new Listener(d.value(Keys.HTTP_BIND))),
                new Security(d.value(Keys.INSECURE_PUBLIC_BIND)),
                storage(d),
                new Topics(
                        d.value(Keys.PARTITIONS),
                        d.value(Keys.RETENTION),
                        d.value(Keys.RETENTION_BYTES),
                        d.value(Keys.PARTITIONS_MAX)),
                new Groups(
                        d.value(Keys.SESSION_TIMEOUT),
                        d.value(Keys.SESSION_TIMEOUT_MAX),
                        d.value(Keys.OFFSET_RETENTION)),
                new Producers(d.value(Keys.ID_RETENTION)),
                new Transactions(
                        d.value(Keys.TRANSACTION_TIMEOUT),
                        d.value(Keys.TRANSACTION_BYTES_MAX),
                        d.value(Keys.TRANSACTIONS_OPEN_MAX),
                        d.value(Keys.TRANSACTION_MEMORY)),
                new Timers(d.value(Keys.TIMERS_PENDING_MAX)),
                new Config.Schemas(
                        d.value(Keys.SCHEMA_COMPATIBILITY),
                        d.value(Keys.SCHEMA_SIZE_MAX),
                        d.value(Keys.SCHEMA_SUBJECTS_MAX),
                        d.value(Keys.SCHEMA_VERSIONS_MAX),
                        d.value(Keys.SCHEMA_MEMORY)),
                limits(d),
                new Shutdown(d.value(Keys.DRAIN_TIMEOUT)),
                new Config.Tracing(new Config.Otlp(
                        d.value(Keys.OTLP_ENDPOINT), d.value(Keys.OTLP_HEADERS), d.value(Keys.OTLP_SERVICE_NAME))),
                new Logging(d.value(Keys.LOG_LEVEL), d.value(Keys.LOG_FORMAT)));
    }

    private static Storage storage(Draft d) {
        return new Storage(
                d.value(Keys.GENERATION_SIZE),
                d.value(Keys.GENERATION_MAX_AGE),
                d.value(Keys.BLOCK_CACHE),
                d.value(Keys.TAIL_CACHE),
                d.value(Keys.EVENT_CACHE),
                d.value(Keys.DISK_RESERVE),
                d.value(Keys.RETENTION_CHECK_INTERVAL),
                d.value(Keys.BACKGROUND_JOBS),
                d.value(Keys.DIRECT_WRITES),
                d.value(Keys.BACKUP_DIRECTORY),
                d.value(Keys.ACCEPT_LOSS));
    }

    private static Limits limits(Draft d) {
        return new Limits(
                d.value(Keys.FRAME_SIZE),
                d.value(Keys.MESSAGE_SIZE),
                d.value(Keys.CONNECTIONS),
                d.value(Keys.IN_FLIGHT_PER_CONNECTION),
                d.value(Keys.IN_FLIGHT_TOTAL),
                d.value(Keys.IDLE_TIMEOUT),
                d.value(Keys.HELLO_TIMEOUT),
                d.value(Keys.HELLO_BYTES),
                d.value(Keys.INBOX_REQUESTS),
                d.value(Keys.INBOX_BYTES),
                d.value(Keys.HTTP_REQUEST_SIZE),
                d.value(Keys.HTTP_REQUESTS_PER_SECOND));
    }
}
