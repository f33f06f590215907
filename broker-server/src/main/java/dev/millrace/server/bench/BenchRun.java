package dev.millrace.server.bench;

import dev.millrace.server.bench.BenchPlan.Subject;
import dev.millrace.server.bench.BenchReport.Flow;
import dev.millrace.server.bench.BenchReport.Second;
import dev.millrace.server.bench.LatencyRecorder.Measured;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * One run: prepare, warm up, wait until nothing is on its way, measure, wait until everything has arrived, report.
 *
 * <p><em>Thread:</em> one, but {@link #moment()} any.
 */
public final class BenchRun {
    private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long LOOK_MS = 20;
    private static final long STALL_NANOS = TimeUnit.SECONDS.toNanos(30);
    /** Where so many records failed and none was acknowledged, more would tell nothing. */
    private static final long ERRORS_ONLY_MAX = 100;

    private final BenchPlan plan;
    private final BooleanSupplier stopped;
    private final Consumer<String> warnings;
    private final LatencyRecorder acks = new LatencyRecorder();
    private final LatencyRecorder deliveries = new LatencyRecorder();
    private final Measured published = new Measured();
    private final Measured delivered = new Measured();
    private final List<Second> series = new ArrayList<>();
    private final long run = System.nanoTime() | 1;
    private long seriesStartNanos;
    private long secondStartNanos;
    private volatile boolean hopeless;
    private volatile Moment moment = new Moment("connecting", 0, 0, 0);

    /**
     * How far a run is.
     *
     * @param records counted in the stage so far
     * @param recordsPerSecond in the last second
     * @param seconds since the stage began
     */
    public record Moment(String stage, long records, double recordsPerSecond, double seconds) {}

    /**
     * @param stopped says when to end early; what was measured until then is reported
     * @param warnings takes what a person should know and what spoils no result
     */
    public BenchRun(BenchPlan plan, BooleanSupplier stopped, Consumer<String> warnings) {
        this.plan = plan;
        this.stopped = stopped;
        this.warnings = warnings;
    }

    public Moment moment() {
        return moment;
    }

    public BenchReport run() throws InterruptedException {
        try (Target target = Target.open(plan.server())) {
            Target.Facts facts = target.facts();
            moment = new Moment("preparing", 0, 0, 0);
            try (BenchTopics topics = plan.publish() == null
                    ? BenchTopics.existing(target, plan.topics(), warnings)
                    : BenchTopics.prepare(target, plan.topics(), warnings)) {
                return plan.window().subject() == Subject.READING
                        ? read(target, topics, facts)
                        : publish(target, topics, facts);
            }
        }
    }

    // ---- publishing, with or without readers

    private BenchReport publish(Target target, BenchTopics topics, Target.Facts facts) throws InterruptedException {
        try (Generators generators = new Generators(target, plan, topics.names(), this::mustEnd);
                Readers readers = openReaders(target, topics, run)) {
            if (readers != null) readers.startAndAwaitPositions();
            warmUp(generators);
            CpuMeter cpu = CpuMeter.start(brokerPid(facts));
            long records = plan.window().records();
            Generators.Running running = generators.start(new Generators.Phase(
                    readers == null ? 0 : run, plan.window().durationMs(), records, acks));
            startSeries(running.startNanos());
            while (!running.awaitPublished(LOOK_MS)) look(acks);
            running.settle();
            if (readers != null) awaitDeliveries(readers, acks.acknowledgedCount() * readers.groupCount());
            endSeries(acks);
            requireHope();
            Flow flow = Flow.of(published, running.startNanos());
            Flow deliveredFlow = readers == null ? null : Flow.of(delivered, running.startNanos());
            return report(facts, topics, cpu, flow, deliveredFlow, running.missed());
        }
    }

    /** Null where nothing is read. */
    private Readers openReaders(Target target, BenchTopics topics, long countedRun) {
        if (plan.read() == null) return null;
        return new Readers(target, plan.read(), topics, new Readers.Count(countedRun, deliveries), warnings);
    }

    private boolean mustEnd() {
        return hopeless || stopped.getAsBoolean();
    }

    private void warmUp(Generators generators) throws InterruptedException {
        long warmupMs = plan.window().warmupMs();
        if (warmupMs == 0) return;
        moment = new Moment("warming up", 0, 0, 0);
        LatencyRecorder ignored = new LatencyRecorder();
        long otherRun = plan.read() == null ? 0 : run + 2;
        Generators.Running running = generators.start(new Generators.Phase(otherRun, warmupMs, 0, ignored));
        while (!running.awaitPublished(LOOK_MS)) {
            moment = new Moment("warming up", ignored.settledCount(), 0, seconds(running.startNanos()));
        }
        running.settle();
    }

    private void awaitDeliveries(Readers readers, long wanted) throws InterruptedException {
        Stall stall = new Stall();
        while (deliveries.settledCount() < wanted && !stopped.getAsBoolean()) {
            readers.requireHealthy();
            look(acks);
            long missing = wanted - deliveries.settledCount();
            if (stall.since(missing)) {
                deliveries.failed(new BenchException(missing + " of " + wanted + " deliveries did not come within "
                        + STALL_NANOS / SECOND_NANOS + " s"));
                return;
            }
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    // ---- reading what is there

    private BenchReport read(Target target, BenchTopics topics, Target.Facts facts) throws InterruptedException {
        if (plan.publish() != null) fill(target, topics);
        long wanted = recordsToRead(target, topics);
        warmUpReading(target, topics, wanted);
        try (Readers readers = openReaders(target, topics, 0)) {
            moment = new Moment("joining", 0, 0, 0);
            readers.start();
            awaitFirst(readers, deliveries);
            long startNanos = readers.firstPollNanos();
            CpuMeter cpu = CpuMeter.start(brokerPid(facts));
            startSeries(startNanos);
            awaitRead(readers, startNanos, wanted);
            endSeries(deliveries);
            return report(facts, topics, cpu, null, Flow.of(delivered, startNanos), 0);
        }
    }

    /** Other readers read from the start, again and again: the client's compilers are what takes longest to warm up. */
    private void warmUpReading(Target target, BenchTopics topics, long wanted) throws InterruptedException {
        if (plan.read().latest()) return;
        long startNanos = System.nanoTime();
        long endNanos = startNanos + TimeUnit.MILLISECONDS.toNanos(plan.window().warmupMs());
        while (!mustEnd() && System.nanoTime() - endNanos < 0) {
            LatencyRecorder ignored = new LatencyRecorder();
            Readers.Count uncounted = new Readers.Count(0, ignored);
            try (Readers readers = new Readers(target, plan.read(), topics, uncounted, warnings)) {
                readers.start();
                awaitFirst(readers, ignored);
                while (ignored.settledCount() < wanted && !mustEnd() && System.nanoTime() - endNanos < 0) {
                    readers.requireHealthy();
                    moment = new Moment("warming up", ignored.settledCount(), 0, seconds(startNanos));
                    TimeUnit.MILLISECONDS.sleep(1);
                }
            }
        }
    }

    private void fill(Target target, BenchTopics topics) throws InterruptedException {
        try (Generators generators = new Generators(target, plan, topics.names(), stopped)) {
            LatencyRecorder filled = new LatencyRecorder();
            Generators.Running running = generators.start(new Generators.Phase(
                    0, plan.window().durationMs(), plan.window().records(), filled));
            while (!running.awaitPublished(LOOK_MS)) {
                moment = new Moment("filling", filled.settledCount(), 0, seconds(running.startNanos()));
            }
            running.settle();
        }
    }

    /** Of all groups together; the largest number where only time or a stop ends the run. */
    private long recordsToRead(Target target, BenchTopics topics) {
        int groups = Math.max(1, plan.read().groups());
        long limit = plan.publish() == null && plan.window().records() > 0
                ? plan.window().records()
                : Long.MAX_VALUE / groups;
        if (plan.read().latest()) return limit * groups;
        long there = target.messages(topics.names());
        if (there == 0) {
            throw new BenchException("there is nothing to read in "
                    + topics.names().get(0) + (topics.names().size() > 1 ? ", ..." : "")
                    + ". Fill it with `millrace bench pub --keep`.");
        }
        return Math.min(limit, there) * groups;
    }

    /** Joining a group is not what is measured: the clock starts with the poll that brings the first record. */
    private void awaitFirst(Readers readers, LatencyRecorder read) throws InterruptedException {
        Stall stall = new Stall();
        while (read.settledCount() == 0 && !stopped.getAsBoolean()) {
            readers.requireHealthy();
            if (stall.since(0) && !plan.read().latest()) {
                throw new BenchException("nothing was read within " + STALL_NANOS / SECOND_NANOS + " s.");
            }
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    private void awaitRead(Readers readers, long startNanos, long wanted) throws InterruptedException {
        long durationMs = plan.publish() == null ? plan.window().durationMs() : 0;
        long endNanos = startNanos + TimeUnit.MILLISECONDS.toNanos(durationMs);
        Stall stall = new Stall();
        while (deliveries.settledCount() < wanted && !stopped.getAsBoolean()) {
            readers.requireHealthy();
            look(deliveries);
            if (durationMs > 0 && System.nanoTime() - endNanos >= 0) return;
            long missing = wanted - deliveries.settledCount();
            if (!plan.read().latest() && stall.since(missing)) {
                deliveries.failed(new BenchException(missing + " of " + wanted + " records did not come within "
                        + STALL_NANOS / SECOND_NANOS + " s"));
                return;
            }
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    // ---- what all runs do

    private long brokerPid(Target.Facts facts) {
        long given = plan.server().brokerPid();
        if (given != 0) return given;
        if (!local()) return 0;
        int colon = plan.server().address().lastIndexOf(':');
        int port = Integer.parseInt(plan.server().address().substring(colon + 1));
        OptionalLong listening = BrokerProcess.listeningAt(port);
        long pid = listening.orElse(facts.pid());
        // A broker inside this process: its share cannot be told from the client's.
        return pid == ProcessHandle.current().pid() ? 0 : pid;
    }

    private boolean local() {
        String address = plan.server().address();
        return BrokerProcess.isLocal(address.substring(0, address.lastIndexOf(':')));
    }

    private void startSeries(long startNanos) {
        seriesStartNanos = startNanos;
        secondStartNanos = startNanos;
        moment = new Moment("measuring", 0, 0, 0);
    }

    /** Closes the second where it is over. */
    private void look(LatencyRecorder main) {
        if (System.nanoTime() - secondStartNanos < SECOND_NANOS) return;
        closeSecond(main);
        hopeless = main == acks && published.records() == 0 && published.errors() >= ERRORS_ONLY_MAX;
    }

    private void endSeries(LatencyRecorder main) {
        closeSecond(main);
    }

    private void closeSecond(LatencyRecorder main) {
        long nowNanos = System.nanoTime();
        long lengthNanos = nowNanos - secondStartNanos;
        Measured acknowledged = acks.drainTo(published);
        Measured read = deliveries.drainTo(delivered);
        boolean byDelivery = main == deliveries || plan.window().subject() == Subject.DELIVERIES;
        Measured shown = byDelivery ? read : acknowledged;
        series.add(Second.of(shown, secondStartNanos - seriesStartNanos, lengthNanos));
        secondStartNanos = nowNanos;
        Measured all = byDelivery ? delivered : published;
        double rate = shown.records() * (double) SECOND_NANOS / lengthNanos;
        moment = new Moment("measuring", all.records(), rate, seconds(seriesStartNanos));
    }

    private void requireHope() {
        if (published.records() > 0 || published.errors() == 0) return;
        Throwable first = published.firstFailure();
        throw new BenchException(
                "none of " + published.errors() + " records was acknowledged; the first failed with: "
                        + first.getMessage(),
                first);
    }

    private BenchReport report(
            Target.Facts facts, BenchTopics topics, CpuMeter cpu, Flow published, Flow delivered, long missed) {
        return new BenchReport(
                plan,
                published,
                delivered,
                missed,
                cpu.clientSeconds(),
                cpu.brokerSeconds(),
                Surroundings.of(facts, local()),
                topics.createdCount(),
                topics.createSeconds(),
                series);
    }

    private static double seconds(long sinceNanos) {
        return (System.nanoTime() - sinceNanos) / 1e9;
    }

    /** Notices when a number stays the same for too long. */
    private static final class Stall {
        private long last = -1;
        private long sinceNanos = System.nanoTime();

        boolean since(long number) {
            long nowNanos = System.nanoTime();
            if (number != last) {
                last = number;
                sinceNanos = nowNanos;
            }
            return nowNanos - sinceNanos > STALL_NANOS;
        }
    }
}
