package dev.millrace.core.record;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.LongPredicate;
import java.util.function.Predicate;

/**
 * Rewrites batches of events: gives each record a place for its version, takes out what a subscriber did not ask for,
 * replaces what is to be erased. Records keep offsets and times. Thread: any.
 */
public final class EventBatches {
    /** Length and name of {@code $version}, length and place of its value. */
    private static final int VERSION_HEADER_BYTES = 1 + 8 + 1 + Long.BYTES;

    private static final byte[] VERSION_HEADER = versionHeader();

    private EventBatches() {}

    private static byte[] versionHeader() {
        Output header = new Output(VERSION_HEADER_BYTES);
        header.header(EventHeaders.VERSION_NAME, 0);
        return Arrays.copyOf(header.bytes, header.size);
    }

    /**
     * The batches, not compressed, with a {@code $version} of zero as the first header of each record. What a client said
     * of {@code $version} and {@code $erased} is dropped: only the broker knows.
     *
     * @param batches checked before
     */
    public static ByteBuffer withPlaceForVersion(ByteBuffer batches, int decompressedBytesMax) {
        return (ByteBuffer) withPlaceForVersion(batches, decompressedBytesMax, cursor -> null);
    }

    /** Looks at each record before it gets its place. */
    @FunctionalInterface
    public interface Inspector {
        /** What speaks against the record, or null; may step through its headers. */
        Object problemWith(RecordCursor cursor);
    }

    /** As without an inspector; but the first problem that it finds is answered instead of a {@link ByteBuffer}. */
    public static Object withPlaceForVersion(ByteBuffer batches, int decompressedBytesMax, Inspector inspector) {
        Output out = new Output(batches.remaining() + placeBytes(batches));
        for (RecordBatch batch : RecordBatch.in(batches)) {
            int start = out.beginBatch(batch);
            RecordCursor cursor = batch.cursor(decompressedBytesMax);
            while (cursor.next()) {
                Object problem = inspector.problemWith(cursor);
                if (problem != null) {
                    return problem;
                }
                writeWithVersion(out, cursor);
            }
            out.endBatch(start, batch.recordCount());
        }
        return out.toBuffer();
    }

    private static int placeBytes(ByteBuffer batches) {
        int records = 0;
        for (RecordBatch batch : RecordBatch.in(batches)) {
            records += batch.recordCount();
        }
        // And a byte for a length that needs one more; what was compressed needs more anyway.
        return (int) Math.min((VERSION_HEADER_BYTES + 1L) * records, batches.remaining() + 1024L);
    }

    /** What stands before the headers and after them is copied as it is. */
    private static void writeWithVersion(Output out, RecordCursor cursor) {
        int headerCount = 1;
        int keptBytes = 0;
        cursor.rewindHeaders();
        while (cursor.nextHeader()) {
            if (!isBrokers(cursor)) {
                headerCount++;
                keptBytes += cursor.headerEnd() - cursor.headerAt();
            }
        }
        int fieldBytes = cursor.headerCountAt() - cursor.bodyAt();
        int bodyBytes = fieldBytes + Varints.bytesOf(headerCount) + VERSION_HEADER_BYTES + keptBytes;
        out.reserve(Varints.BYTES_MAX + bodyBytes);
        out.varint(bodyBytes);
        out.copy(cursor.buffer(), cursor.bodyAt(), fieldBytes);
        out.varint(headerCount);
        out.copy(VERSION_HEADER);
        if (headerCount == cursor.headerCount() + 1) {
            out.copy(cursor.buffer(), cursor.headersAt(), keptBytes);
            return;
        }
        cursor.rewindHeaders();
        while (cursor.nextHeader()) {
            if (!isBrokers(cursor)) {
                out.copy(cursor.buffer(), cursor.headerAt(), cursor.headerEnd() - cursor.headerAt());
            }
        }
    }

    private static boolean isBrokers(RecordCursor cursor) {
        return cursor.headerIsReserved()
                && (cursor.headerIs(EventHeaders.VERSION_NAME) || cursor.headerIs(EventHeaders.ERASED_NAME));
    }

    /**
     * Keeps the records that the filter lets through; offsets stay as they are, so there are gaps. Batches of which nothing
     * is left are left out.
     */
    public static Filtered filter(ByteBuffer batches, int decompressedBytesMax, Predicate<RecordCursor> wanted) {
        Output out = new Output(1024);
        long kept = 0;
        long dropped = 0;
        for (RecordBatch batch : RecordBatch.in(batches)) {
            int start = out.beginBatch(batch);
            RecordCursor cursor = batch.cursor(decompressedBytesMax);
            int count = 0;
            while (cursor.next()) {
                if (wanted.test(cursor)) {
                    out.copy(cursor.buffer(), cursor.recordAt(), cursor.recordBytes());
                    count++;
                } else {
                    dropped++;
                }
            }
            if (count > 0) {
                out.endBatch(start, count);
                kept += count;
            } else {
                out.cutBack(start);
            }
        }
        return new Filtered(out.toBuffer(), kept, dropped);
    }

