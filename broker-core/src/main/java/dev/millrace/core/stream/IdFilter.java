package dev.millrace.core.stream;

import java.nio.ByteBuffer;

/**
 * Tells that an id is not in an epoch, without its locator: a Bloom filter whose bits for one hash lie in one line of memory.
 * Of ids that are not there it lets through about one of a hundred. Thread: shard.
 */
final class IdFilter {
    /** Of one row of a stored filter. */
    static final int PIECE_BYTES = 64 << 10;

    private static final int BITS_PER_ID = 12;
    private static final int BLOCK_WORDS = 8;
    private static final int BLOCK_BITS = 9;
    private static final int HASHES = 6;

    private final long[] words;
    private final int blockMask;

    private IdFilter(long[] words) {
        this.words = words;
        this.blockMask = words.length / BLOCK_WORDS - 1;
    }

    static IdFilter forIds(int count) {
        long blocks = Math.max(1, ((long) count * BITS_PER_ID) >> BLOCK_BITS);
        // To the next power of two from three quarters of it on.
        int rounded = Integer.highestOneBit((int) blocks);
        rounded = blocks * 4 > rounded * 5L ? 2 * rounded : rounded;
        return new IdFilter(new long[rounded * BLOCK_WORDS]);
    }

    static IdFilter ofBytes(int bytes) {
        return new IdFilter(new long[bytes / Long.BYTES]);
    }

    int bytes() {
        return words.length * Long.BYTES;
    }

    /** @param kept see {@link IdLocator#kept} */
    void add(long kept) {
        long bits = mixed(kept);
        int block = block(kept);
        for (int i = 0; i < HASHES; i++) {
            words[block + (int) (bits >>> 6 & BLOCK_WORDS - 1)] |= 1L << (bits & 63);
            bits >>>= BLOCK_BITS;
        }
    }

    boolean mayHold(long kept) {
        long bits = mixed(kept);
        int block = block(kept);
        for (int i = 0; i < HASHES; i++) {
            if ((words[block + (int) (bits >>> 6 & BLOCK_WORDS - 1)] & 1L << (bits & 63)) == 0) {
                return false;
            }
            bits >>>= BLOCK_BITS;
        }
        return true;
    }

    /** A word of the line that {@link #mayHold} will look at. */
    long firstWord(long hash) {
        return words[block(hash)];
    }

    private int block(long kept) {
        return ((int) (kept >>> 32) & blockMask) * BLOCK_WORDS;
    }

    private static long mixed(long kept) {
        long bits = kept * 0x9e3779b97f4a7c15L;
        return (bits ^ bits >>> 32) * 0xd6e8feb86659fd93L >>> 10;
    }

    int pieceCount() {
        return Math.max(1, bytes() / PIECE_BYTES);
    }

    byte[] piece(int number) {
        int from = number * PIECE_BYTES / Long.BYTES;
        int wordCount = Math.min(words.length - from, PIECE_BYTES / Long.BYTES);
        ByteBuffer out = ByteBuffer.allocate(wordCount * Long.BYTES);
        out.asLongBuffer().put(words, from, wordCount);
        return out.array();
    }

    void setPiece(int number, byte[] bytes) {
        ByteBuffer.wrap(bytes).asLongBuffer().get(words, number * PIECE_BYTES / Long.BYTES, bytes.length / Long.BYTES);
    }
}
