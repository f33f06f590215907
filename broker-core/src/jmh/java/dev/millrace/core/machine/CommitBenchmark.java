package dev.millrace.core.machine;

import dev.millrace.core.command.AppendRecords;
import dev.millrace.core.command.CreateTopic;
import dev.millrace.core.group.GroupLimits;
import dev.millrace.core.log.PartitionLogs;
import dev.millrace.core.record.BatchShape;
import dev.millrace.core.shard.LocalShardLog;
import dev.millrace.core.shard.ShardRuntime;
import dev.millrace.core.storage.RocksStore;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.storage.StoreOptions;
import dev.millrace.core.time.TimeSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The commit path on one thread: queue a publish to each of some partitions, take a turn, sync, be answered.
 *
 * <p>{@code rocks} writes to a real store in the working directory's {@code target}, and so measures its disk;
 * {@code discard} keeps nothing, and so measures the path itself.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class CommitBenchmark {
    private static final UUID TOPIC = new UUID(1, 2);
    private static final long DROP_EVERY_BYTES = 1L << 30;

    @Param({"discard", "rocks"})
    public String store;

    /** Publishes in one turn, each to a partition of its own. */
    @Param({"1", "64"})
    public int publishes;

    private Path directory;
    private Store opened;
    private BrokerStateMachine machine;
    private LocalShardLog log;
    private ShardRuntime<BrokerStateMachine> runtime;
    private ByteBuffer[] batches;
    private long appendedBytes;

    @Setup
    public void open(BatchShape shape) throws IOException {
        opened = store.equals("rocks") ? rocks() : new DiscardingStore();
        PartitionLogs logs = new PartitionLogs(
                opened,
                128L << 20,
                new PartitionLogs.GenerationLimits(StoreOptions.defaults().generationBytes(), Long.MAX_VALUE));
        machine = new BrokerStateMachine(opened, logs, GroupLimits.DEFAULT);
        machine.load(opened, 1);
        log = new LocalShardLog(opened, machine, TimeSource.SYSTEM, new NoListener());
        runtime = new ShardRuntime<>(machine, log, ShardRuntime.Limits.defaults(), (requests, bytes) -> {});
        runtime.submit(new CreateTopic(TOPIC, "t", publishes, new TreeMap<>(), publishes));
        turn();
        batches = new ByteBuffer[publishes];
        for (int i = 0; i < publishes; i++) {
            batches[i] = shape.directBatch();
        }
    }

    private Store rocks() throws IOException {
        Path target = Files.createDirectories(Path.of("target").toAbsolutePath());
        directory = Files.createTempDirectory(target, "commit-benchmark");
        return RocksStore.open(directory.resolve("shard"), StoreOptions.defaults());
    }

    private static final class NoListener implements LocalShardLog.SyncListener {
        @Override
        public void onSync(long nanos) {}

        @Override
        public void onFailure(StoreException failure) {
            throw failure;
        }
    }

    @Benchmark
    public AppendResult commit() {
        CompletableFuture<AppendResult> last = null;
        for (int i = 0; i < publishes; i++) {
            appendedBytes += batches[i].remaining();
            last = runtime.submit(new AppendRecords(TOPIC, i, batches[i]));
        }
        turn();
        if (appendedBytes > DROP_EVERY_BYTES) {
            appendedBytes = 0;
            opened.dropGenerationsBelow(machine.generation() - 1);
        }
        return last.join();
    }

    private void turn() {
        runtime.runOnce(System.currentTimeMillis());
        log.syncOnce();
    }

    @TearDown
    public void close() throws IOException {
        log.close();
        opened.close();
        if (directory != null) {
            try (Stream<Path> files = Files.walk(directory)) {
                files.sorted(Comparator.reverseOrder())
                        .forEach(file -> file.toFile().delete());
            }
        }
    }
}
