package dev.millrace.server.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** The consumers of all groups, each in a thread of its own, from opening to closing. <em>Thread:</em> one. */
final class Readers implements AutoCloseable {
    /** At 10 ms the waking of 1,000 idle groups alone kept both cores busy. */
    private static final Duration POLL = Duration.ofMillis(250);
    /** The clock of a reading starts with the poll that brings the first record, so that one must be short. */
    private static final Duration FIRST_POLL = Duration.ofMillis(10);

    private static final long POSITION_MS_MAX = 60_000;
    private static final long CLOSE_MS_MAX = 30_000;

    private final Target target;
    private final List<String> groups;
    private final int groupCount;
    private final int partitions;
    private final List<ReaderThread> threads = new ArrayList<>();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final AtomicLong firstPollNanos = new AtomicLong();
    private final Consumer<String> warnings;
    private volatile boolean positionsWanted;
    private volatile boolean closed;

    /**
     * What the readers count.
     *
     * @param run whose stamped records count, with the time since they were published; 0 to count all, without a time
     */
    record Count(long run, LatencyRecorder deliveries) {}

    Readers(Target target, BenchPlan.Read plan, BenchTopics topics, Count count, Consumer<String> warnings) {
        this.target = target;
        this.warnings = warnings;
        this.partitions = topics.partitions();
        this.groupCount = Math.max(1, plan.groups());
        String unique = "bench-" + Long.toHexString(System.nanoTime());
        this.groups = IntStream.rangeClosed(1, plan.groups())
                .mapToObj(number -> unique + "-" + number)
                .toList();
        try {
            for (int group = 0; group < groupCount; group++) open(group, plan, topics, count);
        } catch (RuntimeException e) {
            threads.forEach(thread -> thread.reader.close());
            throw e;
        }
    }

    private void open(int group, BenchPlan.Read plan, BenchTopics topics, Count count) {
        String name = plan.groups() == 0 ? null : groups.get(group);
        for (int member = 0; member < plan.consumers(); member++) {
            Target.Share share = new Target.Share(member, plan.consumers());
            Reader reader = target.openReader(topics.names(), name, share, plan.latest());
            threads.add(new ReaderThread(reader, group, count));
        }
    }

    /** Starts reading and returns when nothing that is published from now on can be missed. */
    void startAndAwaitPositions() throws InterruptedException {
        positionsWanted = true;
        start();
        long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(POSITION_MS_MAX);
        while (!positioned()) {
            requireHealthy();
            if (System.nanoTime() - deadlineNanos > 0) {
                throw new BenchException("the consumers did not get their partitions within " + POSITION_MS_MAX
                        + " ms. Look at the groups with `millrace group list`.");
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
        positionsWanted = false;
    }

    void start() {
        threads.forEach(Thread::start);
    }

    private boolean positioned() {
        int[] found = new int[groupCount];
        threads.forEach(thread -> found[thread.group] += thread.positioned);
        return IntStream.of(found).allMatch(count -> count >= partitions);
    }

    /** @throws BenchException where a consumer has ended by itself */
    void requireHealthy() {
        Throwable cause = failure.get();
        if (cause != null) throw new BenchException("a consumer failed: " + cause.getMessage(), cause);
    }

    /** When the poll began that brought the first record; now where there was none. */
    long firstPollNanos() {
        long nanos = firstPollNanos.get();
        return nanos == 0 ? System.nanoTime() : nanos;
    }

    int groupCount() {
        return groupCount;
    }

    @Override
    public void close() {
        closed = true;
        try {
            for (ReaderThread thread : threads) thread.join(CLOSE_MS_MAX);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        try {
            if (!groups.isEmpty()) target.deleteGroups(groups);
        } catch (RuntimeException e) {
            warnings.accept("the groups " + groups + " were left behind: " + e.getMessage());
        }
    }

    private final class ReaderThread extends Thread {
        private final Reader reader;
        private final int group;
        private final Count count;
        private volatile int positioned;
        private int pollRecords;
        private int pollBytes;

        ReaderThread(Reader reader, int group, Count count) {
            super("bench-reader");
            setDaemon(true);
            this.reader = reader;
            this.group = group;
            this.count = count;
        }

        @Override
        public void run() {
            Reader.Sink sink = count.run() == 0 ? this::takeAny : this::takeStamped;
            try (reader) {
                while (!closed) {
                    long pollNanos = System.nanoTime();
                    boolean timed = count.run() == 0 && firstPollNanos.get() == 0;
                    reader.poll(timed ? FIRST_POLL : POLL, sink);
                    if (pollRecords > 0) {
                        if (firstPollNanos.get() == 0) firstPollNanos.compareAndSet(0, pollNanos);
                        count.deliveries().count(System.nanoTime(), pollRecords, pollBytes);
                        pollRecords = 0;
                        pollBytes = 0;
                    }
                    if (positionsWanted) positioned = reader.positionedPartitions();
                }
            } catch (RuntimeException e) {
                failure.compareAndSet(null, e);
            }
        }

        private void takeAny(byte[] key, byte[] value) {
            pollRecords++;
            pollBytes += bytes(key, value);
        }

        private void takeStamped(byte[] key, byte[] value) {
            if (!RecordSource.isOf(count.run(), value)) return;
            count.deliveries().record(RecordSource.startNanos(value), System.nanoTime(), bytes(key, value));
        }

        private static int bytes(byte[] key, byte[] value) {
            return (key == null ? 0 : key.length) + (value == null ? 0 : value.length);
        }
    }
}
