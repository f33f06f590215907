package dev.millrace.core.log;

import dev.millrace.core.log.LogReader.BatchRange;
import java.nio.ByteBuffer;

/** Gathers batches from the store's chunks for one read. Thread: the reader's. */
final class StoredRead {
    /** Of small chunks that are read together. */
    static final int TOGETHER_BYTES_MAX = 1 << 20;

    private final long endOffset;
    private final int bytesMax;
    private final ReadBuffers buffers;
    private ByteBuffer buffer;
    private long nextOffset;
    private boolean full;
    private int chunkCount;
    private long chunkBytes;

    StoredRead(long offset, long endOffset, int bytesMax, ReadBuffers buffers) {
        this.nextOffset = offset;
        this.endOffset = endOffset;
        this.bytesMax = bytesMax;
        this.buffers = buffers;
    }

    /** Takes what fits of a chunk; returns true to go on. Fails: IllegalStateException on a gap. */
    boolean visit(long lastOffset, ByteBuffer memory) {
        if (lastOffset >= endOffset) {
            full = true;
            return false;
        }
        Chunk chunk = Chunk.readHeader(lastOffset, memory);
        chunkCount++;
        chunkBytes += chunk.bytes();
        if (chunk.baseOffset() > nextOffset) {
            throw new IllegalStateException("offsets " + nextOffset + " to " + (chunk.baseOffset() - 1)
                    + " are missing before the chunk at " + chunk.baseOffset());
        }
        ByteBuffer batches = memory.slice(memory.position() + Chunk.HEADER_BYTES, chunk.bytes());
        int room = buffer == null ? bytesMax : Math.min(bytesMax - buffer.position(), buffer.remaining());
        BatchRange range = BatchRange.find(batches, nextOffset, Math.max(1, room));
        if (buffer == null) {
            buffer = buffers.take(bytesLikelyRead(range.bytes().remaining()));
        } else if (range.bytes().remaining() > room) {
            full = true;
            return false;
        }
        buffer.put(range.bytes());
        nextOffset = range.nextOffset();
        // The next one is likely as large: one that does not fit would be read, checked and copied for nothing.
        full = nextOffset <= lastOffset || buffer.position() + chunk.bytes() > bytesMax;
        return !full;
    }

    /** Where no second chunk like the first fits, the first is all that is read. */
    private int bytesLikelyRead(int firstBytes) {
        return firstBytes > bytesMax / 2 ? firstBytes : Math.max(firstBytes, Math.min(bytesMax, TOGETHER_BYTES_MAX));
    }

    boolean wantsMore() {
        return !full && nextOffset < endOffset;
    }

    long nextOffset() {
        return nextOffset;
    }

    /** How large the visited chunks were on average; 0 where there was none. */
    int bytesPerChunk() {
        return chunkCount == 0 ? 0 : (int) (chunkBytes / chunkCount);
    }

    boolean isEmpty() {
        return buffer == null || buffer.position() == 0;
    }

    ByteBuffer take() {
        return buffer;
    }

    void discard() {
        if (buffer != null) {
            buffers.give(buffer);
            buffer = null;
        }
    }
}
