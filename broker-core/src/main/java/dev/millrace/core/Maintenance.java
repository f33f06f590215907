package dev.millrace.core;

import dev.millrace.core.command.ExpireGroups;
import dev.millrace.core.command.Maintain;
import dev.millrace.core.machine.BrokerStateMachine;
import dev.millrace.core.shard.ShardRuntime;
import dev.millrace.core.storage.GenerationRange;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.StoreException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Proposes the periodic commands and looks at the disk. Thread: its own. */
final class Maintenance implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Maintenance.class.getName());
    private static final long DISK_CHECK_MS = 25;
    /** How many checks pass between looks at a disk that has room enough. */
    private static final int DISK_CHECKS_PER_LOOK = 10;

    private static final long SESSION_CHECK_MS = 200;
    private static final long TRANSACTION_CHECK_MS = 200;
    private static final long CLOCK_NOTE_MS = 1_000;

    private final ShardRuntime<BrokerStateMachine> runtime;
    private final Store store;
    private final DiskGuard diskGuard;
    private final BrokerOptions options;
    private final Chores chores;
    private int diskChecks;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread created = new Thread(task, "millrace-maintenance");
        created.setDaemon(true);
        return created;
    });

    /** Small things that recur. */
    record Chores(Runnable endOldTransactions, Runnable keepClock) {}

    Maintenance(
            ShardRuntime<BrokerStateMachine> runtime,
            Store store,
            DiskGuard diskGuard,
            Chores chores,
            BrokerOptions options) {
        this.chores = chores;
        this.runtime = runtime;
        this.store = store;
        this.diskGuard = diskGuard;
        this.options = options;
    }

    void start() {
        repeat(this::expireGroups, SESSION_CHECK_MS);
        repeat(chores.endOldTransactions, TRANSACTION_CHECK_MS);
        repeat(chores.keepClock, CLOCK_NOTE_MS);
        repeat(this::checkDisk, DISK_CHECK_MS);
        repeat(this::maintain, options.upkeep().intervalMs());
    }

    private void repeat(Runnable work, long everyMs) {
        thread.scheduleWithFixedDelay(() -> attempt(work), 0, everyMs, TimeUnit.MILLISECONDS);
    }

    /** The scheduler would never again run work that once threw. */
    private static void attempt(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException failed) {
            LOG.log(Level.WARNING, "upkeep failed", failed);
        }
    }

    private void expireGroups() {
        runtime.submit(new ExpireGroups(options.groups().offsetRetentionMs()));
    }

    private void checkDisk() {
        if (++diskChecks % DISK_CHECKS_PER_LOOK != 0 && !diskGuard.isTight()) {
            return;
        }
        try {
            diskGuard.keepBallast();
        } catch (StoreException e) {
            LOG.log(Level.WARNING, "disk space unknown cause={0}", e.getMessage());
        }
    }

    /** Retention first moves the log starts durably; only then do files go. Thread of the second step: this one. */
    private void maintain() {
        runtime.<List<GenerationRange>>submit(new Maintain(
                        options.topics().retentionMs(),
                        options.topics().retentionBytes(),
                        options.upkeep().producerRetentionMs()))
                .thenAcceptAsync(unneeded -> attempt(() -> dropFiles(unneeded)), thread)
                .exceptionally(refused -> null);
    }

    private void dropFiles(List<GenerationRange> unneeded) {
        try {
            store.dropGenerations(unneeded);
        } catch (StoreException e) {
            LOG.log(Level.WARNING, "old files stay for now cause={0}", e.getMessage());
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
        try {
            thread.awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
