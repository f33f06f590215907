package dev.millrace.server.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;

/** The threads that publish, phase after phase, over connections that stay. <em>Thread:</em> one. */
final class Generators implements AutoCloseable {
    private static final long CALLBACKS_MS_MAX = 30_000;
    private static final long NO_LIMIT = Long.MAX_VALUE;
    /**
     * With records of 100 bytes a twentieth of all time, the broker's too, went into reading the clock for each. A prime, as
     * topics and partitions take turns.
     */
    private static final int TIMED_EVERY = 11;

    private final BenchPlan.Publish plan;
    private final List<Publisher> publishers = new ArrayList<>();
    private final List<RecordSource> sources = new ArrayList<>();
    private final BooleanSupplier stopped;

    /**
     * One stretch of publishing.
     *
     * @param run number in the payloads; 0 for payloads without a stamp
     * @param durationMs 0 for no limit
     * @param records 0 for no limit
     * @param acks is told of each record
     */
    record Phase(long run, long durationMs, long records, LatencyRecorder acks) {}

    /** A phase that goes on. */
    final class Running {
        private final Phase phase;
        private final long startNanos;
        private final CountDownLatch ended;
        private final LongAdder sent = new LongAdder();
        private final LongAdder missed = new LongAdder();

        private Running(Phase phase, long startNanos) {
            this.phase = phase;
            this.startNanos = startNanos;
            this.ended = new CountDownLatch(sources.size());
        }

        long startNanos() {
            return startNanos;
        }

        /** Returns whether all threads have published their part. */
        boolean awaitPublished(long timeoutMs) throws InterruptedException {
            return ended.await(timeoutMs, TimeUnit.MILLISECONDS);
        }

        /** Waits until all that was published has been acknowledged or has failed. */
        void settle() throws InterruptedException {
            publishers.forEach(Publisher::flush);
            long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CALLBACKS_MS_MAX);
            while (phase.acks().settledCount() < sent.sum()) {
                if (System.nanoTime() - deadlineNanos > 0) {
                    throw new BenchException("the client did not tell within " + CALLBACKS_MS_MAX
                            + " ms after its flush what became of "
                            + (sent.sum() - phase.acks().settledCount()) + " records.");
                }
                TimeUnit.MILLISECONDS.sleep(1);
            }
        }

