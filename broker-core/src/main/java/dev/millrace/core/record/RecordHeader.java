package dev.millrace.core.record;

import java.util.Arrays;
import java.util.Objects;

/** A name with bytes that travels beside a record's value; the value may be null. Equal by content. */
public record RecordHeader(String key, byte[] value) {
    public RecordHeader {
        Objects.requireNonNull(key, "header key");
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RecordHeader that && key.equals(that.key) && Arrays.equals(value, that.value);
    }

    @Override
    public int hashCode() {
        return 31 * key.hashCode() + Arrays.hashCode(value);
    }

    @Override
    public String toString() {
        return "RecordHeader[key=" + key + ", valueBytes=" + (value == null ? "null" : value.length) + "]";
    }
}
