package dev.millrace.core.record;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Encodes records into one batch, straight into a growing array that is used again for the next batch.
 *
 * <p>Offsets start at 0 and are dense; the broker moves them when it appends. <em>Thread:</em> one.
 */
public final class RecordBatchBuilder {
    private static final int BYTES_MAX = Integer.MAX_VALUE - 64;

    private final Compression compression;
    private byte[] bytes;
    private int size;
    private int recordCount;
    private long baseTimestampMs;
    private long maxTimestampMs;
    private long producerId = -1;
    private short producerEpoch = -1;
    private int baseSequence = -1;

    public RecordBatchBuilder(Compression compression, int initialBytes) {
        this.compression = compression;
        this.bytes = new byte[Math.max(initialBytes, 2 * BatchLayout.HEADER_BYTES)];
        reset();
    }

    /** Numbers the batch, so that the broker recognises it when it comes again; stays set over {@link #reset}. */
    public RecordBatchBuilder producer(long producerId, short epoch, int baseSequence) {
        this.producerId = producerId;
        this.producerEpoch = epoch;
        this.baseSequence = baseSequence;
        return this;
    }

    public RecordBatchBuilder setBaseSequence(int baseSequence) {
        this.baseSequence = baseSequence;
        return this;
    }

    /**
     * Adds a record.
     *
     * @param timestampMs -1 for none
     * @param key may be null
     * @param value may be null
     */
    public void append(long timestampMs, byte[] key, byte[] value, List<RecordHeader> headers) {
        appendWithin(Long.MAX_VALUE, timestampMs, key, value, headers);
    }

    /**
     * As {@link #append}, unless the batch has a record already and would be longer than {@code sizeBytesMax} with its header,
     * before compression. Returns whether the record was added.
     */
    public boolean appendWithin(
            long sizeBytesMax, long timestampMs, byte[] key, byte[] value, List<RecordHeader> headers) {
        if (timestampMs < -1) {
            throw new IllegalArgumentException("timestamp " + timestampMs + " is before 1970");
        }
        long timestampDelta = recordCount == 0 ? 0 : timestampMs - baseTimestampMs;
        long bodyBytes = bodyBytes(timestampDelta, key, value, headers);
        if (recordCount > 0 && size + Varints.bytesOfLong(bodyBytes) + bodyBytes > sizeBytesMax) {
            return false;
        }
        if (bodyBytes > BYTES_MAX - size - Varints.BYTES_MAX) {
            throw new IllegalArgumentException(
                    "a record of " + bodyBytes + " bytes after " + size + " bytes does not fit in one batch");
        }
        int end = size + Varints.bytesOf((int) bodyBytes) + (int) bodyBytes;
        ensureCapacity(end);
        if (recordCount == 0) {
            baseTimestampMs = timestampMs;
            maxTimestampMs = timestampMs;
        }
        int at = Varints.put(bytes, size, (int) bodyBytes);
        bytes[at++] = 0;
        at = Varints.putLong(bytes, at, timestampDelta);
        at = Varints.put(bytes, at, recordCount);
        at = putNullable(at, key);
        at = putNullable(at, value);
        at = putHeaders(at, headers);
        assert at == end : at + " is not " + end;
        size = at;
        recordCount++;
        maxTimestampMs = Math.max(maxTimestampMs, timestampMs);
        return true;
    }

    public int recordCount() {
        return recordCount;
    }

    /** The batch so far with its header, before compression. */
    public int sizeBytes() {
        return size;
    }

    /**
     * The complete batch, checksum set, in a buffer of its own: the builder may be used again at once.
     *
     * <p>Records that compression does not make smaller are left uncompressed.
     */
    public ByteBuffer build() {
        return build(ByteBuffer::allocate);
    }

    /** As {@link #build()}, in memory of the caller's; see {@link #buildUnsealed}. */
    public ByteBuffer build(IntFunction<ByteBuffer> memory) {
        ByteBuffer batch = buildUnsealed(memory);
        batch.putInt(BatchLayout.CRC_AT, BatchLayout.checksum(batch, 0, batch.limit()));
        return batch;
    }

