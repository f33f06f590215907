package dev.millrace.server.config;

import static dev.millrace.server.config.ValueTypes.bind;
import static dev.millrace.server.config.ValueTypes.choice;
import static dev.millrace.server.config.ValueTypes.count;
import static dev.millrace.server.config.ValueTypes.duration;
import static dev.millrace.server.config.ValueTypes.flag;
import static dev.millrace.server.config.ValueTypes.httpUrlOr;
import static dev.millrace.server.config.ValueTypes.name;
import static dev.millrace.server.config.ValueTypes.orUnlimited;
import static dev.millrace.server.config.ValueTypes.path;
import static dev.millrace.server.config.ValueTypes.pathOr;
import static dev.millrace.server.config.ValueTypes.size;
import static dev.millrace.server.config.ValueTypes.sizeFrom;

import dev.millrace.server.config.Config.Logging;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The one table of all settings. Loading, {@code config show}, the JSON Schema, {@code config/millrace.yaml} and
 * docs/CONFIGURATION.md follow it; a test holds the last two.
 */
final class Keys {
    static final Key<Path> DATA_DIR = key(
            "node.dataDir",
            path(),
            "./millrace-data",
            "Directory of all data of this broker. A relative path starts at the working directory.",
            c -> c.node().dataDir());

    static final Key<BindAddress> NATIVE_BIND = key(
            "listeners.native.bind",
            bind(),
            "127.0.0.1:7650",
            "Address of the native protocol, which the Java client and the command line speak.",
            c -> c.listeners().nativeListener().bind());
    static final Key<BindAddress> HTTP_BIND = key(
            "listeners.http.bind",
            bind(),
            "127.0.0.1:7680",
            "Address of HTTP: metrics, health and the schema registry.",
            c -> c.listeners().http().bind());

    static final Key<Boolean> INSECURE_PUBLIC_BIND = key(
            "security.insecurePublicBind",
            flag(),
            "false",
            "Allows listeners that other machines can reach, without TLS and without authentication."
                    + " Everybody who reaches them can read, write and delete everything.",
            c -> c.security().insecurePublicBind());

    static final Key<DataSize> GENERATION_SIZE = key(
            "storage.generationSize",
            size("1MiB", "1GiB"),
            "64MiB",
            "Bytes of log kept in memory until they are flushed to one set of files, a generation."
                    + " Retention frees disk space by whole generations.",
            c -> c.storage().generationSize());
    static final Key<Duration> GENERATION_MAX_AGE = key(
            "storage.generationMaxAge",
            duration("1s", "1d"),
            "15m",
            "Starts a new generation after this time even if it is not full, so that quiet logs are freed too.",
            c -> c.storage().generationMaxAge());
    static final Key<DataSize> BLOCK_CACHE = key(
            "storage.blockCache",
            size("1MiB", "1TiB"),
            "64MiB",
            "Memory for blocks read from disk.",
            c -> c.storage().blockCache());
    static final Key<DataSize> TAIL_CACHE = key(
            "storage.tailCache",
            size("1MiB", "1TiB"),
            "128MiB",
            "Memory outside the Java heap for the newest records, from which consumers that keep up are served.",
            c -> c.storage().tailCache());
    static final Key<DataSize> EVENT_CACHE = key(
            "storage.eventCache",
            size("0B", "1TiB"),
            "64MiB",
            "Memory of the Java heap for events of streams that were read lately, so that reading a stream again needs no"
                    + " look into the log. It takes a quarter of the heap at most; 0B keeps none.",
            c -> c.storage().eventCache());
    static final Key<DataSize> DISK_RESERVE = key(
            "storage.diskReserve",
            sizeFrom("0B"),
            "1GiB",
            "Publishes are refused while less disk space than this is free; reads, commits and retention go on. An eighth"
                    + " of it, at most 64MiB, is held in a file that is given up when something else fills the disk."
                    + " Make it at least 4 times storage.generationSize.",
            c -> c.storage().diskReserve());
    static final Key<Duration> RETENTION_CHECK_INTERVAL = key(
            "storage.retentionCheckInterval",
            duration("100ms", "1h"),
            "30s",
            "Time between two searches for records whose retention has ended.",
            c -> c.storage().retentionCheckInterval());
    static final Key<Integer> BACKGROUND_JOBS = key(
            "storage.backgroundJobs",
            count(2, 64),
            "4",
            "Threads that flush and tidy files in the background.",
            c -> c.storage().backgroundJobs());
    static final Key<Boolean> DIRECT_WRITES = key(
            "storage.directWrites",
            flag(),
            "true",
            "Files of the log are written past the page cache, which saves a copy of each byte; consumers find the newest"
                    + " records in storage.tailCache, and what they read from files stays in the page cache. Set it to false"
                    + " where many consumers follow at some distance and the disk is slow. Where the file system cannot do"
                    + " it, the broker warns at its start and does without.",
            c -> c.storage().directWrites());
    static final Key<Optional<Path>> BACKUP_DIRECTORY = key(
            "storage.backupDirectory",
            pathOr("auto"),
            "auto",
            "Directory in which backups are made; auto is the data directory's name with -backups behind it. It must lie on"
                    + " the same file system as the data directory.",
            c -> c.storage().backupDirectory());
    static final Key<Boolean> ACCEPT_LOSS = key(
            "storage.acceptLoss",
            flag(),
            "false",
            "Starts although the end of the log, which was acknowledged, is missing or damaged."
                    + " Set it for one start, after reading what the refused start reported.",
            c -> c.storage().acceptLoss());

