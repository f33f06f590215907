package dev.millrace.server.bench;

import dev.millrace.core.record.Compression;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What one run does to which broker.
 *
 * @param name of the case, for the report
 * @param publish null where nothing is published
 * @param read null where nothing is read
 * @param seed of payloads, keys and the order of topics
 */
public record BenchPlan(
        String name, Server server, Topics topics, Publish publish, Read read, Window window, long seed) {
    /** What the payload of a record that is read by the same run has at least: it says when it was published. */
    public static final int STAMP_BYTES = 16;

    /** What the run is about. */
    public enum Subject {
        /** The time from publish to receipt. */
        RECEIPTS,
        /** The time from publish to delivery. */
        DELIVERIES,
        /** How fast the log is read. What the plan publishes is published before, unmeasured. */
        READING
    }

    /** The protocol that a target's address names. */
    public enum Scheme {
        MILLRACE,
        KAFKA
    }

    /**
     * The broker.
     *
     * @param address {@code host:port}
     * @param properties handed to Kafka's clients as they are
     * @param brokerPid whose CPU time counts, or 0 to look for it on this machine
     */
    public record Server(Scheme scheme, String address, Map<String, String> properties, long brokerPid) {
        public Server {
            properties = Map.copyOf(properties);
        }

        /** As it is written after {@code --target}. */
        public String url() {
            return scheme.name().toLowerCase(Locale.ROOT) + "://" + address;
        }
    }

    /**
     * The topics: {@code prefix}, or {@code prefix-0001} and so on where there are several.
     *
     * @param partitions of each that has to be created; 0 to take what there is, else 1
     * @param keep whether those that the run created stay
     */
    public record Topics(String prefix, int count, int partitions, boolean keep) {
        List<String> names() {
            if (count == 1) return List.of(prefix);
            return IntStream.rangeClosed(1, count)
                    .mapToObj(number -> String.format("%s-%04d", prefix, number))
                    .toList();
        }
    }

    /**
     * Who publishes what.
     *
     * @param clients connections, each a client of its own
     * @param waitingPublishers threads that wait for each receipt; 0 for one thread a client that does not wait
     * @param ratePerSecond over all, or 0 for as fast as it goes
     */
    public record Publish(
            int clients, int waitingPublishers, double ratePerSecond, Payload payload, Keys keys, Batching batching) {
        /** Threads that publish. */
        public int threads() {
            return waitingPublishers == 0 ? clients : waitingPublishers;
        }
    }

    /**
     * The records' values.
     *
     * @param compressibility 0 for random bytes to 1 for all the same
     * @param given what every value is, not to be written to; null for random ones
     */
    public record Payload(int sizeBytes, double compressibility, byte[] given) {
        public static Payload random(int sizeBytes, double compressibility) {
            return new Payload(sizeBytes, compressibility, null);
        }

        public static Payload of(byte[] given) {
            return new Payload(given.length, 0, given);
        }
    }

    /** How keys are drawn. */
    public enum KeyDistribution {
        NONE,
        UNIFORM,
        ZIPF
    }

    /** @param count of different keys */
    public record Keys(KeyDistribution distribution, int count) {}

    /**
     * Options of the producers.
     *
     * @param batchBytes 0 for the client's default
     * @param lingerMs -1 for the client's default
     */
    public record Batching(int batchBytes, long lingerMs, Compression compression) {}

    /**
     * Who reads.
     *
     * @param groups each reads everything; 0 for one set of consumers without a group
     * @param consumers in each group, each a client of its own
     * @param latest start at the end of the log instead of at its beginning
     */
    public record Read(int groups, int consumers, boolean latest) {}

    /**
     * How long.
     *
     * @param warmupMs publishing, or reading from the start, that is not measured
     * @param durationMs 0 for no limit
     * @param records 0 for no limit
     */
    public record Window(Subject subject, long warmupMs, long durationMs, long records) {}
}
