package dev.millrace.core.storage;

import java.nio.ByteBuffer;
import java.util.Random;

/** Writes chunks to a store as a shard would: commits of a few chunks, a rotation each generation. Thread: one. */
final class StoreLoad {
    private final Store store;
    private final long generationBytes;
    private final int partitionCount;
    private final ByteBuffer chunk;
    private final long[] lastOffsets;
    private int generation;
    private long generationFilledBytes;

    StoreLoad(Store store, long generationBytes, int firstGeneration, int partitionCount, int chunkBytes) {
        this.store = store;
        this.generationBytes = generationBytes;
        this.partitionCount = partitionCount;
        this.generation = firstGeneration;
        this.lastOffsets = new long[partitionCount];
        byte[] noise = new byte[chunkBytes];
        new Random(42).nextBytes(noise);
        chunk = ByteBuffer.allocateDirect(chunkBytes).put(noise).flip();
    }

    int generation() {
        return generation;
    }

    /** Commits {@code chunkCount} chunks round the partitions, with one row of each small table, as a real commit has. */
    long commit(int chunkCount) {
        WriteSink sink = store.begin();
        for (int i = 0; i < chunkCount; i++) {
            int partition = (int) (lastOffsets[0] + i) % partitionCount;
            long lastOffset = ++lastOffsets[partition];
            chunk.putLong(0, lastOffset);
            sink.appendChunk(generation, partition, lastOffset, chunk);
            byte[] key = LogKey.encode(generation, partition, 0);
            sink.put(Table.SEGMENT, key, LogKey.encode(generation, partition, lastOffset));
            generationFilledBytes += chunk.remaining();
        }
        long sequence = store.commit(sink);
        if (generationFilledBytes >= generationBytes) {
            store.rotate(++generation);
            generationFilledBytes = 0;
        }
        return sequence;
    }
}