    static final Key<Integer> PARTITIONS = key(
            "topics.partitions",
            count(1, 10_000),
            "4",
            "Partitions of a topic that is created without a number.",
            c -> c.topics().partitions());
    static final Key<Optional<Duration>> RETENTION = key(
            "topics.retention",
            orUnlimited(duration("1s", "36500d"), DurationText.PATTERN),
            "7d",
            "How long records are kept, in topics without a setting of their own. Topics share files: the disk gets its space"
                    + " back when everything in a file has expired.",
            c -> c.topics().retention());
    static final Key<Optional<DataSize>> RETENTION_BYTES = key(
            "topics.retentionBytes",
            orUnlimited(sizeFrom("1KiB"), DataSize.PATTERN),
            "unlimited",
            "How many bytes each partition keeps, in topics without a setting of their own. The oldest go first.",
            c -> c.topics().retentionBytes());
    static final Key<Integer> PARTITIONS_MAX = key(
            "topics.partitionsMax",
            count(1, 1_000_000),
            "100000",
            "Partitions of all topics together. Creating more is refused.",
            c -> c.topics().partitionsMax());

    static final Key<Duration> SESSION_TIMEOUT = key(
            "groups.sessionTimeout",
            duration("1s", "10m"),
            "15s",
            "A group member that is silent for this long loses its partitions, unless it asked for another time.",
            c -> c.groups().sessionTimeout());
    static final Key<Duration> SESSION_TIMEOUT_MAX = key(
            "groups.sessionTimeoutMax",
            duration("1s", "1h"),
            "5m",
            "The longest session time-out that a group member may ask for.",
            c -> c.groups().sessionTimeoutMax());
    static final Key<Duration> OFFSET_RETENTION = key(
            "groups.offsetRetention",
            duration("1s", "36500d"),
            "30d",
            "How long the committed offsets of a group without members are kept.",
            c -> c.groups().offsetRetention());

    static final Key<Duration> ID_RETENTION = key(
            "producers.idRetention",
            duration("1s", "36500d"),
            "7d",
            "How long a silent producer is remembered, so that what it sends again is not written twice.",
            c -> c.producers().idRetention());

