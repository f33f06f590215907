package dev.millrace.core.machine;

import dev.millrace.core.group.GroupLimits;
import dev.millrace.core.log.LogReader;
import dev.millrace.core.log.PartitionLogs;
import dev.millrace.core.shard.LocalShardLog;
import dev.millrace.core.shard.ShardRuntime;
import dev.millrace.core.storage.MemoryStore;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.time.TimeSource;
import java.util.Random;

/** A whole shard on one thread: the test moves the clock, runs the duty cycle, syncs and crashes by hand. */
final class SimulatedShard {
    long nowMs = 1_000_000;
    MemoryStore store;
    BrokerStateMachine machine;
    LocalShardLog log;
    ShardRuntime<BrokerStateMachine> runtime;
    LogReader reader;
    StoreException failure;

    SimulatedShard() {
        open(new MemoryStore());
    }

    private void open(MemoryStore opened) {
        store = opened;
        failure = null;
        PartitionLogs logs = new PartitionLogs(store, 256 << 10, new PartitionLogs.GenerationLimits(8 << 10, 60_000));
        machine = new BrokerStateMachine(store, logs, GroupLimits.DEFAULT);
        machine.load(store, nowMs);
        log = new LocalShardLog(store, machine, clock(), new LocalShardLog.SyncListener() {
            @Override
            public void onSync(long nanos) {}

            @Override
            public void onFailure(StoreException cause) {
                failure = cause;
            }
        });
        runtime = new ShardRuntime<>(machine, log, ShardRuntime.Limits.defaults(), (requests, bytes) -> {});
        reader = new LogReader(store);
    }

    private TimeSource clock() {
        return new TimeSource() {
            @Override
            public long nowMs() {
                return nowMs;
            }

            @Override
            public long nanoTime() {
                return nowMs * 1_000_000;
            }
        };
    }

    /** Applies what waits; it is not yet durable. */
    void run() {
        while (runtime.runOnce(nowMs) > 0) {
            nowMs++;
        }
    }

    /** Makes durable and answers what was applied. */
    void sync() {
        log.syncOnce();
    }

    void runAndSync() {
        run();
        sync();
    }

    /** Power loss: some of what was not synced survives, as a prefix of the commits; then a restart. */
    void crash(Random random) {
        open(store.crash(random));
    }
}
