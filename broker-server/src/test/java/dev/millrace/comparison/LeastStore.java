package dev.millrace.comparison;

import dev.millrace.core.storage.RocksStore;
import dev.millrace.core.storage.StoreOptions;
import dev.millrace.core.storage.WriteSink;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * Writes chunks of bytes that nobody looks at into the store as Millrace sets it up, and syncs them on a thread of its own:
 * what any broker on this store has to do at least. Thread: one writes.
 */
final class LeastStore implements AutoCloseable {
    static final int CHUNK_BYTES = 448 << 10;

    private static final long UNSYNCED_BYTES_MAX = 32L << 20;
    private static final long WAIT_NANOS = 20_000;

    private final StoreOptions options = StoreOptions.defaults();
    private final RocksStore store;
    private final Thread syncer = new Thread(this::sync, "least-syncer");
    private final long[] nextOffsets;
    private final Queue<Committed> committed = new ConcurrentLinkedQueue<>();
    private WriteSink sink;
    private int generation = 1;
    private long generationBytes;
    private long sinkBytes;
    private volatile long writtenBytes;
    private volatile long durableBytes;
    private volatile boolean ended;

    private record Committed(long endBytes, Runnable whenDurable) {}

    LeastStore(Path directory, int partitions) {
        store = RocksStore.open(directory.resolve("store-" + partitions), options);
        nextOffsets = new long[partitions];
        sink = store.begin();
        syncer.start();
    }

    /** Adds a chunk to the next commit. */
    void add(int partition, ByteBuffer chunk) {
        sinkBytes += chunk.remaining();
        sink.appendChunk(generation, partition, nextOffsets[partition]++, chunk);
    }

    long uncommittedBytes() {
        return sinkBytes;
    }

    /** Commits what was added, and has the syncer tell when it is durable; waits while too much is not. */
    void commit(Runnable whenDurable) {
        store.commit(sink);
        generationBytes += sinkBytes;
        if (generationBytes >= options.generationBytes()) {
            store.rotate(++generation);
            generationBytes = 0;
        }
        long endBytes = writtenBytes + sinkBytes;
        // First: who sees the bytes has to find whom to tell.
        committed.add(new Committed(endBytes, whenDurable));
        writtenBytes = endBytes;
        sinkBytes = 0;
        sink = store.begin();
        LockSupport.unpark(syncer);
        awaitDurable(writtenBytes - UNSYNCED_BYTES_MAX);
    }

    /** Returns when so many of the bytes are durable. */
    void awaitDurable(long bytes) {
        while (durableBytes < bytes) {
            LockSupport.parkNanos(WAIT_NANOS);
        }
    }

    long writtenBytes() {
        return writtenBytes;
    }

    long durableBytes() {
        return durableBytes;
    }

    /** Each chunk of all generations, as often as wanted. */
    void scan(RocksStore.ChunkVisitor visitor) {
        for (int each = 1; each <= generation; each++) {
            store.scanLog(each, 0, 0, 0, visitor);
        }
    }

    private void sync() {
        while (!ended || !committed.isEmpty()) {
            long bytes = writtenBytes;
            if (bytes > durableBytes) {
                store.sync();
                durableBytes = bytes;
                for (Committed next = committed.peek();
                        next != null && next.endBytes <= bytes;
                        next = committed.peek()) {
                    committed.remove().whenDurable.run();
                }
            } else {
                LockSupport.park();
            }
        }
    }

    @Override
    public void close() throws InterruptedException {
        ended = true;
        LockSupport.unpark(syncer);
        syncer.join();
        store.close();
    }
}
