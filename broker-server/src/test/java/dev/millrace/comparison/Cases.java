package dev.millrace.comparison;

import static dev.millrace.comparison.Contender.KAFKA;
import static dev.millrace.comparison.Contender.KAFKA_SYNCED;
import static dev.millrace.comparison.Contender.MILLRACE;
import static dev.millrace.comparison.Contender.MILLRACE_AS_SHIPPED;

import dev.millrace.client.MillraceClient;
import dev.millrace.system.Distribution;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The cases of the comparison: which load, on which brokers, and which of its values are figures. */
final class Cases {
    /**
     * Of each broker and each client, which are new processes: after 20 s of load the compilers of both brokers are mostly
     * through, where they still took half a core after 10 s.
     */
    private static final int WARMUP_SECONDS = 20;
    /** What is read in the catch-up: 2 GiB in records of 1 KiB. */
    private static final int CATCH_UP_RECORDS = 2 << 20;

    private static final int IDLE_SECONDS = 10;
    private static final int TOPICS = 10_000;
    private static final int HELP_RUNS = 5;

    private final Path root;
    private final int seconds;

    /**
     * @param root where brokers have their data
     * @param seconds how long each load is measured
     */
    Cases(Path root, int seconds) {
        this.root = root;
        this.seconds = seconds;
    }

    /** One round of a case: every broker once. */
    interface Round {
        void run(Sheet sheet) throws Exception;
    }

    Map<String, Round> all() {
        Map<String, Round> cases = new LinkedHashMap<>();
        cases.put("publish-1k", this::publish1k);
        cases.put("publish-100b", this::publish100b);
        cases.put("publish-synced", this::publishSynced);
        cases.put("partitions", this::partitions);
        cases.put("waiting", this::waiting);
        cases.put("latency", this::latency);
        cases.put("catch-up", this::catchUp);
        cases.put("fan-out", this::fanOut);
        cases.put("device-share", this::deviceShare);
        cases.put("footprint", this::footprint);
        cases.put("validation", this::validation);
        return cases;
    }

    private void publish1k(Sheet sheet) throws Exception {
        String load = timed("pub --partitions 16 --size 1KiB --clients 1 --publishers 0");
        Load ours = sheet.noted(Figure.PUBLISH_1K, on(MILLRACE, load));
        Load other = sheet.noted(Figure.PUBLISH_1K, on(KAFKA, load));
        sheet.ours(Figure.PUBLISH_1K, ours.recordsPerSecond());
        sheet.other(Figure.PUBLISH_1K, other.recordsPerSecond());
        sheet.ours(Figure.CPU_PER_GB, sheet.noted(Figure.CPU_PER_GB, ours).brokerCpuSecondsPerGigabyte());
        sheet.other(Figure.CPU_PER_GB, sheet.noted(Figure.CPU_PER_GB, other).brokerCpuSecondsPerGigabyte());
    }

    private void publish100b(Sheet sheet) throws Exception {
        String load = timed("pub --partitions 16 --size 100B --clients 1 --publishers 0");
        records(sheet, Figure.PUBLISH_100B, on(MILLRACE, load), on(KAFKA, load));
    }

    private void publishSynced(Sheet sheet) throws Exception {
        String load = timed("pub --partitions 64 --size 1KiB --clients 8 --publishers 0 --linger 0ms");
        records(sheet, Figure.PUBLISH_SYNCED, on(MILLRACE, load), on(KAFKA_SYNCED, load));
    }

    private void partitions(Sheet sheet) throws Exception {
        String many = timed("pub --partitions 10000 --size 1KiB --clients 1 --publishers 0");
        String few = timed("pub --partitions 16 --size 1KiB --clients 1 --publishers 0");
        records(sheet, Figure.PARTITIONS_10000, on(MILLRACE, many), on(MILLRACE, few));
    }

    private void waiting(Sheet sheet) throws Exception {
        String many = timed("pub --topics 1000 --partitions 1 --size 1KiB --publishers 1000");
        String one = timed("pub --topics 1 --partitions 1 --size 1KiB --publishers 1");
        records(sheet, Figure.WAITING_1000, on(MILLRACE, many), on(MILLRACE, one));
    }

    private void latency(Sheet sheet) throws Exception {
        String load = timed("e2e --partitions 16 --size 1KiB --clients 1 --rate 1000");
        Load ours = on(MILLRACE, load);
        Load other = on(KAFKA, load);
        for (Figure figure : List.of(Figure.LATENCY_P50, Figure.LATENCY_P99)) {
            String path = figure == Figure.LATENCY_P50 ? "latencyMillis.p50" : "latencyMillis.p99";
            sheet.ours(figure, sheet.noted(figure, ours).value(path));
            sheet.other(figure, sheet.noted(figure, other).value(path));
        }
        sheet.ours(
                Figure.LATENCY_DEVICE, sheet.noted(Figure.LATENCY_DEVICE, ours).value("latencyMillis.p50"));
        sheet.other(Figure.LATENCY_DEVICE, new Device(root).syncMedianMs());
    }

