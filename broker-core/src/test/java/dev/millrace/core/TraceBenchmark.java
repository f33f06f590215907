package dev.millrace.core;

import dev.millrace.core.TraceOperations.Page;
import dev.millrace.core.TraceOperations.Place;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.record.RecordHeader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/**
 * How long it takes to find what belongs to a correlation id: {@code TraceBenchmark DIRECTORY [EVENTS [LOOK-UPS]]}, ten
 * events of each id, far apart in two topics. Not a test: it measures the machine, too. How to run it stands in
 * docs/DEVELOPING.md.
 */
public final class TraceBenchmark {
    private static final int EVENTS_OF_ID = 10;
    private static final int EVENTS_PER_BATCH = 500;
    private static final int IN_FLIGHT = 64;
    private static final int VALUE_BYTES = 100;

    private TraceBenchmark() {}

    public static void main(String[] args) throws Exception {
        Path directory = Path.of(args[0]);
        int events = args.length > 1 ? Integer.parseInt(args[1]) : 10_000_000;
        int lookUps = args.length > 2 ? Integer.parseInt(args[2]) : 1_000;
        int ids = events / EVENTS_OF_ID;
        try (LocalBroker broker = open(directory)) {
            fill(broker, "orders", ids);
            fill(broker, "payments", ids);
            System.out.printf("events=%d ids=%d%n", events, ids);
            System.out.println("right after writing  " + look(broker, ids, lookUps, 1));
        }
        try (LocalBroker broker = open(directory)) {
            System.out.println("after a restart      " + look(broker, ids, lookUps, 2));
            System.out.println("and again            " + look(broker, ids, lookUps, 2));
        }
    }

    private static LocalBroker open(Path directory) {
        return LocalBroker.open(BrokerOptions.defaults(directory));
    }

    /** Half of each id's events; every round goes once over all ids. */
    private static void fill(LocalBroker broker, String name, int ids) throws Exception {
        TopicPartition topic = new TopicPartition(
                broker.topics()
                        .create(name, 1, Map.of("correlation.index", "on"))
                        .get()
                        .topicId(),
                0);
        Deque<CompletableFuture<?>> open = new ArrayDeque<>();
        byte[] value = new byte[VALUE_BYTES];
        for (int round = 0; round < EVENTS_OF_ID / 2; round++) {
            for (int first = 0; first < ids; first += EVENTS_PER_BATCH) {
                RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 64 << 10);
                for (int id = first; id < Math.min(ids, first + EVENTS_PER_BATCH); id++) {
                    builder.append(1_000, null, value, List.of(correlation(id)));
                }
                open.add(broker.logs().append(topic, builder.build()));
                if (open.size() >= IN_FLIGHT) {
                    open.remove().join();
                }
            }
        }
        open.forEach(CompletableFuture::join);
    }

    private static RecordHeader correlation(int id) {
        return new RecordHeader(EventHeaders.CORRELATION, text(id).getBytes(StandardCharsets.UTF_8));
    }

    private static String text(int id) {
        return "order-" + id;
    }

    private static String look(LocalBroker broker, int ids, int lookUps, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        long[] nanos = new long[lookUps];
        for (int i = 0; i < lookUps; i++) {
            String id = text(random.nextInt(ids));
            long start = System.nanoTime();
            Page page = broker.traces()
                    .find(id, Place.FIRST, TraceOperations.COUNT_MAX)
                    .join();
            nanos[i] = System.nanoTime() - start;
            if (page.found().size() != EVENTS_OF_ID) {
                throw new IllegalStateException(id + " has " + page.found().size() + " events of " + EVENTS_OF_ID);
            }
        }
        Arrays.sort(nanos);
        return "p50 %.1f ms, p99 %.1f ms, longest %.1f ms"
                .formatted(nanos[lookUps / 2] / 1e6, nanos[lookUps * 99 / 100] / 1e6, nanos[lookUps - 1] / 1e6);
    }
}
