package dev.millrace.core;

import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.wire.NewTimer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How much memory pending timers take, and how late they fire: {@code TimersBenchmark DIRECTORY [PENDING] [PER_SECOND]
 * [SECONDS]}. Not a test: it measures the machine, too. How to run it stands in docs/DEVELOPING.md.
 *
 * <p>Schedules PENDING timers that are due in a day, then PER_SECOND that fall due in each of the next SECONDS, and waits
 * for them. Lateness is from the due time until the record is durable.
 */
public final class TimersBenchmark {
    private static final int VALUE_BYTES = 100;
    private static final long DAY_MS = 86_400_000;

    private final LocalBroker broker;
    private final UUID topicId;
    private final long producerId;
    private long sequence;

    private TimersBenchmark(LocalBroker broker) throws Exception {
        this.broker = broker;
        this.topicId = broker.topics().create("timers", 8, Map.of()).get().topicId();
        this.producerId = broker.logs().initProducer().get().producerId();
    }

    public static void main(String[] args) throws Exception {
        int pending = args.length > 1 ? Integer.parseInt(args[1]) : 1_000_000;
        int perSecond = args.length > 2 ? Integer.parseInt(args[2]) : 1_000;
        int seconds = args.length > 3 ? Integer.parseInt(args[3]) : 30;
        try (LocalBroker broker = LocalBroker.open(BrokerOptions.defaults(Path.of(args[0])))) {
            new TimersBenchmark(broker).measure(pending, perSecond, seconds);
        }
    }

    private void measure(int pending, int perSecond, int seconds) throws Exception {
        say("heap with none: %d MiB", usedMiB());
        long startNanos = System.nanoTime();
        for (int done = 0; done < pending; done += 1_000) {
            schedule(System.currentTimeMillis() + DAY_MS + done, 1_000, 1);
        }
        double scheduleSeconds = (System.nanoTime() - startNanos) / 1e9;
        say("scheduled %d in %.1f s: %.0f/s", pending, scheduleSeconds, pending / scheduleSeconds);
        say("heap with %d pending: %d MiB", broker.stats().timersPending(), usedMiB());
        ConcurrentLinkedQueue<Long> lateMs = new ConcurrentLinkedQueue<>();
        broker.stats().observe(new BrokerStats.Observer() {
            @Override
            public void onCommit(int requests, long bytes) {}

            @Override
            public void onSync(long nanos) {}

            @Override
            public void onPublish(long nanos) {}

            @Override
            public void onTimerFired(long late) {
                lateMs.add(late);
            }
        });
        long firstMs = System.currentTimeMillis() + 3_000;
        for (int second = 0; second < seconds; second++) {
            schedule(firstMs + second * 1_000L, perSecond, 1_000.0 / perSecond);
        }
        while (lateMs.size() < seconds * perSecond) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
        long[] sorted = lateMs.stream().mapToLong(Long::longValue).sorted().toArray();
        say(
                "fired %d: lateness p50 %d ms, p99 %d ms, p99.9 %d ms, longest %d ms",
                sorted.length,
                sorted[sorted.length / 2],
                sorted[(int) (sorted.length * 0.99)],
                sorted[(int) (sorted.length * 0.999)],
                sorted[sorted.length - 1]);
        burst(lateMs, pending);
    }

    /** As many as were pending, all due at once, as after a time in which the broker was down. */
    private void burst(ConcurrentLinkedQueue<Long> lateMs, int count) throws Exception {
        lateMs.clear();
        int burst = Math.min(count, 100_000);
        long dueMs = System.currentTimeMillis() + 15_000;
        for (int done = 0; done < burst; done += 1_000) {
            schedule(dueMs, 1_000, 0);
        }
        while (lateMs.size() < burst) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
        long tookMs = System.currentTimeMillis() - dueMs;
        say("%d due at the same moment were delivered in %d ms", burst, tookMs);
    }

    private void schedule(long firstMs, int count, double stepMs) throws Exception {
        for (int done = 0; done < count; done += 1_000) {
            List<NewTimer> timers = new ArrayList<>();
            for (int i = done; i < Math.min(count, done + 1_000); i++) {
                RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 256);
                byte[] value = new byte[VALUE_BYTES];
                Arrays.fill(value, (byte) i);
                builder.append(1, null, value, List.of());
                timers.add(new NewTimer(topicId, i % 8, (long) (firstMs + i * stepMs), -1, null, builder.build()));
            }
            broker.timers().schedule(producerId, sequence++, timers).get();
        }
    }

    private static long usedMiB() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return (runtime.totalMemory() - runtime.freeMemory()) >> 20;
    }

    private static void say(String format, Object... values) {
        System.out.printf(format + "%n", values);
    }
}
