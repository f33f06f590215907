package dev.millrace.core.record;

/** Writes zigzag variable-length integers: small absolute values take one byte. */
final class Varints {
    static final int BYTES_MAX = 5;

    private Varints() {}

    static int bytesOf(int value) {
        int bits = (value << 1) ^ (value >> 31);
        return (38 - Integer.numberOfLeadingZeros(bits | 1)) / 7;
    }

    static int bytesOfLong(long value) {
        long bits = (value << 1) ^ (value >> 63);
        return (70 - Long.numberOfLeadingZeros(bits | 1)) / 7;
    }

    /** Returns where the next byte goes. */
    static int put(byte[] target, int index, int value) {
        int at = index;
        int bits = (value << 1) ^ (value >> 31);
        while ((bits & ~0x7f) != 0) {
            target[at++] = (byte) (bits | 0x80);
            bits >>>= 7;
        }
        target[at++] = (byte) bits;
        return at;
    }

    /** Returns where the next byte goes. */
    static int putLong(byte[] target, int index, long value) {
        int at = index;
        long bits = (value << 1) ^ (value >> 63);
        while ((bits & ~0x7fL) != 0) {
            target[at++] = (byte) (bits | 0x80);
            bits >>>= 7;
        }
        target[at++] = (byte) bits;
        return at;
    }
}
