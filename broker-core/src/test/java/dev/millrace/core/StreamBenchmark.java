package dev.millrace.core;

import dev.millrace.core.StreamOperations.AsOf;
import dev.millrace.core.StreamOperations.Condition;
import dev.millrace.core.StreamOperations.Span;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.wire.EventQuery;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/**
 * What event streams cost: {@code StreamBenchmark DIRECTORY appends|reads|tags [...]}. Not a test: it measures the machine,
 * too. How to run it stands in docs/DEVELOPING.md.
 *
 * <pre>
 *  appends [ROUNDS [EVENTS]]  publishing and appending in turns, at several sizes of batch and event; see AppendRates
 *  reads   [KEYS [READS]]     reads of streams of 100 events, among so many keys, before and after a restart
 *  tags    [CHECKS]           checks of a condition on tags
 * </pre>
 */
public final class StreamBenchmark {
    private static final int[] BATCHES = {1, 10, 100, 1000};
    private static final int LONG_STREAMS = 2_000;
    private static final int LONG_EVENTS = 100;
    private static final int IN_FLIGHT = 64;
    private static final int EVENTS_PER_APPEND = 500;
    private static final int QUIET_READS = 5_000;

    private StreamBenchmark() {}

    public static void main(String[] args) throws Exception {
        Path directory = Path.of(args[0]);
        switch (args[1]) {
            case "appends" -> appends(directory, number(args, 2, 9), number(args, 3, 100_000));
            case "reads" -> reads(directory, number(args, 2, 10_000_000), number(args, 3, 20_000));
            case "tags" -> tags(directory, number(args, 2, 100_000));
            default -> throw new IllegalArgumentException(args[1] + " is none of appends, reads, tags");
        }
    }

    private static int number(String[] args, int at, int otherwise) {
        return args.length > at ? Integer.parseInt(args[at]) : otherwise;
    }

    private static LocalBroker open(Path directory) {
        return LocalBroker.open(BrokerOptions.defaults(directory));
    }

    private static void appends(Path directory, int rounds, int events) throws Exception {
        try (LocalBroker broker = open(directory)) {
            AppendRates rates = new AppendRates(broker);
            rates.measure(100, 200, rounds, events);
            rates.measure(100, 1024, rounds, events);
            for (int batch : BATCHES) {
                if (batch != 100) {
                    rates.measure(batch, 200, rounds, Math.min(events, batch * 5_000));
                }
            }
        }
    }

    // ---- reads

    private static void reads(Path directory, int keys, int reads) throws Exception {
        TopicPartition topic;
        try (LocalBroker broker = open(directory)) {
            topic = new TopicPartition(
                    broker.topics()
                            .create("events", 1, Map.of("stream.index", "key"))
                            .get()
                            .topicId(),
                    0);
            fill(broker, topic, keys);
            System.out.printf("keys=%d and %d streams of %d events%n", keys, LONG_STREAMS, LONG_EVENTS);
            System.out.println("while tables are merged  " + read(broker, topic, reads));
            readUntilMerged(broker, topic);
            System.out.println("again, merged  " + read(broker, topic, reads));
        }
        try (LocalBroker broker = open(directory)) {
            System.out.println("after a restart, each for the first time  " + readEachOnce(broker, topic));
            readUntilMerged(broker, topic);
            System.out.println("and again, merged  " + read(broker, topic, reads));
        }
    }

    /** Reads until RocksDB merges nothing meanwhile any more: that takes a core, for which reads wait. */
    private static void readUntilMerged(LocalBroker broker, TopicPartition topic) {
        long before = -1;
        for (long now = 0; now != before; ) {
            before = broker.stats().store().compactionBytes();
            read(broker, topic, QUIET_READS);
            now = broker.stats().store().compactionBytes();
        }
    }