        long missed() {
            return missed.sum();
        }
    }

    Generators(Target target, BenchPlan bench, List<String> topics, BooleanSupplier stopped) {
        this.plan = bench.publish();
        this.stopped = stopped;
        PayloadPool payloads = PayloadPool.of(plan.payload(), bench.seed());
        KeyPool keys = new KeyPool(plan.keys(), bench.seed());
        SplittableRandom random = new SplittableRandom(bench.seed());
        for (int i = 0; i < plan.threads(); i++) {
            sources.add(new RecordSource(topics, payloads, keys, random.split()));
        }
        open(target);
    }

    private void open(Target target) {
        try {
            for (int i = 0; i < plan.clients(); i++) publishers.add(target.openPublisher(plan));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Starts all threads; the phase counts from now on. */
    Running start(Phase phase) {
        Running running = new Running(phase, System.nanoTime());
        for (int i = 0; i < sources.size(); i++) {
            RecordSource source = sources.get(i);
            Publisher publisher = publishers.get(i % publishers.size());
            Pacer pacer = new Pacer(schedule(phase, running.startNanos, i), Pacer.Clock.SYSTEM, stopped);
            if (plan.waitingPublishers() > 0 && plan.ratePerSecond() == 0 && publisher.sendsFromAcks()) {
                new Turns(running, pacer, source, publisher).next();
                continue;
            }
            Thread thread = new Thread(() -> run(running, pacer, source, publisher), "bench-publisher-" + i);
            thread.setDaemon(true);
            thread.start();
        }
        return running;
    }

    private Pacer.Schedule schedule(Phase phase, long startNanos, int thread) {
        int threads = sources.size();
        double intervalNanos = plan.ratePerSecond() == 0 ? 0 : 1e9 * threads / plan.ratePerSecond();
        long durationNanos = phase.durationMs() == 0
                ? TimeUnit.DAYS.toNanos(365)
                : TimeUnit.MILLISECONDS.toNanos(phase.durationMs());
        long part = phase.records() / threads + (thread < phase.records() % threads ? 1 : 0);
        return new Pacer.Schedule(
                startNanos,
                intervalNanos,
                intervalNanos * thread / threads,
                startNanos + durationNanos,
                phase.records() == 0 ? NO_LIMIT : part,
                plan.waitingPublishers() == 0 && phase.run() == 0 ? TIMED_EVERY : 1);
    }

    private void run(Running running, Pacer pacer, RecordSource source, Publisher publisher) {
        try {
            if (plan.waitingPublishers() == 0) {
                publishAhead(running, pacer, source, publisher);
            } else {
                publishWaiting(running, pacer, source, publisher);
            }
            running.missed.add(pacer.missed());
        } finally {
            running.ended.countDown();
        }
    }

    /** As many on their way as the client has room for. */
    private static void publishAhead(Running running, Pacer pacer, RecordSource source, Publisher publisher) {
        LatencyRecorder acks = running.phase.acks();
        long run = running.phase.run();
        for (long dueNanos = pacer.awaitNext(); dueNanos != Pacer.END; dueNanos = pacer.awaitNext()) {
            byte[] value = run == 0 ? source.value() : source.stampedValue(run, dueNanos);
            running.sent.increment();
            try {
                publisher.send(source.topic(), source.key(), value, dueNanos, acks);
            } catch (RuntimeException refused) {
                acks.failed(refused);
            }
        }
    }

    /**
     * A waiting publisher without a thread of its own: the next record goes when the receipt of the one before comes. A
     * thousand threads that take turns on a few cores would be most of what is measured.
     */
    private record Turns(Running running, Pacer pacer, RecordSource source, Publisher publisher, AtomicInteger due)
            implements Acks {
        Turns(Running running, Pacer pacer, RecordSource source, Publisher publisher) {
            this(running, pacer, source, publisher, new AtomicInteger());
        }

        /** A record that fails at once comes back here at once: a loop, not a recursion. */
        void next() {
            if (due.getAndIncrement() > 0) return;
            do {
                publishOne();
            } while (due.decrementAndGet() > 0);
        }

        private void publishOne() {
            long dueNanos = pacer.awaitNext();
            if (dueNanos == Pacer.END) {
                running.missed.add(pacer.missed());
                running.ended.countDown();
                return;
            }
            long run = running.phase.run();
            byte[] value = run == 0 ? source.value() : source.stampedValue(run, dueNanos);
            running.sent.increment();
            try {
                publisher.send(source.topic(), source.key(), value, dueNanos, this);
            } catch (RuntimeException refused) {
                running.phase.acks().failed(refused);
                next();
            }
        }

        @Override
        public void settled(long startNanos, int bytes, Throwable failure) {
            running.phase.acks().settled(startNanos, bytes, failure);
            next();
        }
    }

    /** One on its way, the next after its receipt. */
    private static void publishWaiting(Running running, Pacer pacer, RecordSource source, Publisher publisher) {
        LatencyRecorder acks = running.phase.acks();
        long run = running.phase.run();
        for (long dueNanos = pacer.awaitNext(); dueNanos != Pacer.END; dueNanos = pacer.awaitNext()) {
            byte[] value = run == 0 ? source.value() : source.stampedValue(run, dueNanos);
            byte[] key = source.key();
            running.sent.increment();
            try {
                publisher.publish(source.topic(), key, value);
                acks.record(dueNanos, System.nanoTime(), value.length + (key == null ? 0 : key.length));
            } catch (Exception refused) {
                acks.failed(refused);
            }
        }
    }

    @Override
    public void close() {
        publishers.forEach(Publisher::close);
    }
}
