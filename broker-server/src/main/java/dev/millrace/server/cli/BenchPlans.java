package dev.millrace.server.cli;

import dev.millrace.core.record.Compression;
import dev.millrace.core.time.Units;
import dev.millrace.server.bench.BenchPlan;
import dev.millrace.server.bench.BenchPlan.KeyDistribution;
import dev.millrace.server.bench.BenchPlan.Scheme;
import dev.millrace.server.bench.BenchPlan.Subject;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.ToLongFunction;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Makes plans of the options of {@code millrace bench} and says what is wrong with them. */
final class BenchPlans {
    private static final String MILLRACE = "millrace://";
    private static final String KAFKA = "kafka://";
    private static final int MILLRACE_PORT = 7650;
    private static final int KAFKA_PORT = 9092;

    private static final long DURATION_MS = 10_000;
    private static final long WARMUP_MS = 2_000;
    private static final int SIZE_BYTES = 1024;
    private static final int KEYS = 10_000;

    private static final long GIBIBYTE = 1L << 30;
    private static final int CLIENTS_MAX = 10_000;
    private static final int TOPICS_MAX = 100_000;
    private static final int KEYS_MAX = 10_000_000;

    private final CommandSpec command;

    BenchPlans(CommandSpec command) {
        this.command = command;
    }

    /** @param serverDefault where no target is given */
    BenchPlan.Server server(BenchOptions.Target options, String serverDefault) {
        Map<String, String> properties = new HashMap<>();
        for (String property : options.properties) {
            NameValue pair = NameValue.parse(property, "--property", command);
            properties.put(pair.name(), pair.value());
        }
        long pid = atLeast("--broker-pid", options.brokerPid, 0, 1);
        String url = options.target == null ? serverDefault : options.target;
        if (url.startsWith(KAFKA)) {
            String address = withPort(url.substring(KAFKA.length()), KAFKA_PORT);
            return new BenchPlan.Server(Scheme.KAFKA, address, properties, pid);
        }
        String address = url.startsWith(MILLRACE) ? url.substring(MILLRACE.length()) : url;
        if (address.contains("://")) {
            throw wrong("--target \"" + url + "\" is neither millrace://HOST:PORT nor kafka://HOST:PORT.");
        }
        if (!properties.isEmpty()) throw wrong("--property is for targets that begin with kafka://.");
        return new BenchPlan.Server(Scheme.MILLRACE, withPort(address, MILLRACE_PORT), properties, pid);
    }

    private static String withPort(String address, int port) {
        return address.matches(".*:[0-9]+") ? address : address + ":" + port;
    }

    /** @param partitionsDefault 0 to take what there is */
    BenchPlan.Topics topics(BenchOptions.Topics options, int topicsDefault, int partitionsDefault) {
        return new BenchPlan.Topics(
                options.topic,
                (int) between("--topics", options.topics, topicsDefault, 1, TOPICS_MAX),
                (int) between("--partitions", options.partitions, partitionsDefault, 1, TOPICS_MAX),
                options.keep);
    }

    /** @param rateDefault 0 for as fast as it goes */
    BenchPlan.Publish publish(BenchOptions.Publish options, long rateDefault) {
        long clients = between("--clients", options.clients, 1, 1, CLIENTS_MAX);
        long publishers = between("--publishers", options.publishers, 0, 0, CLIENTS_MAX);
        if (publishers > 0 && publishers < clients) {
            throw wrong("--publishers " + publishers + " is less than --clients " + clients
                    + "; some clients would have nothing to do.");
        }
        return new BenchPlan.Publish(
                (int) clients,
                (int) publishers,
                atLeast("--rate", options.rate, rateDefault, 1),
                payload(options),
                new BenchPlan.Keys(keyDistribution(options.keyDistribution), (int)
                        between("--keys", options.keys, KEYS, 1, KEYS_MAX)),
                batching(options));
    }

    private BenchPlan.Payload payload(BenchOptions.Publish options) {
        if (options.payload != null) return given(options);
        double share = options.compressibility == null ? 0 : options.compressibility;
        if (!(share >= 0 && share <= 1)) throw wrong("--compressibility " + share + " is not between 0 and 1.");
        Long sizeBytes = amount("--size", options.size, Units::parseBytes);
        return BenchPlan.Payload.random((int) between("--size", sizeBytes, SIZE_BYTES, 1, GIBIBYTE), share);
    }

    private BenchPlan.Payload given(BenchOptions.Publish options) {
        if (options.size != null || options.compressibility != null) {
            throw wrong("--payload says what records hold; leave --size and --compressibility out.");
        }
        try {
            long bytes = Files.size(options.payload);
            between("--payload " + options.payload + ", of so many bytes:", bytes, bytes, 1, GIBIBYTE);
            return BenchPlan.Payload.of(Files.readAllBytes(options.payload));
        } catch (IOException e) {
            throw wrong("--payload " + options.payload + " cannot be read: " + e + ".");
        }
    }

