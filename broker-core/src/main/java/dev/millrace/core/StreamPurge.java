package dev.millrace.core;

import dev.millrace.core.StreamOperations.StreamInfo;
import dev.millrace.core.command.Audited;
import dev.millrace.core.command.ConfirmErased;
import dev.millrace.core.command.EraseEvents;
import dev.millrace.core.machine.BrokerStateMachine;
import dev.millrace.core.shard.ShardRuntime;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.StoreException;
import dev.millrace.core.stream.Erasure;
import dev.millrace.core.stream.StreamChanges;
import dev.millrace.core.wire.Actor;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** Removes from the disk what was erased, on a thread of its own, and notes that it is gone. Goes on after a restart. */
final class StreamPurge implements AutoCloseable {
    private static final Logger LOG = System.getLogger(StreamPurge.class.getName());

    private final ShardRuntime<BrokerStateMachine> runtime;
    private final PartitionLookup lookup;
    private final Store store;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread made = new Thread(task, "millrace-purge");
        made.setDaemon(true);
        return made;
    });

    StreamPurge(ShardRuntime<BrokerStateMachine> runtime, PartitionLookup lookup, Store store) {
        this.runtime = runtime;
        this.lookup = lookup;
        this.store = store;
    }

    /** Takes up what an earlier run did not finish. */
    void start() {
        StreamChanges.unpurged(store).forEach(this::purgeSoon);
    }

    CompletableFuture<StreamInfo> erase(
            Actor actor, TopicPartition partition, byte[] key, long fromVersion, long toVersion) {
        Audited command = new Audited(
                actor, new EraseEvents(partition.topicId(), partition.partition(), key, fromVersion, toVersion));
        return Answers.map(runtime.<Erasure.Done>submit(command), done -> {
            purgeSoon(new Erasure.Unpurged(
                    lookup.partitionId(partition), key, done.head().erasedMs(), done.places()));
            return StreamReads.info(key, done.head());
        });
    }

    private void purgeSoon(Erasure.Unpurged erased) {
        try {
            thread.execute(() -> purge(erased));
        } catch (RejectedExecutionException stopping) {
            LOG.log(Level.DEBUG, "purge waits for the next start");
        }
    }

    private void purge(Erasure.Unpurged erased) {
        TopicPartition partition = lookup.partitionOf(erased.partitionId());
        try {
            store.purge(erased.places());
        } catch (StoreException failed) {
            LOG.log(Level.WARNING, "purge failed and is tried again at the next start cause={0}", failed.getMessage());
            return;
        }
        if (partition != null) {
            runtime.submit(
                    new ConfirmErased(partition.topicId(), partition.partition(), erased.key(), erased.erasedMs()));
        }
    }

    /** Before the store closes. */
    @Override
    public void close() {
        thread.shutdownNow();
        try {
            thread.awaitTermination(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
