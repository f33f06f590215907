package dev.millrace.core.record;

import java.util.Arrays;
import java.util.List;

/** One record with its place in the log; key and value may be null. Equal by content. */
public record Record(long offset, long timestampMs, byte[] key, byte[] value, List<RecordHeader> headers) {
    public Record {
        headers = List.copyOf(headers);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Record that
                && offset == that.offset
                && timestampMs == that.timestampMs
                && Arrays.equals(key, that.key)
                && Arrays.equals(value, that.value)
                && headers.equals(that.headers);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * Long.hashCode(offset) + Arrays.hashCode(key)) + Arrays.hashCode(value);
    }

    /** Sizes only: payload does not belong in logs. */
    @Override
    public String toString() {
        return "Record[offset=" + offset + ", timestampMs=" + timestampMs + ", keyBytes="
                + (key == null ? "null" : key.length) + ", valueBytes=" + (value == null ? "null" : value.length)
                + ", headers=" + headers + "]";
    }
}
