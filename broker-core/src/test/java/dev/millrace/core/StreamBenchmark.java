package dev.millrace.core;

import dev.millrace.core.StreamOperations.Condition;
import dev.millrace.core.StreamWorld.Ev;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.wire.EventQuery;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** Measures appends to streams beside plain publishing, reads of a stream, and conditions on tags. Not run by the build. */
public final class StreamBenchmark {
    private static final int EVENTS = 200_000;
    private static final int BATCH = 100;
    private static final int STREAMS = 100_000;
    private static final int IN_FLIGHT = 64;
    private static final int READS = 5_000;
    private static final byte[] VALUE = new byte[200];

    private StreamBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        Path directory = arguments.length > 0 ? Path.of(arguments[0]) : Files.createTempDirectory("streams");
        System.out.println("events=" + EVENTS + " batch=" + BATCH + " valueBytes=" + VALUE.length);
        for (int round = 0; round < 2; round++) {
            for (String index : List.of("none", "key", "key+tags")) {
                try (StreamWorld world = new StreamWorld(
                        directory.resolve(round + index.replace("+", "")), Map.of("stream.index", index))) {
                    System.out.printf("publish index=%s %.0f events/s%n", index, publish(world));
                    if (!index.equals("none")) {
                        System.out.printf("append index=%s %.0f events/s%n", index, append(world));
                        System.out.println("read of 100 events: " + read(world));
                    }
                    if (index.equals("key+tags")) {
                        System.out.println("condition on tags, with its append: " + condition(world));
                    }
                }
            }
        }
    }

    private static double publish(StreamWorld world) {
        Deque<CompletableFuture<?>> open = new ArrayDeque<>();
        long start = System.nanoTime();
        for (int i = 0; i < EVENTS; i += BATCH) {
            open.add(world.broker.logs().append(world.topic, batch("p" + i / BATCH % STREAMS, false)));
            if (open.size() >= IN_FLIGHT) {
                open.remove().join();
            }
        }
        open.forEach(CompletableFuture::join);
        return EVENTS * 1e9 / (System.nanoTime() - start);
    }

    private static double append(StreamWorld world) {
        Deque<CompletableFuture<?>> open = new ArrayDeque<>();
        long start = System.nanoTime();
        for (int i = 0; i < EVENTS; i += BATCH) {
            String key = "a" + i / BATCH % STREAMS;
            open.add(world.broker
                    .streams()
                    .append(world.topic, batch(key, true), List.of(StreamWorld.check(key, -1)), null));
            if (open.size() >= IN_FLIGHT) {
                open.remove().join();
            }
        }
        open.forEach(CompletableFuture::join);
        return EVENTS * 1e9 / (System.nanoTime() - start);
    }

    private static ByteBuffer batch(String key, boolean ids) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 32 << 10);
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < BATCH; i++) {
            builder.append(1000, bytes, VALUE, ids ? List.of(EventHeaders.id(UUID.randomUUID())) : List.of());
        }
        return builder.build();
    }

    private static String read(StreamWorld world) {
        Random random = new Random(1);
        long[] nanos = new long[READS];
        for (int i = 0; i < READS; i++) {
            long start = System.nanoTime();
            world.read("a" + random.nextInt(EVENTS / BATCH));
            nanos[i] = System.nanoTime() - start;
        }
        return percentiles(nanos);
    }

    private static String condition(StreamWorld world) {
        world.append(List.of(), Ev.of("seat", "x").tags("seat:1"));
        EventQuery query = EventQuery.of(new EventQuery.Item(List.of(), List.of("seat:1", "day:1")));
        List<CompletableFuture<?>> all = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = 0; i < READS; i++) {
            all.add(world.appendSoon(List.of(), new Condition(query, Long.MAX_VALUE - 1, null)));
        }
        all.forEach(CompletableFuture::join);
        return (System.nanoTime() - start) / READS / 1000.0 + " us each, " + READS + " checks at once";
    }

    private static String percentiles(long[] nanos) {
        Arrays.sort(nanos);
        return String.format(
                "p50 %.0f us, p99 %.0f us", nanos[nanos.length / 2] / 1e3, nanos[nanos.length * 99 / 100] / 1e3);
    }
}