    /** What a filter left, and how much that is. */
    public record Filtered(ByteBuffer batches, long kept, long dropped) {}

    /**
     * The batches with the values and the application's headers of some records gone, and {@code $erased} in their place.
     * Key, offset, time and the headers {@code $version}, {@code $id} and {@code $type} stay.
     */
    public static ByteBuffer erase(ByteBuffer batches, int decompressedBytesMax, LongPredicate offsets, long nowMs) {
        Output out = new Output(batches.remaining());
        for (RecordBatch batch : RecordBatch.in(batches)) {
            int start = out.beginBatch(batch);
            RecordCursor cursor = batch.cursor(decompressedBytesMax);
            while (cursor.next()) {
                if (offsets.test(cursor.offset())) {
                    writeErased(out, batch, cursor, nowMs);
                } else {
                    out.copy(cursor.buffer(), cursor.recordAt(), cursor.recordBytes());
                }
            }
            out.endBatch(start, batch.recordCount());
        }
        return out.toBuffer();
    }

    private static void writeErased(Output out, RecordBatch batch, RecordCursor cursor, long nowMs) {
        Output body = new Output(128);
        body.one(0);
        body.varlong(cursor.timestampMs() - batch.baseTimestampMs());
        body.varint(cursor.offsetDelta());
        body.field(cursor.buffer(), cursor.keyAt(), cursor.keyBytes());
        body.varint(-1);
        Output headers = new Output(64);
        int headerCount = 1;
        while (cursor.nextHeader()) {
            if (cursor.headerIs(EventHeaders.VERSION_NAME)
                    || cursor.headerIs(Names.ID)
                    || cursor.headerIs(Names.TYPE)) {
                headers.copy(cursor.buffer(), cursor.headerAt(), cursor.headerEnd() - cursor.headerAt());
                headerCount++;
            }
        }
        headers.header(EventHeaders.ERASED_NAME, nowMs);
        body.varint(headerCount);
        body.copy(headers.toBuffer(), 0, headers.size);
        out.varint(body.size);
        out.copy(body.toBuffer(), 0, body.size);
    }

    /** Names of headers as bytes. */
    public static final class Names {
        public static final byte[] VERSION = EventHeaders.VERSION_NAME;
        public static final byte[] ID = EventHeaders.ID.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        public static final byte[] TYPE = EventHeaders.TYPE.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        public static final byte[] TAGS = EventHeaders.TAGS.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        public static final byte[] ERASED = EventHeaders.ERASED_NAME;

        private Names() {}
    }

    /** Growing memory that batches are written to. */
    private static final class Output {
        private byte[] bytes;
        private int size;

        Output(int initialBytes) {
            bytes = new byte[Math.max(64, initialBytes)];
        }

        /** Copies the header; answers where the batch starts. */
        int beginBatch(RecordBatch batch) {
            int start = size;
            reserve(BatchLayout.HEADER_BYTES);
            batch.bytes().get(0, bytes, start, BatchLayout.HEADER_BYTES);
            size += BatchLayout.HEADER_BYTES;
            return start;
        }

        void endBatch(int start, int recordCount) {
            ByteBuffer header = ByteBuffer.wrap(bytes);
            header.putInt(start + BatchLayout.LENGTH_AT, size - start - RecordBatch.LENGTH_PREFIX_BYTES);
            short attributes = header.getShort(start + BatchLayout.ATTRIBUTES_AT);
            header.putShort(start + BatchLayout.ATTRIBUTES_AT, (short) (attributes & ~BatchLayout.COMPRESSION_MASK));
            header.putInt(start + BatchLayout.RECORD_COUNT_AT, recordCount);
            header.putInt(start + BatchLayout.CRC_AT, BatchLayout.checksum(header, start, size - start));
        }

        void cutBack(int start) {
            size = start;
        }

        void one(int value) {
            reserve(1);
            bytes[size++] = (byte) value;
        }

        void varint(int value) {
            reserve(Varints.BYTES_MAX);
            size = Varints.put(bytes, size, value);
        }

        void varlong(long value) {
            reserve(10);
            size = Varints.putLong(bytes, size, value);
        }

        void field(ByteBuffer from, int at, int count) {
            varint(count);
            if (count > 0) {
                copy(from, at, count);
            }
        }

        void header(byte[] name, long value) {
            varint(name.length);
            copy(ByteBuffer.wrap(name), 0, name.length);
            varint(Long.BYTES);
            reserve(Long.BYTES);
            ByteBuffer.wrap(bytes).putLong(size, value);
            size += Long.BYTES;
        }

        void copy(ByteBuffer from, int at, int count) {
            reserve(count);
            from.get(at, bytes, size, count);
            size += count;
        }

        void copy(byte[] from) {
            reserve(from.length);
            System.arraycopy(from, 0, bytes, size, from.length);
            size += from.length;
        }

        ByteBuffer toBuffer() {
            return ByteBuffer.wrap(bytes, 0, size);
        }

        void reserve(int count) {
            if (bytes.length - size < count) {
                bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, Math.addExact(size, count)));
            }
        }
    }
}
