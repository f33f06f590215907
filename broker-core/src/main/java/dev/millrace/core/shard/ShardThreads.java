package dev.millrace.core.shard;

import dev.millrace.core.error.Fault;
import dev.millrace.core.error.FaultException;
import dev.millrace.core.time.BrokerClock;
import dev.millrace.core.time.Stamp;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Gives a shard its two threads in production: one that runs the duty cycle, one that syncs. */
public final class ShardThreads implements AutoCloseable {
    private static final long IDLE_NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(100);

    private final ShardRuntime<?> runtime;
    private final LocalShardLog log;
    private final BrokerClock clock;
    private final Thread shard;
    private final Thread syncer;
    private volatile boolean stopping;
    private volatile boolean shardDone;

    public ShardThreads(
            ShardRuntime<?> runtime, LocalShardLog log, BrokerClock clock, Thread.UncaughtExceptionHandler onBug) {
        this.runtime = runtime;
        this.log = log;
        this.clock = clock;
        this.shard = new Thread(this::runShard, "millrace-shard");
        this.syncer = new Thread(this::runSyncer, "millrace-syncer");
        shard.setUncaughtExceptionHandler(onBug);
        syncer.setUncaughtExceptionHandler(onBug);
    }

    public void start() {
        shard.start();
        syncer.start();
    }

    private void runShard() {
        try {
            takeTurns();
        } catch (RuntimeException | Error defect) {
            log.abandon(died("shard", defect));
            throw defect;
        } finally {
            runtime.end();
            shardDone = true;
            LockSupport.unpark(syncer);
        }
    }

    private void takeTurns() {
        while (!stopping || !runtime.isIdle()) {
            Stamp stamp = clock.read();
            if (runtime.runOnce(stamp) > 0) {
                LockSupport.unpark(syncer);
            } else if (!stopping || !runtime.isIdle()) {
                runtime.await(Math.min(IDLE_NANOS_MAX, runtime.untilDueNanos(stamp)));
            }
        }
    }

    private void runSyncer() {
        try {
            syncTillEnd();
        } catch (RuntimeException | Error defect) {
            log.abandon(died("syncer", defect));
            throw defect;
        }
    }

    private static FaultException died(String thread, Throwable defect) {
        return new FaultException(Fault.INTERNAL, "the " + thread + " thread died: " + defect);
    }

    private void syncTillEnd() {
        while (!shardDone || log.hasAwaiting()) {
            if (log.syncOnce() > 0) {
                runtime.wake();
            } else if (!log.hasAwaiting()) {
                log.idle();
                LockSupport.parkNanos(this, IDLE_NANOS_MAX);
            }
        }
    }

    /** Finishes what was accepted, makes it durable, ends the threads. The caller has stopped new requests. Safe twice. */
    @Override
    public void close() {
        stopping = true;
        runtime.wake();
        join(shard);
        join(syncer);
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
