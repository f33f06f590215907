package dev.millrace.core.stream;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Names a stream: the log of its partition, and the key of its events. */
public final class StreamKey {
    public static final int BYTES_MAX = 4096;
    private static final int SHOWN_CHARS_MAX = 80;

    private final int partitionId;
    private final byte[] key;
    private final int hash;

    /** @param key must not be changed afterwards */
    public StreamKey(int partitionId, byte[] key) {
        this.partitionId = partitionId;
        this.key = key;
        this.hash = 31 * partitionId + Arrays.hashCode(key);
    }

    int partitionId() {
        return partitionId;
    }

    byte[] key() {
        return key;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof StreamKey that && partitionId == that.partitionId && Arrays.equals(key, that.key);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** The key for a person, cut where it is long. */
    @Override
    public String toString() {
        return text(key);
    }

    /** A key for a person, cut where it is long. */
    public static String text(byte[] key) {
        String text = new String(key, StandardCharsets.UTF_8);
        return text.length() <= SHOWN_CHARS_MAX ? text : text.substring(0, SHOWN_CHARS_MAX) + "…";
    }
}