    static final Key<Duration> TRANSACTION_TIMEOUT = key(
            "transactions.timeout",
            duration("1s", "1h"),
            "1m",
            "A transaction that is neither committed nor aborted for this long is dropped.",
            c -> c.transactions().timeout());
    static final Key<DataSize> TRANSACTION_BYTES_MAX = key(
            "transactions.bytesMax",
            size("64KiB", "1GiB"),
            "16MiB",
            "Bytes of one transaction. A larger one is refused. Must be at most limits.inboxBytes.",
            c -> c.transactions().bytesMax());
    static final Key<Integer> TRANSACTIONS_OPEN_MAX = key(
            "transactions.openMax",
            count(1, 1_000_000),
            "1000",
            "Transactions that are open at the same time. Further ones are refused.",
            c -> c.transactions().openMax());
    static final Key<DataSize> TRANSACTION_MEMORY = key(
            "transactions.memory",
            size("64KiB", "64GiB"),
            "256MiB",
            "Bytes of all open transactions. Past it they are answered with OVERLOADED. Must be at least"
                    + " transactions.bytesMax.",
            c -> c.transactions().memory());

    static final Key<Integer> TIMERS_PENDING_MAX = key(
            "timers.pendingMax",
            count(1, 1_000_000_000),
            "10000000",
            "Messages that wait for their time, in all topics. Further ones are refused.",
            c -> c.timers().pendingMax());

    static final Key<Config.Schemas.Compatibility> SCHEMA_COMPATIBILITY = key(
            "schemas.compatibility",
            choice(Config.Schemas.Compatibility.values()),
            "backward",
            "What a new version of a schema must keep, where neither its subject nor the registry is set otherwise.",
            c -> c.schemas().compatibility());
    static final Key<DataSize> SCHEMA_SIZE_MAX = key(
            "schemas.sizeMax",
            size("1KiB", "8MiB"),
            "512KiB",
            "The largest schema, in characters. A larger one is refused; split it by references.",
            c -> c.schemas().sizeMax());
    static final Key<Integer> SCHEMA_SUBJECTS_MAX = key(
            "schemas.subjectsMax",
            count(1, 1_000_000),
            "10000",
            "Subjects of the schema registry. Further ones are refused.",
            c -> c.schemas().subjectsMax());
    static final Key<Integer> SCHEMA_VERSIONS_MAX = key(
            "schemas.versionsMax",
            count(1, 100_000),
            "1000",
            "Versions of one subject, deleted ones included. Further ones are refused.",
            c -> c.schemas().versionsMax());
    static final Key<DataSize> SCHEMA_MEMORY = key(
            "schemas.memory",
            size("64KiB", "64GiB"),
            "128MiB",
            "Characters of all schemas together, which are kept in memory. Past it further ones are refused.",
            c -> c.schemas().memory());

