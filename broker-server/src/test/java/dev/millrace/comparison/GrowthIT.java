package dev.millrace.comparison;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.comparison.Results.Growth;
import dev.millrace.comparison.Results.Point;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a broker costs as its load grows: {@code -Dcompare.growth=true}, parts of it with {@code -Dcompare.growth.of=log}.
 * Takes about half an hour. A size that a broker cannot serve becomes a note on the page, and fails the test where the
 * broker is Millrace.
 */
final class GrowthIT {
    private static final int SECONDS = Integer.getInteger("compare.seconds", 10);
    private static final List<String> CHOSEN = Arrays.asList(
            System.getProperty("compare.growth.of", "partitions,groups,log").split(","));
    private static final List<Integer> PARTITIONS = List.of(1, 16, 256, 4096, 16_384, 65_536, 98_304);
    /** The most that one topic may have is 10,000, and all together 100,000 with that of the audit log. */
    private static final int PARTITIONS_OF_TOPIC = 4096;

    private static final List<Integer> GROUPS = List.of(1, 10, 100, 1000);
    private static final List<Integer> LOG_GIB = List.of(1, 5, 10, 20);
    private static final int LOG_GIB_LARGE = 50;
    private static final long LARGE_NEEDS_FREE_BYTES = 64L << 30;
    private static final int LOG_RECORD_BYTES = 64 << 10;
    /** Kafka keeps files open and mapped for each partition, and its client a thread for each consumer. */
    private static final int KAFKA_PARTITIONS_MAX = 4096;

    private static final int KAFKA_GROUPS_MAX = 100;
    /** With more groups the receipts of one that does not wait are late by more than their deadline of 30 s. */
    private static final int GROUPS_OF_EAGER_PUBLISHER_MAX = 100;

    private final List<Point> points = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private Run run;

    /** One size of one broker. */
    private interface Measurement {
        Map<String, Double> take() throws Exception;
    }

    @BeforeEach
    void onlyOnDemand() throws IOException {
        assumeTrue(Boolean.getBoolean("compare.growth"), "skipped: runs only with -Dcompare.growth=true");
        run = Run.begin();
    }

    @Test
    void overPartitions() throws Exception {
        assumeTrue(CHOSEN.contains("partitions"), "skipped: not in -Dcompare.growth.of");
        for (int partitions : PARTITIONS) {
            point(Contender.MILLRACE, partitions, () -> publish(Contender.MILLRACE, partitions));
            if (partitions <= KAFKA_PARTITIONS_MAX) {
                point(Contender.KAFKA, partitions, () -> publish(Contender.KAFKA, partitions));
            }
        }
        notes.add("Kafka was measured up to " + Text.plain(KAFKA_PARTITIONS_MAX) + " partitions.");
        write("partitions");
    }

    private Map<String, Double> publish(Contender contender, int partitions) throws Exception {
        int topics = (partitions + PARTITIONS_OF_TOPIC - 1) / PARTITIONS_OF_TOPIC;
        try (Arena arena = new Arena(contender, run.root())) {
            String load = "pub --topics " + topics + " --partitions " + partitions / topics + " --size 1KiB --keep";
            Load published = arena.bench(timed(load));
            return Map.of(
                    "recordsPerSecond", published.recordsPerSecond(), "memoryMebibytes", arena.residentMebibytes());
        }
    }

    @Test
    void overConsumerGroups() throws Exception {
        assumeTrue(CHOSEN.contains("groups"), "skipped: not in -Dcompare.growth.of");
        for (int groups : GROUPS) {
            point(Contender.MILLRACE, groups, () -> deliver(Contender.MILLRACE, groups));
            if (groups <= KAFKA_GROUPS_MAX) {
                point(Contender.KAFKA, groups, () -> deliver(Contender.KAFKA, groups));
            }
        }
        notes.add("Kafka was measured up to " + KAFKA_GROUPS_MAX + " groups.");
        notes.add("Above " + GROUPS_OF_EAGER_PUBLISHER_MAX
                + " groups 1,000 publishers wait for their receipts, where one that "
                + "does not wait publishes otherwise: its receipts would be late by more than their deadline.");
        write("groups");
    }

    private Map<String, Double> deliver(Contender contender, int groups) throws Exception {
        try (Arena arena = new Arena(contender, run.root())) {
            String publishers = groups > GROUPS_OF_EAGER_PUBLISHER_MAX ? " --publishers 1000" : "";
            Load load = arena.bench(timed("mixed --partitions 16 --size 1KiB --keep --groups " + groups + publishers));
            return Map.of(
                    "mebibytesPerSecond",
                    load.deliveredMebibytesPerSecond(),
                    "memoryMebibytes",
                    arena.residentMebibytes());
        }
    }

    @Test
    void overTheLogsSize() throws Exception {
        assumeTrue(CHOSEN.contains("log"), "skipped: not in -Dcompare.growth.of");
        List<Integer> sizes = new ArrayList<>(LOG_GIB);
        if (Files.getFileStore(run.root()).getUsableSpace() > LARGE_NEEDS_FREE_BYTES) {
            sizes.add(LOG_GIB_LARGE);
        }
        for (Contender contender : List.of(Contender.MILLRACE, Contender.KAFKA)) {
            try (Arena arena = new Arena(contender, run.root())) {
                for (int i = 0; i < sizes.size(); i++) {
                    int moreGib = sizes.get(i) - (i == 0 ? 0 : sizes.get(i - 1));
                    point(contender, sizes.get(i), () -> growLog(arena, moreGib));
                }
            }
        }
        notes.add(
                "The log grows in records of 64 KiB; then the broker is killed with SIGKILL, started, and read from the "
                        + "start for " + SECONDS + " s. What fits into memory is read from the page cache.");
        write("log");
    }

    private static Map<String, Double> growLog(Arena arena, int moreGib) throws Exception {
        long records = ((long) moreGib << 30) / LOG_RECORD_BYTES;
        arena.bench("pub --topic log --keep --partitions 16 --warmup 0s --size " + LOG_RECORD_BYTES + "B --records "
                + records);
        double startSeconds = arena.killAndStart();
        Load read = arena.bench("sub --topic log --groups 0 --consumers 1 --from earliest --duration " + SECONDS + "s");
        return Map.of("startSeconds", startSeconds, "mebibytesPerSecond", read.mebibytesPerSecond());
    }

    private static String timed(String load) {
        return load + " --warmup 2s --duration " + SECONDS + "s";
    }

    private void point(Contender contender, int size, Measurement measurement) {
        System.out.printf("compare: growth, %s at %d%n", contender.title, size);
        try {
            points.add(new Point(contender.title, size, measurement.take()));
        } catch (Exception e) {
            e.printStackTrace(System.out);
            String what = String.valueOf(e.getMessage()).replaceAll("\\s+", " ");
            notes.add("%s could not be measured at %s: %s".formatted(contender.title, Text.plain(size), what));
            if (contender == Contender.MILLRACE) failures.add(contender.title + " at " + size + ": " + e);
        }
    }

    private void write(String name) throws IOException {
        run.results().growth().put(name, new Growth(List.copyOf(points), List.copyOf(notes), Machine.build()));
        run.finish();
        assertThat(failures).isEmpty();
    }
}
