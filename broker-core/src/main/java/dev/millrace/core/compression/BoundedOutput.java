package dev.millrace.core.compression;

import dev.millrace.core.record.Compression;
import dev.millrace.core.record.CorruptBatchException;
import java.util.Arrays;

/** Collects decompressed bytes up to a limit; grows by doubling what has really appeared. */
final class BoundedOutput {
    private final Compression compression;
    private final int bytesMax;
    private byte[] bytes;
    private int size;

    BoundedOutput(Compression compression, int initialBytes, int bytesMax) {
        this.compression = compression;
        this.bytesMax = bytesMax;
        this.bytes = new byte[Math.max(0, Math.min(initialBytes, bytesMax))];
    }

    /** Makes room for {@code count} more bytes, which the caller has reason to expect. */
    void reserve(int count) {
        if (count > bytesMax - size) {
            throw tooLarge(compression, bytesMax);
        }
        if (count > bytes.length - size) {
            long doubled = Math.min(bytesMax, 2L * bytes.length);
            bytes = Arrays.copyOf(bytes, (int) Math.max(size + count, doubled));
        }
    }

    byte[] array() {
        return bytes;
    }

    int size() {
        return size;
    }

    /** How much may still be written before the limit. */
    int allowedBytes() {
        return bytesMax - size;
    }

    /** Takes over what was written behind {@link #size} into {@link #array}. */
    void advance(int count) {
        size += count;
    }

    /** Adds the first {@code count} bytes. */
    void append(byte[] source, int count) {
        reserve(count);
        System.arraycopy(source, 0, bytes, size, count);
        size += count;
    }

    byte[] toBytes() {
        return size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
    }

    static CorruptBatchException tooLarge(Compression compression, int bytesMax) {
        return new CorruptBatchException(
                compression.label() + " data inflates to more than the limit of " + bytesMax + " bytes");
    }
}