    private void catchUp(Sheet sheet) throws Exception {
        sheet.ours(Figure.CATCH_UP, caughtUp(sheet, MILLRACE));
        sheet.other(Figure.CATCH_UP, caughtUp(sheet, KAFKA));
    }

    private double caughtUp(Sheet sheet, Contender contender) throws Exception {
        try (Arena arena = new Arena(contender, root)) {
            sheet.noted(
                    Figure.CATCH_UP,
                    arena.bench(
                            "pub --topic caught-up --keep --partitions 16 --size 1KiB --records " + CATCH_UP_RECORDS));
            Arena.settle();
            Load read = arena.bench("sub --topic caught-up --groups 0 --consumers 1 --from earliest --warmup "
                    + WARMUP_SECONDS + "s --records " + CATCH_UP_RECORDS);
            return sheet.noted(Figure.CATCH_UP, read).mebibytesPerSecond();
        }
    }

    private void fanOut(Sheet sheet) throws Exception {
        String load = timed("mixed --partitions 16 --size 1KiB --clients 1 --publishers 0 --groups 10");
        Load ours = sheet.noted(Figure.FAN_OUT, on(MILLRACE, load));
        Load other = sheet.noted(Figure.FAN_OUT, on(KAFKA, load));
        sheet.ours(Figure.FAN_OUT, ours.deliveredMebibytesPerSecond());
        sheet.other(Figure.FAN_OUT, other.deliveredMebibytesPerSecond());
    }

    private void deviceShare(Sheet sheet) throws Exception {
        String load = timed("pub --partitions 16 --size 64KiB --batch 64KiB --clients 1 --publishers 0");
        Load ours = sheet.noted(Figure.DEVICE_SHARE, on(MILLRACE, load));
        sheet.ours(Figure.DEVICE_SHARE, ours.mebibytesPerSecond());
        // A log and the tables made of it: every record is written twice.
        sheet.other(Figure.DEVICE_SHARE, new Device(root).sequentialMebibytesPerSecond() / 2);
    }

    private void footprint(Sheet sheet) throws Exception {
        try (Arena first = new Arena(MILLRACE_AS_SHIPPED, root)) {
            // The first start of an installation writes the archive that the later ones load their classes from.
            first.rest(IDLE_SECONDS);
        }
        try (Arena arena = new Arena(MILLRACE_AS_SHIPPED, root)) {
            sheet.ours(Figure.READY, arena.readySeconds());
            arena.rest(IDLE_SECONDS);
            sheet.ours(Figure.MEMORY_IDLE, arena.residentMebibytes());
            createTopics(arena);
            arena.rest(IDLE_SECONDS);
            sheet.ours(Figure.MEMORY_TOPICS, arena.residentMebibytes());
        }
        try (Arena arena = new Arena(KAFKA, root)) {
            sheet.other(Figure.READY, arena.readySeconds());
            arena.rest(IDLE_SECONDS);
            sheet.other(Figure.MEMORY_IDLE, arena.residentMebibytes());
        }
        sheet.ours(Figure.HELP, helpSeconds());
    }

    private void validation(Sheet sheet) throws Exception {
        Load unchecked = validated("off");
        records(sheet, Figure.VALIDATED_ID, validated("id"), unchecked);
        records(sheet, Figure.VALIDATED_FULL, validated("full"), unchecked);
    }

    private Load validated(String validation) throws Exception {
        try (Arena arena = new Arena(MILLRACE, root)) {
            Path order = AvroOrders.createTopic(arena, "orders", validation);
            return arena.bench(timed("pub --topic orders --payload " + order + " --clients 1 --publishers 0"));
        }
    }

    private static void createTopics(Arena arena) {
        try (MillraceClient client =
                MillraceClient.builder().server(arena.address()).build()) {
            for (int topic = 0; topic < TOPICS; topic++) {
                client.admin().createTopic("topic-" + topic, 1);
            }
        }
    }

    /** The median of some runs. */
    private static double helpSeconds() throws Exception {
        List<Double> runs = new ArrayList<>();
        for (int run = 0; run < HELP_RUNS; run++) {
            long startNanos = System.nanoTime();
            int status = Distribution.underTest()
                    .command("--help")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
            if (status != 0) throw new IllegalStateException("millrace --help ended with " + status);
            runs.add((System.nanoTime() - startNanos) / 1e9);
        }
        return Spread.of(runs).median();
    }

    private static void records(Sheet sheet, Figure figure, Load ours, Load other) {
        sheet.ours(figure, sheet.noted(figure, ours).recordsPerSecond());
        sheet.other(figure, sheet.noted(figure, other).recordsPerSecond());
    }

    private String timed(String load) {
        return load + " --warmup " + WARMUP_SECONDS + "s --duration " + seconds + "s";
    }

    /** A run on a broker of its own. */
    private Load on(Contender contender, String load) throws Exception {
        try (Arena arena = new Arena(contender, root)) {
            return arena.bench(load);
        }
    }
}