    static final Key<DataSize> FRAME_SIZE = key(
            "limits.frameSize",
            size("64KiB", "1GiB"),
            "16MiB",
            "The largest frame of the native protocol. A larger one ends the connection.",
            c -> c.limits().frameSize());
    static final Key<DataSize> MESSAGE_SIZE = key(
            "limits.messageSize",
            size("1KiB", "1GiB"),
            "8MiB",
            "The largest single message. Must be below limits.frameSize.",
            c -> c.limits().messageSize());
    static final Key<Integer> CONNECTIONS = key(
            "limits.connections",
            count(1, 1_000_000),
            "10000",
            "Open connections to the native port. Further ones are refused.",
            c -> c.limits().connections());
    static final Key<DataSize> IN_FLIGHT_PER_CONNECTION = key(
            "limits.inFlightPerConnection",
            size("64KiB", "64GiB"),
            "32MiB",
            "Bytes of unanswered requests of one connection. At the limit the broker stops reading from it."
                    + " Must be at least limits.frameSize.",
            c -> c.limits().inFlightPerConnection());
    static final Key<DataSize> IN_FLIGHT_TOTAL = key(
            "limits.inFlightTotal",
            size("64KiB", "1TiB"),
            "512MiB",
            "Bytes of unanswered requests of all connections. At the limit the broker stops reading."
                    + " Frames that are not finished, and what clients do not take, may hold a quarter of it more; then"
                    + " the connection that has held its part for longest is closed."
                    + " Must be at least limits.inFlightPerConnection.",
            c -> c.limits().inFlightTotal());
    static final Key<Duration> IDLE_TIMEOUT = key(
            "limits.idleTimeout",
            duration("1s", "1d"),
            "10m",
            "A connection that sends no whole frame for this long is closed.",
            c -> c.limits().idleTimeout());
    static final Key<Duration> HELLO_TIMEOUT = key(
            "limits.helloTimeout",
            duration("100ms", "5m"),
            "10s",
            "A new connection must have introduced itself within this time.",
            c -> c.limits().helloTimeout());
    static final Key<DataSize> HELLO_BYTES = key(
            "limits.helloBytes",
            size("256B", "1MiB"),
            "8KiB",
            "Bytes that a connection may send before it has introduced itself. Must be at most limits.frameSize.",
            c -> c.limits().helloBytes());
    static final Key<Integer> INBOX_REQUESTS = key(
            "limits.inboxRequests",
            count(1, 16_777_216),
            "65536",
            "Requests that wait for the log. Further ones are answered with OVERLOADED.",
            c -> c.limits().inboxRequests());
    static final Key<DataSize> INBOX_BYTES = key(
            "limits.inboxBytes",
            size("64KiB", "64GiB"),
            "256MiB",
            "Bytes of the requests that wait for the log. Further ones are answered with OVERLOADED."
                    + " Must be at least limits.frameSize.",
            c -> c.limits().inboxBytes());
    static final Key<DataSize> HTTP_REQUEST_SIZE = key(
            "limits.httpRequestSize",
            size("1KiB", "256MiB"),
            "1MiB",
            "The largest body of an HTTP request.",
            c -> c.limits().httpRequestSize());
    static final Key<Integer> HTTP_REQUESTS_PER_SECOND = key(
            "limits.httpRequestsPerSecond",
            count(0, 1_000_000),
            "2000",
            "HTTP requests that the clients at one address may send in a second, not counting metrics and health."
                    + " Further ones are answered with 429. 0 means no limit.",
            c -> c.limits().httpRequestsPerSecond());

    static final Key<Duration> DRAIN_TIMEOUT = key(
            "shutdown.drainTimeout",
            duration("0s", "1h"),
            "30s",
            "How long a stopping broker waits for requests that it has already taken.",
            c -> c.shutdown().drainTimeout());

    static final Key<Optional<URI>> OTLP_ENDPOINT = key(
            "tracing.otlp.endpoint",
            httpUrlOr("none"),
            "none",
            "Where the broker sends spans of its own as OTLP in JSON, such as http://127.0.0.1:4318/v1/traces: of records whose"
                    + " traceparent says that their trace is sampled. It then looks at the headers of all records. Spans that"
                    + " the collector does not take after some tries are dropped and counted.",
            c -> c.tracing().otlp().endpoint());
    static final Key<SecretHeaders> OTLP_HEADERS = key(
            "tracing.otlp.headers",
            new SecretHeaders.Type(),
            "none",
            "Headers that go along to the collector, such as a key, written as in OTEL_EXPORTER_OTLP_HEADERS. Their values are"
                    + " never shown. A file is read anew for each request, so that a key can be replaced while the broker"
                    + " runs; it keeps keys off command lines and out of this configuration, as does the environment.",
            c -> c.tracing().otlp().headers());
    static final Key<String> OTLP_SERVICE_NAME = key(
            "tracing.otlp.serviceName",
            name(),
            "millrace",
            "The name of the broker in traces.",
            c -> c.tracing().otlp().serviceName());

