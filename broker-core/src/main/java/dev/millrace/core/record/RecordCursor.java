package dev.millrace.core.record;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Steps through the records of a batch and checks the structure of each before it shows it.
 *
 * <pre>
 * varint bytes │ int8 attributes │ varlong timestampDelta │ varint offsetDelta │ varint keyBytes, key
 *              │ varint valueBytes, value │ varint headerCount │ (varint keyBytes, key │ varint valueBytes, value)*
 * </pre>
 *
 * Lengths are zigzag coded, -1 stands for null. <em>Fails:</em> {@link CorruptBatchException}; time and memory are
 * bounded by the bytes that are there, whatever they claim. <em>Thread:</em> one.
 */
public final class RecordCursor {
    private static final int VARINT_BYTES_MAX = 5;
    private static final int VARLONG_BYTES_MAX = 10;

    private final ByteBuffer buffer;
    private final int batchIndex;
    private final int batchEnd;
    private final int recordCount;
    private final int lastOffsetDelta;
    private final long baseOffset;
    private final long baseTimestampMs;
    private final long appendTimestampMs;

    /** Next byte to read. */
    private int at;
    /** End of what may be read now: the batch's, or the current record's. */
    private int end;

    private int number;
    private int offsetDelta = -1;
    private long timestampMs;
    private int keyAt;
    private int keyBytes;
    private int valueAt;
    private int valueBytes;
    private int bodyAt;
    private int headerCountAt;
    private int headersAt;
    private int headerCount;
    private int recordBytes;
    private int recordAt;
    private int headersRead;
    private int nextHeaderAt;
    private int headerAt;
    private int headerNameAt;
    private int headerNameBytes;
    private int headerValueAt;
    private int headerValueBytes;

    RecordCursor(RecordBatch batch, ByteBuffer records, int start, int end) {
        this.buffer = records;
        this.batchIndex = batch.index();
        this.at = start;
        this.end = end;
        this.batchEnd = end;
        this.recordCount = batch.recordCount();
        this.lastOffsetDelta = batch.lastOffsetDelta();
        this.baseOffset = batch.baseOffset();
        this.baseTimestampMs = batch.baseTimestampMs();
        this.appendTimestampMs = batch.logAppendTime() ? batch.maxTimestampMs() : -1;
    }

    /** Steps to the next record; false after the last, when nothing may be left over. */
    public boolean next() {
        end = batchEnd;
        if (number >= recordCount) {
            if (at != end) {
                throw corrupt((end - at) + " bytes left over after " + recordCount + " records");
            }
            return false;
        }
        int start = at;
        int bodyBytes = beginRecord();
        end = at + bodyBytes;
        bodyAt = at;
        at++; // the record's attributes: no bit is defined, and readers have to skip what they do not know
        long timestampDelta = varlong("timestamp delta");
        timestampMs = baseTimestampMs + timestampDelta;
        int previousDelta = offsetDelta;
        offsetDelta = varint("offset delta");
        if (offsetDelta <= previousDelta || offsetDelta > lastOffsetDelta) {
            throw corruptRecord("offset delta " + offsetDelta + " after " + previousDelta + " in a batch whose last is "
                    + lastOffsetDelta);
        }
        keyBytes = nullableBytes("key");
        keyAt = at - Math.max(0, keyBytes);
        valueBytes = nullableBytes("value");
        valueAt = at - Math.max(0, valueBytes);
        skipHeaders();
        if (at != end) {
            throw corruptRecord((end - at) + " bytes left over after its headers");
        }
        recordBytes = at - start;
        recordAt = start;
        headersRead = 0;
        nextHeaderAt = headersAt;
        return true;
    }

    /**
     * Steps over so many records, of which it looks at the lengths alone. Until {@link #next} the cursor stands on none.
     */
    public void skip(int count) {
        end = batchEnd;
        for (int i = 0; i < count; i++) {
            if (number >= recordCount) {
                throw corrupt("no record after " + recordCount);
            }
            int bodyBytes = beginRecord();
            at += bodyBytes;
        }
    }

