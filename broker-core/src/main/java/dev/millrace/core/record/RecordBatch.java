package dev.millrace.core.record;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Consumer;

/**
 * A view of one batch inside a buffer: reads at absolute positions, copies nothing, moves no position.
 *
 * <p>Making the view checks that the whole batch lies inside the buffer, and nothing else; {@link BatchValidator} checks
 * the rest. The buffer's limit must stay beyond the batch while the view is used. <em>Thread:</em> any, as long as
 * nobody writes.
 */
public final class RecordBatch {
    public static final int HEADER_BYTES = BatchLayout.HEADER_BYTES;
    /** Base offset and length: what stands before the bytes that the length counts. */
    public static final int LENGTH_PREFIX_BYTES = 12;

    private final ByteBuffer buffer;
    private final int index;
    private final int sizeBytes;

    private RecordBatch(ByteBuffer buffer, int index, int sizeBytes) {
        this.buffer = buffer;
        this.index = index;
        this.sizeBytes = sizeBytes;
    }

    /**
     * The batch that starts at an absolute index of the buffer.
     *
     * @throws CorruptBatchException when its header or its end does not lie inside the buffer
     */
    public static RecordBatch at(ByteBuffer buffer, int index) {
        int availableBytes = buffer.limit() - index;
        if (index < 0 || availableBytes < HEADER_BYTES) {
            throw new CorruptBatchException("batch at byte " + index + " is cut off: its header needs " + HEADER_BYTES
                    + " bytes, " + Math.max(0, availableBytes) + " are left");
        }
        ByteBuffer view = BatchLayout.bigEndian(buffer);
        int length = view.getInt(index + BatchLayout.LENGTH_AT);
        if (length < HEADER_BYTES - LENGTH_PREFIX_BYTES) {
            throw new CorruptBatchException("batch at byte " + index + " has length " + length + ", the least is "
                    + (HEADER_BYTES - LENGTH_PREFIX_BYTES));
        }
        if (length > availableBytes - LENGTH_PREFIX_BYTES) {
            throw new CorruptBatchException("batch at byte " + index + " is cut off: its length is " + length + ", "
                    + (availableBytes - LENGTH_PREFIX_BYTES) + " bytes are left");
        }
        return new RecordBatch(view, index, length + LENGTH_PREFIX_BYTES);
    }

    /** Visits the batches that lie one after the other between the buffer's position and limit. */
    public static void each(ByteBuffer batches, Consumer<RecordBatch> visitor) {
        int index = batches.position();
        while (index < batches.limit()) {
            RecordBatch batch = at(batches, index);
            visitor.accept(batch);
            index += batch.sizeBytes;
        }
    }

