package dev.millrace.faults;

import dev.millrace.core.BrokerOptions;
import dev.millrace.core.GroupOperations;
import dev.millrace.core.LocalBroker;
import dev.millrace.core.LogOperations.ProducerIdentity;
import dev.millrace.core.TopicPartition;
import dev.millrace.core.record.Compression;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.storage.StoreOptions;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Semaphore;

/**
 * Fills a data directory under load and tells on standard output what was acknowledged, a line each, for {@link
 * DamageOracle}; ends by an orderly close, or is killed. Batches follow from seed and number, so the lines need not hold
 * them.
 *
 * <pre>
 * I cluster id
 * T topic id partitions           a topic
 * R topic partition offset n producer id, first sequence     batch n was acknowledged there
 * S group topic partition offset  a commit was sent
 * C group topic partition offset  and acknowledged
 * HALF                            half done; goes on when it can read a line
 * DONE                            all is acknowledged that this line follows; then goes on until killed, or closes
 * </pre>
 */
final class DamageLoad {
    static final Map<String, Integer> TOPICS = Map.of("orders", 4, "events", 3, "audit", 1);
    private static final List<String> GROUPS = List.of("billing", "search");
    private static final int PRODUCERS = 3;
    private static final int IN_FLIGHT_MAX = 32;
    private static final int COMMIT_EVERY = 40;
    private static final long FIRST_MS = 1_700_000_000_000L;

    private final LocalBroker broker;
    private final long seed;
    private final PrintStream out;
    private final List<Target> targets = new ArrayList<>();
    private final List<ProducerIdentity> producers = new ArrayList<>();
    private final Semaphore inFlight = new Semaphore(IN_FLIGHT_MAX);

    private static final class Target {
        final String topic;
        final TopicPartition partition;
        final int[] nextSequences = new int[PRODUCERS];
        volatile long ackedEnd;

        Target(String topic, TopicPartition partition) {
            this.topic = topic;
            this.partition = partition;
        }

        @Override
        public String toString() {
            return topic + " " + partition.partition();
        }
    }

    DamageLoad(LocalBroker broker, long seed, PrintStream out) {
        this.broker = broker;
        this.seed = seed;
        this.out = out;
    }

    /** Small generations, so that a few MiB make several; no disk reserve, because the directory may lie in memory. */
    static BrokerOptions options(Path data) {
        BrokerOptions defaults = BrokerOptions.defaults(data);
        return defaults.withStore(
                        StoreOptions.defaults().withGenerationBytes(1 << 20).withBlockCacheBytes(8 << 20))
                .withMemory(new BrokerOptions.Memory(1 << 20, 1 << 20, 8 << 20, 16 << 20, 1))
                .withUpkeep(new BrokerOptions.Upkeep(900_000, 3_600_000, 0, 7 * 86_400_000L));
    }

    /** Arguments: data directory, seed, number of batches, "close" or "go-on". */
    public static void main(String[] args) throws IOException, InterruptedException {
        try (LocalBroker broker = LocalBroker.open(options(Path.of(args[0])))) {
            DamageLoad load = new DamageLoad(broker, Long.parseLong(args[1]), System.out);
            int count = Integer.parseInt(args[2]);
            load.setUp();
            load.send(0, count / 2);
            load.say("HALF");
            if (System.in.read() < 0) {
                return;
            }
            load.send(count / 2, count);
            load.say("DONE");
            if (args[3].equals("go-on")) {
                load.send(count, Integer.MAX_VALUE);
            }
        }
    }

    void setUp() {
        say("I " + broker.clusterId());
        TOPICS.forEach((name, partitions) -> {
            var topic = broker.topics().create(name, partitions, Map.of()).join();
            say("T " + name + " " + topic.topicId() + " " + partitions);
            for (int i = 0; i < partitions; i++) {
                targets.add(new Target(name, new TopicPartition(topic.topicId(), i)));
            }
        });
        for (int i = 0; i < PRODUCERS; i++) {
            producers.add(broker.logs().initProducer().join());
        }
    }

    /** Returns when all is acknowledged. */
    void send(int from, int to) throws InterruptedException {
        for (int n = from; n < to; n++) {
            inFlight.acquire();
            send(n);
            if (n % COMMIT_EVERY == 0) {
                inFlight.acquire();
                commit(n);
            }
        }
        inFlight.acquire(IN_FLIGHT_MAX);
        inFlight.release(IN_FLIGHT_MAX);
    }

    private void send(int n) {
        Target target = targets.get(n % targets.size());
        int slot = n % PRODUCERS;
        long producerId = producers.get(slot).producerId();
        int sequence = target.nextSequences[slot];
        ByteBuffer batch = batch(seed, n, producerId, sequence);
        target.nextSequences[slot] += recordCount(n);
        broker.logs().append(target.partition, batch).whenComplete((appended, error) -> {
            if (error == null) {
                say("R " + target + " " + appended.baseOffset() + " " + n + " " + producerId + " " + sequence);
                target.ackedEnd = appended.baseOffset() + recordCount(n);
            } else {
                say("E " + target + " " + error);
            }
            inFlight.release();
        });
    }

    private void commit(int n) {
        String group = GROUPS.get(n / COMMIT_EVERY % GROUPS.size());
        Target target = targets.get(n / COMMIT_EVERY % targets.size());
        long offset = target.ackedEnd;
        say("S " + group + " " + target + " " + offset);
        broker.groups()
                .commit(group, "", 0, List.of(new GroupOperations.Offset(target.partition, offset, null)))
                .whenComplete((results, error) -> {
                    boolean taken = error == null && results.get(0).fault() == null;
                    say((taken ? "C " : "E ") + group + " " + target + " " + offset);
                    inFlight.release();
                });
    }

    static int recordCount(int n) {
        return 1 + n % 5;
    }

    /** Batch number n: its records follow from seed and number alone. Writable. */
    static ByteBuffer batch(long seed, int n, long producerId, int sequence) {
        Random random = new Random(seed * 31 + n);
        RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE, 4096);
        builder.producer(producerId, (short) 0, sequence);
        for (int i = 0; i < recordCount(n); i++) {
            byte[] value = new byte[50 + random.nextInt(1400)];
            random.nextBytes(value);
            builder.append(FIRST_MS + n, ("key-" + n).getBytes(StandardCharsets.US_ASCII), value, List.of());
        }
        return builder.build();
    }

    private synchronized void say(String line) {
        out.println(line);
        if (out.checkError()) {
            // Nobody reads any more: the test is gone.
            Runtime.getRuntime().halt(1);
        }
    }
}