    /** Of the record that begins here, after its length: how long the rest is. */
    private int beginRecord() {
        number++;
        int bodyBytes = varint("length");
        if (bodyBytes < BatchLayout.RECORD_BYTES_MIN - 1 || bodyBytes > end - at) {
            throw corruptRecord("length " + bodyBytes + " with " + (end - at) + " bytes left");
        }
        return bodyBytes;
    }

    /** How many records were stepped to or over. */
    public int stepped() {
        return number;
    }

    private void skipHeaders() {
        headerCountAt = at;
        headerCount = varint("header count");
        // A header takes two bytes at least.
        if (headerCount < 0 || headerCount > (end - at) / 2) {
            throw corruptRecord("header count " + headerCount + " with " + (end - at) + " bytes left");
        }
        headersAt = at;
        for (int i = 0; i < headerCount; i++) {
            if (nullableBytes("header key") < 0) {
                throw corruptRecord("header " + i + " has no key");
            }
            nullableBytes("header value");
        }
    }

    public long offset() {
        return baseOffset + offsetDelta;
    }

    /** Of the batch. */
    public int recordCount() {
        return recordCount;
    }

    public int offsetDelta() {
        return offsetDelta;
    }

    /** The producer's time, or the broker's when the batch says so. */
    public long timestampMs() {
        return appendTimestampMs >= 0 ? appendTimestampMs : timestampMs;
    }

    /** What the record takes in the batch before compression. */
    public int recordBytes() {
        return recordBytes;
    }

    /** -1 for null. */
    public int keyBytes() {
        return keyBytes;
    }

    /** -1 for null. */
    public int valueBytes() {
        return valueBytes;
    }

    public int headerCount() {
        return headerCount;
    }

    /** A copy of the key, or null. */
    public byte[] key() {
        return copy(keyAt, keyBytes);
    }

    /** True where the key is these bytes. */
    public boolean keyIs(byte[] bytes) {
        return keyBytes == bytes.length && matches(keyAt, bytes);
    }

    /** A copy of the value, or null. */
    public byte[] value() {
        return copy(valueAt, valueBytes);
    }

    /** A view of the value, or null; valid as long as the batch's buffer is. */
    public ByteBuffer valueView() {
        return valueBytes < 0 ? null : buffer.slice(valueAt, valueBytes);
    }

    public List<RecordHeader> headers() {
        if (headerCount == 0) {
            return List.of();
        }
        int resumeAt = at;
        at = headersAt;
        List<RecordHeader> headers = new ArrayList<>(Math.min(headerCount, 16));
        for (int i = 0; i < headerCount; i++) {
            int nameBytes = nullableBytes("header key");
            String name = new String(copy(at - nameBytes, nameBytes), StandardCharsets.UTF_8);
            int contentBytes = nullableBytes("header value");
            headers.add(new RecordHeader(name, copy(at - Math.max(0, contentBytes), contentBytes)));
        }
        at = resumeAt;
        return headers;
    }

    /** Steps to the record's next header without making an object of it; false after the last. */
    public boolean nextHeader() {
        if (headersRead >= headerCount) {
            return false;
        }
        headersRead++;
        int resumeAt = at;
        at = nextHeaderAt;
        headerAt = at;
        headerNameBytes = nullableBytes("header key");
        headerNameAt = at - headerNameBytes;
        headerValueBytes = nullableBytes("header value");
        headerValueAt = at - Math.max(0, headerValueBytes);
        nextHeaderAt = at;
        at = resumeAt;
        return true;
    }

    /** {@link #nextHeader} begins again with the record's first. */
    public void rewindHeaders() {
        headersRead = 0;
        nextHeaderAt = headersAt;
    }

    /** True where the current header's name is these bytes. */
    public boolean headerIs(byte[] name) {
        return headerNameBytes == name.length && matches(headerNameAt, name);
    }

    private boolean matches(int from, byte[] bytes) {
        for (int i = 0; i < bytes.length; i++) {
            if (buffer.get(from + i) != bytes[i]) {
                return false;
            }
        }
        return true;
    }

    /** True where the current header's name begins with {@code $}: such names belong to the broker. */
    boolean headerIsReserved() {
        return headerNameBytes > 0 && buffer.get(headerNameAt) == '$';
    }

