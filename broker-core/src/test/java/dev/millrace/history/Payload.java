package dev.millrace.history;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * Values that say who published them, as which record, and whether a byte of them was changed.
 *
 * <pre>
 *  writer:4 | counter:8 | crc32c:4 of the rest | filler
 * </pre>
 */
public final class Payload {
    /** The size of a value without filler, in bytes. */
    public static final int BYTES_MIN = 16;

    /** The identity of what is not a payload or was damaged. */
    public static final long DAMAGED = -1;

    private static final int COUNTER_BITS = 40;

    private Payload() {}

    /** The value of record {@code counter} of a writer, {@code bytes} long, at least {@link #BYTES_MIN}. */
    public static byte[] of(int writer, long counter, int bytes) {
        ByteBuffer value = ByteBuffer.allocate(Math.max(bytes, BYTES_MIN));
        value.putInt(writer).putLong(counter).putInt(0);
        long filler = id(writer, counter) * 0x9E3779B97F4A7C15L;
        while (value.hasRemaining()) {
            value.put((byte) (filler >>> (value.position() & 31)));
        }
        value.putInt(12, checksum(value.array()));
        return value.array();
    }

    /** A key that follows from the record, one of {@code keyCount}. */
    public static byte[] key(int writer, long counter, int keyCount) {
        return ("key-" + Math.floorMod(writer * 31L + counter * 7, keyCount)).getBytes(StandardCharsets.UTF_8);
    }

    /** The identity of the record that this value belongs to, or {@link #DAMAGED}. */
    public static long id(byte[] value) {
        if (value == null || value.length < BYTES_MIN) {
            return DAMAGED;
        }
        ByteBuffer buffer = ByteBuffer.wrap(value);
        return buffer.getInt(12) == checksum(value) ? id(buffer.getInt(0), buffer.getLong(4)) : DAMAGED;
    }

    static long id(int writer, long counter) {
        return (long) writer << COUNTER_BITS | counter;
    }

    static int writer(long id) {
        return (int) (id >>> COUNTER_BITS);
    }

    static long counter(long id) {
        return id & (1L << COUNTER_BITS) - 1;
    }

    private static int checksum(byte[] value) {
        CRC32C crc = new CRC32C();
        crc.update(value, 0, 12);
        crc.update(value, BYTES_MIN, value.length - BYTES_MIN);
        return (int) crc.getValue();
    }
}