    /**
     * As {@link #build}, but without a checksum: for {@link #stampProducer}, which sets it.
     *
     * @param memory gives a big-endian buffer of exactly so many bytes, which is returned
     */
    public ByteBuffer buildUnsealed(IntFunction<ByteBuffer> memory) {
        if (recordCount == 0) {
            throw new IllegalStateException("a batch needs a record");
        }
        int recordsBytes = size - BatchLayout.HEADER_BYTES;
        if (compression != Compression.NONE) {
            byte[] compressed = Codecs.of(compression).compress(bytes, BatchLayout.HEADER_BYTES, recordsBytes);
            if (compressed.length < recordsBytes) {
                return filled(memory.apply(BatchLayout.HEADER_BYTES + compressed.length), compressed, 0, compression);
            }
        }
        return filled(memory.apply(size), bytes, BatchLayout.HEADER_BYTES, Compression.NONE);
    }

    /** Forgets the records and keeps the memory. */
    public void reset() {
        size = BatchLayout.HEADER_BYTES;
        recordCount = 0;
        baseTimestampMs = -1;
        maxTimestampMs = -1;
    }

    /** Numbers a batch that was built before; a client knows the sequence only when it sends. */
    public static void stampProducer(ByteBuffer batch, long producerId, short epoch, int baseSequence) {
        RecordBatch view = RecordBatch.at(batch, batch.position());
        ByteBuffer buffer = BatchLayout.bigEndian(batch);
        int index = view.index();
        buffer.putLong(index + BatchLayout.PRODUCER_ID_AT, producerId);
        buffer.putShort(index + BatchLayout.PRODUCER_EPOCH_AT, epoch);
        buffer.putInt(index + BatchLayout.BASE_SEQUENCE_AT, baseSequence);
        buffer.putInt(index + BatchLayout.CRC_AT, BatchLayout.checksum(buffer, index, view.sizeBytes()));
    }

    private ByteBuffer filled(ByteBuffer batch, byte[] records, int recordsAt, Compression used) {
        batch.put(BatchLayout.HEADER_BYTES, records, recordsAt, batch.limit() - BatchLayout.HEADER_BYTES);
        batch.putLong(0, 0);
        batch.putInt(BatchLayout.LENGTH_AT, batch.limit() - RecordBatch.LENGTH_PREFIX_BYTES);
        batch.putInt(BatchLayout.LEADER_EPOCH_AT, -1);
        batch.put(BatchLayout.MAGIC_AT, BatchLayout.MAGIC);
        batch.putShort(BatchLayout.ATTRIBUTES_AT, (short) used.id());
        batch.putInt(BatchLayout.LAST_OFFSET_DELTA_AT, recordCount - 1);
        batch.putLong(BatchLayout.BASE_TIMESTAMP_AT, baseTimestampMs);
        batch.putLong(BatchLayout.MAX_TIMESTAMP_AT, maxTimestampMs);
        batch.putLong(BatchLayout.PRODUCER_ID_AT, producerId);
        batch.putShort(BatchLayout.PRODUCER_EPOCH_AT, producerEpoch);
        batch.putInt(BatchLayout.BASE_SEQUENCE_AT, baseSequence);
        batch.putInt(BatchLayout.RECORD_COUNT_AT, recordCount);
        return batch;
    }

    private long bodyBytes(long timestampDelta, byte[] key, byte[] value, List<RecordHeader> headers) {
        long count = 1L
                + Varints.bytesOfLong(timestampDelta)
                + Varints.bytesOf(recordCount)
                + nullableBytes(key)
                + nullableBytes(value)
                + Varints.bytesOf(headers.size());
        for (int i = 0; i < headers.size(); i++) {
            RecordHeader header = headers.get(i);
            int nameBytes = Utf8.bytesOf(header.key());
            count += Varints.bytesOf(nameBytes) + nameBytes + nullableBytes(header.value());
        }
        return count;
    }

    private static long nullableBytes(byte[] field) {
        return field == null ? 1 : (long) Varints.bytesOf(field.length) + field.length;
    }

    private int putNullable(int at, byte[] field) {
        if (field == null) {
            return Varints.put(bytes, at, -1);
        }
        int contentAt = Varints.put(bytes, at, field.length);
        System.arraycopy(field, 0, bytes, contentAt, field.length);
        return contentAt + field.length;
    }

    private int putHeaders(int at, List<RecordHeader> headers) {
        int next = Varints.put(bytes, at, headers.size());
        for (int i = 0; i < headers.size(); i++) {
            RecordHeader header = headers.get(i);
            next = putNullable(next, header.key().getBytes(StandardCharsets.UTF_8));
            next = putNullable(next, header.value());
        }
        return next;
    }

    private void ensureCapacity(int needed) {
        if (needed > bytes.length) {
            bytes = Arrays.copyOf(bytes, (int) Math.min(BYTES_MAX, Math.max(needed, 2L * bytes.length)));
        }
    }
}