    /** Where the current header's value lies in the buffer of the records; the batch's own where it is not compressed. */
    public int headerValueAt() {
        return headerValueAt;
    }

    /** -1 for null. */
    public int headerValueBytes() {
        return headerValueBytes;
    }

    /** Eight bytes of the current header's value, which must have them. */
    public long headerLong(int from) {
        return buffer.getLong(headerValueAt + from);
    }

    /** A copy of the current header's value, or null. */
    public byte[] headerValue() {
        return copy(headerValueAt, headerValueBytes);
    }

    int headerAt() {
        return headerAt;
    }

    int headerEnd() {
        return nextHeaderAt;
    }

    /** The buffer that holds the records, inflated where they were compressed. */
    ByteBuffer buffer() {
        return buffer;
    }

    int recordAt() {
        return recordAt;
    }

    /** Where the record goes on after its length. */
    int bodyAt() {
        return bodyAt;
    }

    int headerCountAt() {
        return headerCountAt;
    }

    int headersAt() {
        return headersAt;
    }

    int keyAt() {
        return keyAt;
    }

    int valueAt() {
        return valueAt;
    }

    /** The current record, copied out of the batch. */
    public Record record() {
        return new Record(offset(), timestampMs(), key(), value(), headers());
    }

    private byte[] copy(int from, int count) {
        if (count < 0) {
            return null;
        }
        if (buffer.hasArray()) {
            int at = buffer.arrayOffset() + from;
            // Unlike a new array that is then filled, it is not set to zero first.
            return Arrays.copyOfRange(buffer.array(), at, at + count);
        }
        byte[] bytes = new byte[count];
        buffer.get(from, bytes);
        return bytes;
    }

    /** Reads a length and steps over as many bytes; -1 for null. */
    private int nullableBytes(String field) {
        int count = varint(field);
        if (count < -1 || count > end - at) {
            throw corruptRecord(field + " of " + count + " bytes with " + (end - at) + " bytes left");
        }
        at += Math.max(0, count);
        return count;
    }

    /** One and two bytes are nearly all: the loop for the rest took a fifth of an event loop's time with small records. */
    private int varint(String field) {
        if (at < end) {
            int first = buffer.get(at);
            if (first >= 0) {
                at++;
                return (first >>> 1) ^ -(first & 1);
            }
            if (at + 1 < end) {
                int second = buffer.get(at + 1);
                if (second >= 0) {
                    at += 2;
                    int bits = (first & 0x7f) | second << 7;
                    return (bits >>> 1) ^ -(bits & 1);
                }
            }
        }
        long raw = varbits(field, VARINT_BYTES_MAX);
        if (raw >>> 32 != 0) {
            throw corruptRecord(field + " does not fit 32 bits");
        }
        int bits = (int) raw;
        return (bits >>> 1) ^ -(bits & 1);
    }

    private long varlong(String field) {
        if (at < end) {
            int first = buffer.get(at);
            if (first >= 0) {
                at++;
                return (first >>> 1) ^ -(first & 1);
            }
        }
        long raw = varbits(field, VARLONG_BYTES_MAX);
        return (raw >>> 1) ^ -(raw & 1);
    }

    private long varbits(String field, int bytesMax) {
        long raw = 0;
        for (int i = 0; i < bytesMax; i++) {
            if (at >= end) {
                throw corruptRecord("cut off inside its " + field);
            }
            byte next = buffer.get(at++);
            raw |= (long) (next & 0x7f) << (7 * i);
            if (next >= 0) {
                if (i == VARLONG_BYTES_MAX - 1 && next > 1) {
                    throw corruptRecord(field + " does not fit 64 bits");
                }
                return raw;
            }
        }
        throw corruptRecord(field + " is longer than " + bytesMax + " bytes");
    }

    private CorruptBatchException corruptRecord(String problem) {
        return corrupt("record " + number + " of " + recordCount + ": " + problem);
    }

    private CorruptBatchException corrupt(String problem) {
        return new CorruptBatchException("batch at byte " + batchIndex + ": " + problem);
    }
}
