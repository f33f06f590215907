package dev.millrace.core.stream;

import dev.millrace.core.command.AppendEvents;
import dev.millrace.core.command.Command;
import dev.millrace.core.command.CreateTopic;
import dev.millrace.core.group.GroupLimits;
import dev.millrace.core.log.LogReader;
import dev.millrace.core.log.PartitionLog;
import dev.millrace.core.log.PartitionLogs;
import dev.millrace.core.machine.BrokerStateMachine;
import dev.millrace.core.record.EventBatches;
import dev.millrace.core.record.RecordBatchBuilder;
import dev.millrace.core.shard.LocalShardLog;
import dev.millrace.core.shard.ShardRuntime;
import dev.millrace.core.storage.MemoryStore;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.time.TimeSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** A shard over memory with one indexed topic of one partition; turns and syncs by hand. */
final class StreamShard {
    static final UUID TOPIC = new UUID(1, 2);
    private static final int DECOMPRESSED_BYTES_MAX = 4 << 20;

    final MemoryStore store = new MemoryStore();
    final BrokerStateMachine machine;
    final LocalShardLog log;
    private final PartitionLogs logs =
            new PartitionLogs(store, 1 << 20, new PartitionLogs.GenerationLimits(1 << 20, 60_000));
    private final ShardRuntime<BrokerStateMachine> runtime;

    StreamShard() {
        machine = new BrokerStateMachine(store, logs, GroupLimits.DEFAULT);
        log = new LocalShardLog(store, machine, TimeSource.SYSTEM, new LocalShardLog.SyncListener() {
            @Override
            public void onSync(long nanos) {}

            @Override
            public void onFailure(StoreException failure) {
                throw failure;
            }
        });
        runtime = new ShardRuntime<>(machine, log, ShardRuntime.Limits.defaults(), (requests, bytes) -> {});
        machine.load(store, 0);
        submit(new CreateTopic(TOPIC, "t", 1, new TreeMap<>(Map.of("stream.index", "key+tags")), 10));
        turn();
        log.syncOnce();
    }

    CompletableFuture<Object> submit(Command command) {
        return runtime.submit(command);
    }

    CompletableFuture<Object> append(RecordBatchBuilder events) {
        return submit(new AppendEvents(
                TOPIC, 0, EventBatches.withPlaceForVersion(events.build(), DECOMPRESSED_BYTES_MAX), List.of(), null));
    }

    void turn() {
        runtime.runOnce(1000);
    }

    PartitionLog partition() {
        return logs.find(0);
    }

    StreamReader reader(EventCache cache) {
        return new StreamReader(store, new LogReader(store), DECOMPRESSED_BYTES_MAX, cache);
    }
}
