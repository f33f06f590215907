package dev.millrace.core.machine;

import dev.millrace.core.storage.GenerationRange;
import dev.millrace.core.storage.Store;
import dev.millrace.core.storage.StoreStats;
import dev.millrace.core.storage.Table;
import dev.millrace.core.storage.WriteSink;
import java.nio.ByteBuffer;
import java.util.List;

/** Keeps nothing, so that a benchmark can run for as long as it likes and sees what the commit path itself costs. */
final class DiscardingStore implements Store, WriteSink {
    private long sequence;
    private int changes;

    @Override
    public WriteSink begin() {
        changes = 0;
        return this;
    }

    @Override
    public long commit(WriteSink sink) {
        sequence += changes;
        return sequence;
    }

    @Override
    public long committedSequence() {
        return sequence;
    }

    @Override
    public long sync() {
        return sequence;
    }

    @Override
    public byte[] get(Table table, byte[] key) {
        return null;
    }

    @Override
    public void scan(Table table, byte[] fromInclusive, byte[] toExclusive, RowVisitor visitor) {}

    @Override
    public void scanLog(int generation, int partition, long fromOffset, long aheadBytes, ChunkVisitor visitor) {}

    @Override
    public void rotate(int newGeneration) {}

    @Override
    public void dropGenerations(List<GenerationRange> ranges) {}

    @Override
    public StoreStats stats() {
        throw new UnsupportedOperationException("nothing is counted");
    }

    @Override
    public void close() {}

    @Override
    public void put(Table table, byte[] key, byte[] value) {
        changes++;
    }

    @Override
    public void delete(Table table, byte[] key) {
        changes++;
    }

    @Override
    public void deleteRange(Table table, byte[] fromInclusive, byte[] toExclusive) {
        changes++;
    }

    @Override
    public void replaceChunk(int generation, int partition, long lastOffset, ByteBuffer chunk) {
        changes++;
    }

    @Override
    public void appendChunk(int generation, int partition, long lastOffset, ByteBuffer chunk) {
        changes++;
    }

    @Override
    public boolean isEmpty() {
        return changes == 0;
    }
}
