package dev.millrace.core;

import dev.millrace.core.record.Compression;
import dev.millrace.core.record.EventHeaders;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.record.RecordHeader;
import dev.millrace.core.wire.ExpectedVersion;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * Publishes, and appends under an expectation, at the same size of batch and in turns, so that what else the machine does
 * hits them alike. Rates are those of one run; the ratios, medians over the rounds, are what to look at.
 */
final class AppendRates {
    private static final int IN_FLIGHT = 64;
    private static final int STREAMS = 20_000;

    private final LocalBroker broker;
    private final TopicPartition plain;
    private final TopicPartition keyed;
    private final long[] versions = new long[STREAMS];
    private final SplittableRandom random = new SplittableRandom(5);
    private int nextStream;

    /** What one round did: how long it took, and the processor time of the whole process. */
    private record Round(double nanosPerEvent, double cpuNanosPerEvent) {}

    /** A way to write. */
    private enum Way {
        PUBLISH("publish, no index"),
        INDEXED("publish to streams, no ids"),
        APPEND("append of ids at a version");

        final String words;

        Way(String words) {
            this.words = words;
        }
    }

    AppendRates(LocalBroker broker) throws Exception {
        this.broker = broker;
        plain = topic("plain", Map.of());
        keyed = topic("keyed", Map.of("stream.index", "key"));
        Arrays.fill(versions, ExpectedVersion.NONE);
    }

    private TopicPartition topic(String name, Map<String, String> settings) throws Exception {
        return new TopicPartition(
                broker.topics().create(name, 1, settings).get().topicId(), 0);
    }

    /** Alternates the ways, for so many rounds of so many events. */
    void measure(int batchEvents, int valueBytes, int rounds, int eventsPerRound) {
        byte[] value = new byte[valueBytes];
        random.nextBytes(value);
        List<List<Round>> all = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (int i = -1; i < rounds; i++) {
            for (Way way : Way.values()) {
                Round round = round(way, batchEvents, value, eventsPerRound);
                if (i >= 0) {
                    all.get(way.ordinal()).add(round);
                }
            }
        }
        System.out.printf(
                "batch=%d valueBytes=%d rounds=%d x %d events%n", batchEvents, valueBytes, rounds, eventsPerRound);
        for (Way way : Way.values()) {
            List<Round> rounds2 = all.get(way.ordinal());
            double[] rates = new double[rounds];
            double[] cpus = new double[rounds];
            for (int i = 0; i < rounds; i++) {
                Round base = all.get(0).get(i);
                rates[i] = base.nanosPerEvent / rounds2.get(i).nanosPerEvent;
                cpus[i] = rounds2.get(i).cpuNanosPerEvent / base.cpuNanosPerEvent;
            }
            System.out.printf(
                    "  %-28s %8.0f events/s  rate ratio %.2f (%.2f to %.2f)  cpu %5.0f ns/event  cpu ratio %.2f%n",
                    way.words,
                    1e9
                            / median(rounds2.stream()
                                    .mapToDouble(Round::nanosPerEvent)
                                    .toArray()),
                    median(rates),
                    Arrays.stream(rates).min().orElse(0),
                    Arrays.stream(rates).max().orElse(0),
                    median(rounds2.stream().mapToDouble(Round::cpuNanosPerEvent).toArray()),
                    median(cpus));
        }
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private Round round(Way way, int batchEvents, byte[] value, int events) {
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 1024);
        Deque<CompletableFuture<?>> open = new ArrayDeque<>();
        long cpu = cpuNanos();
        long start = System.nanoTime();
        for (int done = 0; done < events; done += batchEvents) {
            nextStream = (nextStream + 1) % STREAMS;
            byte[] key = ("order-" + nextStream).getBytes(StandardCharsets.UTF_8);
            ByteBuffer batch = batch(builder, key, value, batchEvents, way == Way.APPEND || way == Way.PUBLISH);
            open.add(
                    switch (way) {
                        case PUBLISH -> broker.logs().append(plain, batch);
                        case INDEXED -> broker.logs().append(keyed, batch).thenRun(() -> {});
                        case APPEND -> append(key, batch, nextStream, batchEvents);
                    });
            if (way == Way.INDEXED) {
                versions[nextStream] = ExpectedVersion.ANY;
            }
            if (open.size() >= IN_FLIGHT) {
                open.remove().join();
            }
        }
        open.forEach(CompletableFuture::join);
        long nanos = System.nanoTime() - start;
        return new Round((double) nanos / events, (double) (cpuNanos() - cpu) / events);
    }

    /** Expects the version that the last append gave; any where something else was written in between. */
    private CompletableFuture<?> append(byte[] key, ByteBuffer batch, int stream, int batchEvents) {
        long expected = versions[stream];
        return broker.streams()
                .append(keyed, batch, List.of(new StreamOperations.Check(key, expected)), null)
                .thenAccept(outcome -> {
                    if (!(outcome instanceof StreamOperations.Appended appended)) {
                        throw new IllegalStateException(
                                "append to " + stream + " expecting " + expected + ": " + outcome);
                    }
                    versions[stream] = appended.versions()[batchEvents - 1];
                });
    }

    private ByteBuffer batch(RecordBatchBuilder builder, byte[] key, byte[] value, int events, boolean ids) {
        builder.reset();
        for (int i = 0; i < events; i++) {
            List<RecordHeader> headers =
                    ids ? List.of(EventHeaders.id(new UUID(random.nextLong(), random.nextLong()))) : List.of();
            builder.append(System.currentTimeMillis(), key, value, headers);
        }
        return builder.build();
    }

    private static long cpuNanos() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }
}