    /** The batches that lie one after the other between the buffer's position and limit. */
    public static Iterable<RecordBatch> in(ByteBuffer batches) {
        return () -> new Iterator<>() {
            private int index = batches.position();

            @Override
            public boolean hasNext() {
                return index < batches.limit();
            }

            @Override
            public RecordBatch next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                RecordBatch batch = at(batches, index);
                index += batch.sizeBytes;
                return batch;
            }
        };
    }

    /** Where the batch starts in its buffer. */
    public int index() {
        return index;
    }

    /** All of the batch, the length prefix included. */
    public int sizeBytes() {
        return sizeBytes;
    }

    public long baseOffset() {
        return buffer.getLong(index);
    }

    public long lastOffset() {
        return baseOffset() + lastOffsetDelta();
    }

    public int leaderEpoch() {
        return buffer.getInt(index + BatchLayout.LEADER_EPOCH_AT);
    }

    public byte magic() {
        return buffer.get(index + BatchLayout.MAGIC_AT);
    }

    public int crc() {
        return buffer.getInt(index + BatchLayout.CRC_AT);
    }

    public boolean checksumValid() {
        return crc() == BatchLayout.checksum(buffer, index, sizeBytes);
    }

    public short attributes() {
        return buffer.getShort(index + BatchLayout.ATTRIBUTES_AT);
    }

    /** @throws CorruptBatchException for ids 5 to 7, which nobody has defined */
    public Compression compression() {
        int id = attributes() & BatchLayout.COMPRESSION_MASK;
        if (!Compression.known(id)) {
            throw new CorruptBatchException("batch at byte " + index + " has unknown compression id " + id);
        }
        return Compression.ofId(id);
    }

    public boolean logAppendTime() {
        return (attributes() & BatchLayout.LOG_APPEND_TIME_BIT) != 0;
    }

    public boolean transactional() {
        return (attributes() & BatchLayout.TRANSACTIONAL_BIT) != 0;
    }

    public boolean control() {
        return (attributes() & BatchLayout.CONTROL_BIT) != 0;
    }

    public int lastOffsetDelta() {
        return buffer.getInt(index + BatchLayout.LAST_OFFSET_DELTA_AT);
    }

    public long baseTimestampMs() {
        return buffer.getLong(index + BatchLayout.BASE_TIMESTAMP_AT);
    }

    public long maxTimestampMs() {
        return buffer.getLong(index + BatchLayout.MAX_TIMESTAMP_AT);
    }

    /** -1 without a producer. */
    public long producerId() {
        return buffer.getLong(index + BatchLayout.PRODUCER_ID_AT);
    }

    public short producerEpoch() {
        return buffer.getShort(index + BatchLayout.PRODUCER_EPOCH_AT);
    }

    public int baseSequence() {
        return buffer.getInt(index + BatchLayout.BASE_SEQUENCE_AT);
    }

    public int recordCount() {
        return buffer.getInt(index + BatchLayout.RECORD_COUNT_AT);
    }

    /** Whether a producer numbered the batch, so that it can be recognised when it comes again. */
    public boolean idempotent() {
        return producerId() >= 0;
    }

    /** Gives the batch its place in a log: writes the 12 bytes outside the checksum, in place. */
    public void assign(long baseOffset, int leaderEpoch) {
        buffer.putLong(index, baseOffset);
        buffer.putInt(index + BatchLayout.LEADER_EPOCH_AT, leaderEpoch);
    }

    /** Puts right what the header says is the largest timestamp, and the checksum with it, in place. */
    public void correctMaxTimestamp(long maxTimestampMs) {
        buffer.putLong(index + BatchLayout.MAX_TIMESTAMP_AT, maxTimestampMs);
        buffer.putInt(index + BatchLayout.CRC_AT, BatchLayout.checksum(buffer, index, sizeBytes));
    }

    /** Sets the checksum to what the batch holds now, after its records were changed in place. */
    public void seal() {
        buffer.putInt(index + BatchLayout.CRC_AT, BatchLayout.checksum(buffer, index, sizeBytes));
    }

    /** The batch's bytes as a buffer of their own; shares the memory. */
    public ByteBuffer bytes() {
        return buffer.slice(index, sizeBytes);
    }

    /**
     * The records; each pass decompresses anew.
     *
     * @param decompressedBytesMax what a compressed batch may inflate to
     * @throws CorruptBatchException also while iterating, at the first record that is wrong
     */
    public Iterable<Record> records(int decompressedBytesMax) {
        return () -> new RecordIterator(cursor(decompressedBytesMax));
    }

    /** Steps through the records without making an object of each. */
    public RecordCursor cursor(int decompressedBytesMax) {
        if (magic() != BatchLayout.MAGIC) {
            throw new CorruptBatchException("batch at byte " + index + " has magic " + magic() + ", only 2 is known");
        }
        Compression compression = compression();
        if (compression == Compression.NONE) {
            return new RecordCursor(this, buffer, index + HEADER_BYTES, index + sizeBytes);
        }
        ByteBuffer compressed = buffer.slice(index + HEADER_BYTES, sizeBytes - HEADER_BYTES);
        CompressionCodec codec = Codecs.of(compression);
        try {
            byte[] records = codec.decompress(compressed, decompressedBytesMax);
            return new RecordCursor(this, ByteBuffer.wrap(records), 0, records.length);
        } catch (CorruptBatchException e) {
            throw new CorruptBatchException("batch at byte " + index + ": " + e.getMessage(), e);
        }
    }

    private static final class RecordIterator implements Iterator<Record> {
        private final RecordCursor cursor;
        private boolean stepped;
        private boolean present;

        RecordIterator(RecordCursor cursor) {
            this.cursor = cursor;
        }

        @Override
        public boolean hasNext() {
            if (!stepped) {
                present = cursor.next();
                stepped = true;
            }
            return present;
        }

        @Override
        public Record next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            stepped = false;
            return cursor.record();
        }
    }
}
