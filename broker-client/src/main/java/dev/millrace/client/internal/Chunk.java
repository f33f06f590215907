package dev.millrace.client.internal;

import dev.millrace.client.MillraceException;
import dev.millrace.client.ReceivedMessage;
import dev.millrace.client.TopicPartition;
import dev.millrace.core.error.Fault;
import dev.millrace.core.record.CorruptBatchException;
import dev.millrace.core.record.RecordBatch;
import dev.millrace.core.record.RecordCursor;
import java.nio.ByteBuffer;
import java.util.List;

/** The record batches of one delivery; checked and decoded only when messages are asked for. Thread: one at a time. */
final class Chunk {
    /** What a compressed batch may inflate to. */
    static final int DECOMPRESSED_BYTES_MAX = 128 << 20;

    private final TopicPartition partition;
    private final ByteBuffer batches;
    private final int sizeBytes;
    /** How far a marker says that the log was looked through; -1 for records. */
    private final long markedOffset;

    private final byte signal;
    private int nextBatchAt;
    private RecordBatch batch;
    private RecordCursor cursor;
    private boolean cursorOnRecord;

    Chunk(TopicPartition partition, ByteBuffer batches) {
        this(partition, batches, -1, (byte) 0);
    }

    private Chunk(TopicPartition partition, ByteBuffer batches, long markedOffset, byte signal) {
        this.markedOffset = markedOffset;
        this.signal = signal;
        this.partition = partition;
        this.batches = batches;
        this.sizeBytes = batches.remaining();
        this.nextBatchAt = batches.position();
    }

    /** No records, but how far a filtered subscription is. */
    static Chunk marker(TopicPartition partition, long nextOffset, byte signal) {
        return new Chunk(partition, ByteBuffer.allocate(0), nextOffset, signal);
    }

    /** What a marker signals: 1 caught up, 2 fell behind; 0 for nothing. */
    byte signal() {
        return signal;
    }

    int sizeBytes() {
        return sizeBytes;
    }

    /** Where the log goes on after these batches. Fails: CORRUPT_BATCH where they are cut off. */
    static long nextOffset(ByteBuffer batches, long before) {
        long next = before;
        for (RecordBatch each : RecordBatch.in(batches)) {
            next = each.lastOffset() + 1;
        }
        return next;
    }

    /** The same bytes, unread. */
    Chunk rewound() {
        return new Chunk(partition, batches, markedOffset, signal);
    }

    boolean isExhausted() {
        return cursor == null && nextBatchAt >= batches.limit();
    }

    /**
     * Adds up to {@code countMax} messages from {@code position} on and returns the position after them.
     *
     * <p>Fails: CORRUPT_BATCH, naming partition and offset; UNSUPPORTED_COMPRESSION.
     */
    long read(long position, int countMax, List<ReceivedMessage> into) {
        long next = Math.max(position, markedOffset);
        int count = 0;
        try {
            while (count < countMax && advance()) {
                long offset = cursor.offset();
                cursorOnRecord = false;
                if (offset >= next) {
                    into.add(message(offset));
                    next = offset + 1;
                    count++;
                }
            }
            lookAhead();
            // Compaction or a marker may have left the batch's end without a record.
            return isExhausted() && batch != null ? Math.max(next, batch.lastOffset() + 1) : next;
        } catch (CorruptBatchException e) {
            throw new MillraceException(
                    Fault.CORRUPT_BATCH, partition + " at offset " + next + ": " + e.getMessage(), e);
        } catch (IllegalStateException e) {
            throw new MillraceException(
                    Fault.UNSUPPORTED_COMPRESSION, partition + " at offset " + next + ": " + e.getMessage(), e);
        }
    }

    private ReceivedMessage message(long offset) {
        return new ReceivedMessage(
                partition.topic(),
                partition.partition(),
                offset,
                cursor.timestampMs(),
                cursor.key(),
                cursor.value(),
                cursor.headers());
    }

    /** Steps to the next record; opens the next batch where one ends. */
    private boolean advance() {
        while (!cursorOnRecord) {
            if (cursor != null && cursor.next()) {
                cursorOnRecord = true;
            } else if (nextBatchAt < batches.limit()) {
                openBatch();
            } else {
                cursor = null;
                return false;
            }
        }
        return true;
    }

    /** Notices the end of a batch as soon as its last message is out, so that its bytes are granted again. */
    private void lookAhead() {
        if (cursor != null && !cursorOnRecord) {
            if (cursor.next()) {
                cursorOnRecord = true;
            } else {
                cursor = null;
            }
        }
    }

    private void openBatch() {
        cursor = null;
        batch = RecordBatch.at(batches, nextBatchAt);
        if (!batch.checksumValid()) {
            throw new CorruptBatchException("the batch's checksum does not match its bytes");
        }
        nextBatchAt += batch.sizeBytes();
        if (!batch.control()) {
            cursor = batch.cursor(DECOMPRESSED_BYTES_MAX);
        }
    }
}
