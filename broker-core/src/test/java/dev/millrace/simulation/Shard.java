package dev.millrace.simulation;

import dev.millrace.core.command.AlterTopic;
import dev.millrace.core.command.Command;
import dev.millrace.core.command.CreateTopic;
import dev.millrace.core.command.DeleteBefore;
import dev.millrace.core.command.DeleteTopic;
import dev.millrace.core.command.Maintain;
import dev.millrace.core.group.GroupLimits;
import dev.millrace.core.log.LogReader;
import dev.millrace.core.log.PartitionLogs;
import dev.millrace.core.log.TimeSearch;
import dev.millrace.core.machine.BrokerStateMachine;
import dev.millrace.core.shard.CommandBatch;
import dev.millrace.core.shard.LocalShardLog;
import dev.millrace.core.shard.ShardLog;
import dev.millrace.core.shard.ShardRuntime;
import dev.millrace.core.storage.MemoryStore;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.stream.IdLimits;
import dev.millrace.core.time.BrokerClock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** The broker's core between one start and one end, wired as LocalBroker does, without a thread of its own. */
final class Shard {
    private static final int TAIL_CACHE_BYTES = 256 << 10;
    private static final int EVENT_CACHE_BYTES = 64 << 10;
    private static final int DECOMPRESSED_BYTES_MAX = 1 << 20;
    /** A few appends fill an epoch of event ids, and the filters of two fit into memory. */
    private static final IdLimits FEW_IDS = new IdLimits(12, 128);

    private final BrokerClock clock;
    private boolean reshaped;
    final MemoryStore store;
    final BrokerStateMachine machine;
    final LocalShardLog log;
    final ShardRuntime<BrokerStateMachine> runtime;
    final LogReader reader;
    final TimeSearch timeSearch;

    /** Fails: StoreException where a row cannot be read. */
    Shard(World world, MemoryStore store, Consumer<StoreException> onFailure) {
        Profile profile = world.profile;
        this.store = store;
        store.checkComplete();
        PartitionLogs logs = new PartitionLogs(
                store,
                TAIL_CACHE_BYTES,
                new PartitionLogs.GenerationLimits(profile.generationBytes(), profile.generationAgeMs()));
        machine = new BrokerStateMachine(store, logs, GroupLimits.DEFAULT, FEW_IDS);
        machine.streams().cacheEvents(EVENT_CACHE_BYTES);
        clock = new BrokerClock(world.agenda, new ClockEvents(world));
        machine.load(store, clock.read().steadyMs());
        clock.resumeFrom(logs.lastAppendMs(), machine.lastDueMs());
        world.server.clockAnchor().ifPresent(clock::resumeInSameBoot);
        log = new LocalShardLog(store, machine, world.agenda, new LocalShardLog.SyncListener() {
            @Override
            public void onSync(long nanos) {}

            @Override
            public void onFailure(StoreException failure) {
                onFailure.accept(failure);
            }
        });
        ShardRuntime.Limits limits = new ShardRuntime.Limits(profile.inboxCountMax(), 1 << 20, 64, 64 << 10, 256 << 10);
        runtime = new ShardRuntime<>(machine, watched(world), limits, (requests, bytes) -> {});
        machine.onTimersFired(fired -> fired.forEach(world.timekeeper::fired));
        reader = new LogReader(store);
        timeSearch = new TimeSearch(store, DECOMPRESSED_BYTES_MAX);
        if (world.random.nextBoolean()) {
            store.withoutGuard();
        }
    }

    /** What a start in the same boot of the machine takes up. */
    long believedAheadMs() {
        return clock.believedAheadMs();
    }

    /** Whether time alone has brought work. */
    boolean isDue() {
        return machine.dueCommand(clock.read()) != null;
    }

    /** One turn of the shard's thread; answers how many requests it took. */
    int turn() {
        return runtime.runOnce(clock.read());
    }

    private record ClockEvents(World world) implements BrokerClock.Listener {
        @Override
        public void onUnconfirmed(long aheadMs) {
            world.trace.add("the broker doubts its clock");
        }

        @Override
        public void onFollowed(long movedMs) {
            world.trace.add("the broker follows its clock");
        }
    }

    private static boolean reshapes(Command command) {
        return command instanceof CreateTopic
                || command instanceof DeleteTopic
                || command instanceof AlterTopic
                || command instanceof DeleteBefore
                || command instanceof Maintain;
    }

    /** True where topics or starts of logs were changed since the last call. */
    boolean takeReshaped() {
        boolean taken = reshaped;
        reshaped = false;
        return taken;
    }

    /** Lets the ledger see, just before retention runs, what it may take. */
    private ShardLog watched(World world) {
        return new ShardLog() {
            @Override
            public CompletableFuture<List<Object>> propose(CommandBatch batch) {
                for (Command command : batch.commands()) {
                    if (command instanceof Maintain) {
                        world.ledger.retentionRuns(machine);
                    }
                    reshaped |= reshapes(command);
                }
                return log.propose(batch);
            }

            @Override
            public long unsyncedBytes() {
                return log.unsyncedBytes();
            }

            @Override
            public void close() {
                log.close();
            }
        };
    }
}