    static final Key<Logging.Level> LOG_LEVEL = key(
            "logging.level",
            choice(Logging.Level.values()),
            "info",
            "The least severe events that are logged.",
            c -> c.logging().level());
    static final Key<Logging.Format> LOG_FORMAT = key(
            "logging.format",
            choice(Logging.Format.values()),
            "text",
            "Log lines for people, or one JSON object per line for machines.",
            c -> c.logging().format());

    /** All keys in the order in which they are shown; keys of one section stand together. */
    static final List<Key<?>> ALL = List.of(
            DATA_DIR,
            NATIVE_BIND,
            HTTP_BIND,
            INSECURE_PUBLIC_BIND,
            GENERATION_SIZE,
            GENERATION_MAX_AGE,
            BLOCK_CACHE,
            TAIL_CACHE,
            EVENT_CACHE,
            DISK_RESERVE,
            RETENTION_CHECK_INTERVAL,
            BACKGROUND_JOBS,
            DIRECT_WRITES,
            BACKUP_DIRECTORY,
            ACCEPT_LOSS,
            PARTITIONS,
            RETENTION,
            RETENTION_BYTES,
            PARTITIONS_MAX,
            SESSION_TIMEOUT,
            SESSION_TIMEOUT_MAX,
            OFFSET_RETENTION,
            ID_RETENTION,
            TRANSACTION_TIMEOUT,
            TRANSACTION_BYTES_MAX,
            TRANSACTIONS_OPEN_MAX,
            TRANSACTION_MEMORY,
            TIMERS_PENDING_MAX,
            SCHEMA_COMPATIBILITY,
            SCHEMA_SIZE_MAX,
            SCHEMA_SUBJECTS_MAX,
            SCHEMA_VERSIONS_MAX,
            SCHEMA_MEMORY,
            FRAME_SIZE,
            MESSAGE_SIZE,
            CONNECTIONS,
            IN_FLIGHT_PER_CONNECTION,
            IN_FLIGHT_TOTAL,
            IDLE_TIMEOUT,
            HELLO_TIMEOUT,
            HELLO_BYTES,
            INBOX_REQUESTS,
            INBOX_BYTES,
            HTTP_REQUEST_SIZE,
            HTTP_REQUESTS_PER_SECOND,
            DRAIN_TIMEOUT,
            OTLP_ENDPOINT,
            OTLP_HEADERS,
            OTLP_SERVICE_NAME,
            LOG_LEVEL,
            LOG_FORMAT);

    /** What each section is about, in the order of {@link #ALL}; nested sections come after their parent. */
    static final Map<String, String> SECTIONS = sections();

    private Keys() {}

    private static <T> Key<T> key(
            String path, ValueType<T> type, String defaultText, String doc, Function<Config, T> from) {
        return new Key<>(path, type, defaultText, true, doc, from);
    }

    private static Map<String, String> sections() {
        Map<String, String> sections = new LinkedHashMap<>();
        sections.put("node", "This broker.");
        sections.put("listeners", "Where the broker listens. Loopback unless you say otherwise.");
        sections.put("listeners.native", "The native protocol.");
        sections.put("listeners.http", "HTTP.");
        sections.put("security", "What protects the listeners.");
        sections.put("storage", "How data is kept on disk and in memory.");
        sections.put("topics", "Defaults and limits of topics.");
        sections.put("groups", "Consumer groups.");
        sections.put("producers", "Idempotent producers.");
        sections.put("transactions", "Transactions: several changes together or none of them.");
        sections.put("timers", "Messages that are delivered later.");
        sections.put("schemas", "The schema registry.");
        sections.put("limits", "What clients can cost the broker. Reaching a limit is answered, never ignored.");
        sections.put("shutdown", "Stopping.");
        sections.put("tracing", "The broker's own spans.");
        sections.put("tracing.otlp", "The collector that they go to.");
        sections.put("logging", "The broker's log.");
        return sections;
    }
}
