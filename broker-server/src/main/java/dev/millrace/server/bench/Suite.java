package dev.millrace.server.bench;

import dev.millrace.core.record.Compression;
import dev.millrace.server.bench.BenchPlan.Batching;
import dev.millrace.server.bench.BenchPlan.KeyDistribution;
import dev.millrace.server.bench.BenchPlan.Keys;
import dev.millrace.server.bench.BenchPlan.Payload;
import dev.millrace.server.bench.BenchPlan.Publish;
import dev.millrace.server.bench.BenchPlan.Read;
import dev.millrace.server.bench.BenchPlan.Subject;
import dev.millrace.server.bench.BenchPlan.Topics;
import dev.millrace.server.bench.BenchPlan.Window;
import java.util.List;

/**
 * A fixed list of cases, for comparisons between versions, machines and brokers. To change a case is to make old results
 * worthless.
 */
public final class Suite {
    private static final int PARTITIONS = 8;
    private static final int KIBIBYTE = 1024;
    private static final Read ONE_GROUP = new Read(1, 1, true);

    private final BenchPlan.Server server;
    private final String prefix;
    private final long warmupMs;
    private final long durationMs;
    private final long seed;

    /** @param prefix of the topics' names */
    public Suite(BenchPlan.Server server, String prefix, long warmupMs, long durationMs, long seed) {
        this.server = server;
        this.prefix = prefix;
        this.warmupMs = warmupMs;
        this.durationMs = durationMs;
        this.seed = seed;
    }

    public List<BenchPlan> cases() {
        return List.of(
                of("pub 1KiB", "pub-1k", ahead(KIBIBYTE), null, Subject.RECEIPTS),
                of("pub 100B", "pub-100", ahead(100), null, Subject.RECEIPTS),
                of("1 waiting publisher", "waiting-1", waiting(1), null, Subject.RECEIPTS),
                of("1000 waiting publishers", "waiting-1000", waiting(1000), null, Subject.RECEIPTS),
                of("e2e 1KiB, 1000/s", "e2e", paced(1000), ONE_GROUP, Subject.DELIVERIES),
                of("catch-up read 1KiB", "catch-up", ahead(KIBIBYTE), new Read(1, 1, false), Subject.READING),
                of("10 groups tailing, 2000/s", "groups", paced(2000), new Read(10, 1, true), Subject.DELIVERIES),
                many("pub 1KiB, 10,000 partitions"));
    }

    private BenchPlan of(String name, String topic, Publish publish, Read read, Subject subject) {
        Topics topics = new Topics(prefix + "-" + topic, 1, PARTITIONS, false);
        return plan(name, topics, publish, read, subject);
    }

    private BenchPlan many(String name) {
        return plan(name, new Topics(prefix + "-many", 100, 100, false), ahead(KIBIBYTE), null, Subject.RECEIPTS);
    }

    private BenchPlan plan(String name, Topics topics, Publish publish, Read read, Subject subject) {
        return new BenchPlan(name, server, topics, publish, read, new Window(subject, warmupMs, durationMs, 0), seed);
    }

    private static Publish ahead(int sizeBytes) {
        return publish(0, 0, sizeBytes);
    }

    private static Publish waiting(int publishers) {
        return publish(publishers, 0, KIBIBYTE);
    }

    private static Publish paced(double ratePerSecond) {
        return publish(0, ratePerSecond, KIBIBYTE);
    }

    private static Publish publish(int waitingPublishers, double ratePerSecond, int sizeBytes) {
        Keys noKeys = new Keys(KeyDistribution.NONE, 1);
        Batching ofTheClient = new Batching(0, -1, Compression.NONE);
        return new Publish(1, waitingPublishers, ratePerSecond, Payload.random(sizeBytes, 0), noKeys, ofTheClient);
    }
}