    /** As {@link #publish}, of records that carry the time at which they were published. */
    BenchPlan.Publish stamped(BenchOptions.Publish options, long rateDefault) {
        if (options.payload != null) {
            throw wrong("--payload leaves no room for the time that says when a record was published. "
                    + "Use it with bench pub or bench many.");
        }
        BenchPlan.Publish plan = publish(options, rateDefault);
        if (plan.payload().sizeBytes() >= BenchPlan.STAMP_BYTES) return plan;
        throw wrong("--size " + options.size + " is less than the " + BenchPlan.STAMP_BYTES
                + " B that say when a record was published. Use at least " + BenchPlan.STAMP_BYTES + "B.");
    }

    private KeyDistribution keyDistribution(String name) {
        return Arrays.stream(KeyDistribution.values())
                .filter(known -> known.name().equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(() -> wrong("--key-dist \"" + name + "\" is unknown; use none, uniform or zipf."));
    }

    private BenchPlan.Batching batching(BenchOptions.Publish options) {
        Long batchBytes = amount("--batch", options.batch, Units::parseBytes);
        Long lingerMs = amount("--linger", options.linger, Units::parseDurationMs);
        try {
            return new BenchPlan.Batching(
                    (int) between("--batch", batchBytes, 0, 1, GIBIBYTE),
                    lingerMs == null ? -1 : lingerMs,
                    options.compression == null
                            ? Compression.NONE
                            : Compression.ofName(options.compression.toLowerCase(Locale.ROOT)));
        } catch (IllegalArgumentException e) {
            throw wrong("--compression: " + e.getMessage() + ".");
        }
    }

    BenchPlan.Read read(BenchOptions.Read options, boolean latest) {
        return new BenchPlan.Read(
                (int) between("--groups", options.groups, 1, 0, CLIENTS_MAX),
                (int) between("--consumers", options.consumers, 1, 1, CLIENTS_MAX),
                latest);
    }

    /** Whether to read what is published from now on, which ends only if somebody says when. */
    boolean latest(String from, BenchOptions.Window window) {
        if (from.equalsIgnoreCase("earliest")) return false;
        if (!from.equalsIgnoreCase("latest")) {
            throw wrong("--from \"" + from + "\" is unknown; use earliest or latest.");
        }
        if (window.duration == null && window.records == null) {
            throw wrong("--from latest has no end of its own. Give --records or --duration.");
        }
        return true;
    }

    /** Of a run that publishes. */
    BenchPlan.Window window(BenchOptions.Window options, String warmup, Subject subject) {
        long records = atLeast("--records", options.records, 0, 1);
        return new BenchPlan.Window(
                subject, warmupMs(warmup), durationMs(options, records > 0 ? 0 : DURATION_MS), records);
    }

    /** Of a run that only reads. */
    BenchPlan.Window readWindow(BenchOptions.Window options, String warmup) {
        return new BenchPlan.Window(
                Subject.READING, warmupMs(warmup), durationMs(options, 0), atLeast("--records", options.records, 0, 1));
    }

    private long durationMs(BenchOptions.Window options, long byDefault) {
        Long ms = amount("--duration", options.duration, Units::parseDurationMs);
        return atLeast("--duration", ms, byDefault, 1);
    }

    long warmupMs(String warmup) {
        Long ms = amount("--warmup", warmup, Units::parseDurationMs);
        return ms == null ? WARMUP_MS : ms;
    }

    long suiteDurationMs(String duration) {
        return atLeast("--duration", amount("--duration", duration, Units::parseDurationMs), DURATION_MS, 1);
    }

    static long seed(BenchOptions.Report options) {
        return seed(options.seed);
    }

    static long seed(Long given) {
        return given == null ? ThreadLocalRandom.current().nextLong(1L << 32) : given;
    }

    // ---- checks

    private Long amount(String option, String text, ToLongFunction<String> parse) {
        if (text == null) return null;
        try {
            long amount = parse.applyAsLong(text);
            if (amount >= 0) return amount;
        } catch (IllegalArgumentException e) {
            throw wrong(option + ": " + e.getMessage() + ".");
        }
        throw wrong(option + " cannot be unlimited.");
    }

    private long atLeast(String option, Long given, long byDefault, long min) {
        return between(option, given, byDefault, min, Long.MAX_VALUE);
    }

    private long between(String option, Long given, long byDefault, long min, long max) {
        if (given == null) return byDefault;
        if (given < min) throw wrong(option + " " + given + " is less than " + min + ".");
        if (given > max) throw wrong(option + " " + given + " is more than " + max + ".");
        return given;
    }

    ParameterException wrong(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
