package dev.millrace.server.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The options of {@code millrace bench}, in groups of which each command takes those that it needs.
 *
 * <p>{@link BenchPlans} reads them. Nothing in here names a class of the bench: picocli looks at all members, also for the
 * help of other commands, and would load it.
 */
final class BenchOptions {
    private BenchOptions() {}

    /** All that a run which publishes is told; {@link Read} comes beside it. */
    static final class Load {
        @Mixin
        Target target;

        @Mixin
        Topics topics;

        @Mixin
        Publish publish;

        @Mixin
        Window window;

        @Mixin
        Warmup warmup;

        @Mixin
        Report report;
    }

    /** Which broker. */
    static final class Target {
        @Option(
                names = "--target",
                paramLabel = "URL",
                description = "millrace://HOST:PORT or kafka://HOST:PORT. Default: the broker of --server.")
        String target;

        @Option(
                names = "--property",
                paramLabel = "NAME=VALUE",
                description = "A property for Kafka's clients; can be repeated.")
        List<String> properties = new ArrayList<>();

        @Option(
                names = "--broker-pid",
                paramLabel = "PID",
                description = "The broker's process, for its CPU seconds. Default: who listens at the target's port.")
        Long brokerPid;
    }

    /** Which topics. */
    static final class Topics {
        @Option(
                names = "--topic",
                paramLabel = "NAME",
                description = "The topic; with several the first part of their names. Default: bench.")
        String topic = "bench";

        @Option(names = "--topics", paramLabel = "N", description = "How many topics.")
        Long topics;

        @Option(
                names = "--partitions",
                paramLabel = "N",
                description = "Of each topic that is created. Default: 1, or what the topics have.")
        Long partitions;

        @Option(names = "--keep", description = "Keep the topics that the run created.")
        boolean keep;
    }

    /** Who publishes what. */
    static final class Publish {
        @Option(
                names = "--clients",
                paramLabel = "N",
                description = "Connections that publish, each a client of its own. Default: 1.")
        Long clients;

        @Option(
                names = "--publishers",
                paramLabel = "N",
                description = {
                    "Publishers, over all clients, that wait for each receipt before they publish on.",
                    "Default: 0, one a client that waits for room in the client's buffer only."
                })
        Long publishers;

        @Option(names = "--size", paramLabel = "SIZE", description = "Of a record's value. Default: 1KiB.")
        String size;

        @Option(
                names = "--payload",
                paramLabel = "FILE",
                description = "What every record's value is, for topics that do not take random bytes.")
        Path payload;

        @Option(
                names = "--rate",
                paramLabel = "N",
                description = {
                    "Records per second, over all. Default: as fast as it goes.",
                    "They fall due whether or not the broker keeps up; latency counts from then.",
                    "Without a rate, a thread of bench pub that does not wait times its first 10,000 and one in 11 of the rest."
                })
        Long rate;

        @Option(
                names = "--batch",
                paramLabel = "SIZE",
                description = "At which a batch is sent without waiting. Default: the client's.")
        String batch;

        @Option(
                names = "--linger",
                paramLabel = "DURATION",
                description = "How long a batch waits to fill up. Default: the client's.")
        String linger;

        @Option(
                names = "--compression",
                paramLabel = "CODEC",
                description = "none, gzip, snappy, lz4 or zstd. Default: none.")
        String compression;

        @Option(
                names = "--compressibility",
                paramLabel = "SHARE",
                description = "From 0, random bytes, to 1, all the same. Default: 0.")
        Double compressibility;

        @Option(
                names = "--key-dist",
                paramLabel = "HOW",
                description = "none, uniform or zipf: how keys are drawn. Default: none, records without a key.")
        String keyDistribution = "none";

        @Option(names = "--keys", paramLabel = "N", description = "Different keys. Default: 10000.")
        Long keys;
    }

    /** Who reads. */
    static final class Read {
        @Option(
                names = "--groups",
                paramLabel = "N",
                description =
                        "Consumer groups, each of which reads everything; 0 for consumers without a group. Default: 1.")
        Long groups;

        @Option(
                names = "--consumers",
                paramLabel = "N",
                description = "Consumers in each group, each a client of its own. Default: 1.")
        Long consumers;
    }

    /** How long. */
    static final class Window {
        @Option(
                names = "--duration",
                paramLabel = "DURATION",
                description = "How long is measured, at most. Default for publishing: 10s, or no limit with --records.")
        String duration;

        @Option(names = "--records", paramLabel = "N", description = "How many records are measured, at most.")
        Long records;
    }

    /** What comes before the measurement. */
    static final class Warmup {
        @Option(
                names = "--warmup",
                paramLabel = "DURATION",
                description = "Publishing, or reading, that is not measured, before. Default: 2s.")
        String warmup;
    }

    /** What becomes of the results. */
    static final class Report {
        @Option(names = "--json", description = "Print the report as JSON; short for -o json.")
        boolean json;

        @Option(
                names = "--csv",
                paramLabel = "FILE",
                description = "Write what was measured in each second to this file.")
        Path csv;

        @Option(
                names = "--hgrm",
                paramLabel = "FILE",
                description = "Write the latency's percentiles to this file, as HdrHistogram's tools read them.")
        Path hgrm;

        @Option(names = "--seed", paramLabel = "N", description = "Of payloads and keys. Default: drawn, and reported.")
        Long seed;
    }
}
