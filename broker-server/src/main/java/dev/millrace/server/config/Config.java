package dev.millrace.server.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Everything that can be configured, checked and with units. An empty Optional means unlimited.
 *
 * <p>{@link ConfigLoader} builds it; {@link Keys} holds what each setting means, its default and its range.
 */
public record Config(
        Node node,
        Listeners listeners,
        Security security,
        Storage storage,
        Topics topics,
        Groups groups,
        Producers producers,
        Transactions transactions,
        Timers timers,
        Schemas schemas,
        Limits limits,
        Shutdown shutdown,
        Tracing tracing,
        Logging logging) {

    public record Node(Path dataDir) {}

    /** {@code native} is a word of Java, so {@code listeners.native} is {@code nativeListener} here. */
    public record Listeners(Listener nativeListener, Listener http) {}

    public record Listener(BindAddress bind) {}

    public record Security(boolean insecurePublicBind) {}

    public record Storage(
            DataSize generationSize,
            Duration generationMaxAge,
            DataSize blockCache,
            DataSize tailCache,
            DataSize eventCache,
            DataSize diskReserve,
            Duration retentionCheckInterval,
            int backgroundJobs,
            boolean directWrites,
            Optional<Path> backupDirectory,
            boolean acceptLoss) {}

    /** Defaults for topics that do not say otherwise, and the limit for all of them together. */
    public record Topics(
            int partitions, Optional<Duration> retention, Optional<DataSize> retentionBytes, int partitionsMax) {}

    public record Groups(Duration sessionTimeout, Duration sessionTimeoutMax, Duration offsetRetention) {}

    public record Producers(Duration idRetention) {}

    public record Transactions(Duration timeout, DataSize bytesMax, int openMax, DataSize memory) {}

    public record Timers(int pendingMax) {}

    /** The schema registry. */
    public record Schemas(
            Compatibility compatibility, DataSize sizeMax, int subjectsMax, int versionsMax, DataSize memory) {
        public enum Compatibility {
            NONE,
            BACKWARD,
            BACKWARD_TRANSITIVE,
            FORWARD,
            FORWARD_TRANSITIVE,
            FULL,
            FULL_TRANSITIVE
        }
    }

    public record Limits(
            DataSize frameSize,
            DataSize messageSize,
            int connections,
            DataSize inFlightPerConnection,
            DataSize inFlightTotal,
            Duration idleTimeout,
            Duration helloTimeout,
            DataSize helloBytes,
            int inboxRequests,
            DataSize inboxBytes,
            DataSize httpRequestSize,
            int httpRequestsPerSecond) {}

    public record Shutdown(Duration drainTimeout) {}

    /** The broker's own spans. */
    public record Tracing(Otlp otlp) {}

    /** @param endpoint empty where there are none */
    public record Otlp(Optional<URI> endpoint, SecretHeaders headers, String serviceName) {}

    public record Logging(Level level, Format format) {
        public enum Level {
            ERROR,
            WARN,
            INFO,
            DEBUG
        }

        public enum Format {
            TEXT,
            JSON
        }
    }
}