    /** One event for each key; events of the long streams lie scattered among them, ten at a time. */
    private static void fill(LocalBroker broker, TopicPartition topic, int keys) {
        Deque<CompletableFuture<?>> open = new ArrayDeque<>();
        long tenths = LONG_STREAMS * LONG_EVENTS / 10;
        int appends = Math.max(1, keys / EVENTS_PER_APPEND);
        byte[] value = new byte[100];
        for (int append = 0; append < appends; append++) {
            RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 64 << 10);
            for (int i = 0; i < EVENTS_PER_APPEND; i++) {
                builder.append(1000, key("k", append * EVENTS_PER_APPEND + i), value, List.of());
            }
            for (long tenth = tenths * append / appends; tenth < tenths * (append + 1) / appends; tenth++) {
                for (int i = 0; i < 10; i++) {
                    builder.append(1000, key("long", (int) (tenth % LONG_STREAMS)), value, List.of());
                }
            }
            open.add(broker.logs().append(topic, builder.build()));
            if (open.size() >= IN_FLIGHT) {
                open.remove().join();
            }
        }
        open.forEach(CompletableFuture::join);
    }

    private static byte[] key(String prefix, int number) {
        return (prefix + "-" + number).getBytes(StandardCharsets.UTF_8);
    }

    private static String read(LocalBroker broker, TopicPartition topic, int reads) {
        SplittableRandom random = new SplittableRandom(1);
        long[] nanos = new long[reads];
        for (int i = 0; i < reads; i++) {
            nanos[i] = read(broker, topic, key("long", random.nextInt(LONG_STREAMS)));
        }
        return percentiles(nanos);
    }

    private static String readEachOnce(LocalBroker broker, TopicPartition topic) {
        long[] nanos = new long[LONG_STREAMS];
        for (int i = 0; i < nanos.length; i++) {
            nanos[i] = read(broker, topic, key("long", (int) (i * 7919L % LONG_STREAMS)));
        }
        return percentiles(nanos);
    }

    private static long read(LocalBroker broker, TopicPartition topic, byte[] key) {
        long start = System.nanoTime();
        var read = broker.streams()
                .read(topic, key, new Span(0, false, LONG_EVENTS, 1 << 20, AsOf.NOW))
                .join();
        long took = System.nanoTime() - start;
        if (read.events().size() != LONG_EVENTS) {
            throw new IllegalStateException("read " + read.events().size() + " events of " + LONG_EVENTS);
        }
        return took;
    }

    private static String percentiles(long[] nanos) {
        Arrays.sort(nanos);
        return String.format(
                "p50 %.0f us, p99 %.0f us, longest %.0f us",
                nanos[nanos.length / 2] / 1e3, nanos[nanos.length * 99 / 100] / 1e3, nanos[nanos.length - 1] / 1e3);
    }

    // ---- conditions on tags

    private static void tags(Path directory, int checks) throws Exception {
        try (LocalBroker broker = open(directory)) {
            TopicPartition topic = new TopicPartition(
                    broker.topics()
                            .create("tagged", 1, Map.of("stream.index", "key+tags"))
                            .get()
                            .topicId(),
                    0);
            RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 64 << 10);
            for (int i = 0; i < 10_000; i++) {
                builder.append(
                        1000, key("seat", i), null, List.of(EventHeaders.tags(List.of("seat:" + i, "day:" + i % 7))));
            }
            broker.logs().append(topic, builder.build()).get();
            for (int round = 0; round < 5; round++) {
                System.out.printf("a check of two tags: %.2f us%n", check(broker, topic, checks));
            }
        }
    }

    /** Many at once, so that the wait for the disk is shared and what is left is the check. */
    private static double check(LocalBroker broker, TopicPartition topic, int checks) {
        List<CompletableFuture<?>> all = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = 0; i < checks; i++) {
            EventQuery query =
                    EventQuery.of(new EventQuery.Item(List.of(), List.of("seat:" + i % 10_000, "day:" + (i + 1) % 7)));
            all.add(broker.streams()
                    .append(topic, ByteBuffer.allocate(0), List.of(), new Condition(query, 9_999, null)));
            if (all.size() == 1_000) {
                all.forEach(CompletableFuture::join);
                all.clear();
            }
        }
        all.forEach(CompletableFuture::join);
        return (System.nanoTime() - start) / 1e3 / checks;
    }
}
